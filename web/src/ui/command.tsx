// A command of the program, to be copied.

import type { JSX } from "preact";
import { acts } from "./acts.ts";
import { copyText } from "./clipboard.ts";
import { useActions } from "./keys.ts";
import { Button } from "./parts.tsx";

/** `more` is said beside that it was copied. */
export async function copyCommand(text: string, more = ""): Promise<void> {
  await copyText(text, `Command copied. ${more}`.trim());
}

export function Command({ text }: { text: string }): JSX.Element {
  useActions(acts("Command", [["Shift+y s", "Copy the command that is shown", "copy command"]]));
  return (
    <p class="command">
      <code>{text}</code>
      <Button
        kind="quiet"
        keyName="Shift+y s"
        act="copy command"
        label="Copy the command"
        onClick={() => void copyCommand(text)}
      >
        Copy
      </Button>
    </p>
  );
}
