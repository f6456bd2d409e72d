// A command of the program, to be copied.

import type { JSX } from "preact";
import { copyText } from "./clipboard.ts";
import { Button } from "./parts.tsx";

/** `more` is said beside that it was copied. */
export async function copyCommand(text: string, more = ""): Promise<void> {
  await copyText(text, `Command copied. ${more}`.trim());
}

export function Command({ text }: { text: string }): JSX.Element {
  return (
    <p class="command">
      <code>{text}</code>
      <Button kind="quiet" label="Copy the command" onClick={() => void copyCommand(text)}>
        Copy
      </Button>
    </p>
  );
}
