// A command of the program, to be copied.

import type { JSX } from "preact";
import { Button } from "./parts.tsx";
import { toast } from "./toast.tsx";

/** `more` is said beside that it was copied. */
export async function copyCommand(text: string, more = ""): Promise<void> {
  await navigator.clipboard.writeText(text);
  toast(`Command copied. ${more}`.trim());
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
