// A command of the program, to be copied.

import type { JSX } from "preact";
import { Button } from "./parts.tsx";
import { toast } from "./toast.tsx";

export async function copyCommand(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  toast("Command copied.");
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
