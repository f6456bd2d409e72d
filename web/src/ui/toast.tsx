// Short messages at the foot of the page, read out by screen readers.

import { signal } from "@preact/signals";
import type { JSX } from "preact";

interface Toast {
  id: number;
  text: string;
  undo: (() => void) | null;
}

const toasts = signal<readonly Toast[]>([]);
/** What the live region says: selections and counts, not shown. */
const spoken = signal("");
let next = 0;

const SHOWN_MS = 5000;
/** Long enough to read, regret and reach it. */
const UNDO_MS = 15_000;

/** `undo` takes back what the text tells of: for changes outside the document. */
export function toast(text: string, undo: (() => void) | null = null): void {
  const id = next++;
  const close = (): void => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  };
  const closing =
    undo &&
    (() => {
      close();
      undo();
    });
  toasts.value = [...toasts.value, { id, text, undo: closing }];
  window.setTimeout(close, undo ? UNDO_MS : SHOWN_MS);
}

/** What the newest message that is still shown can take back. */
export function lastUndo(): (() => void) | null {
  return toasts.value.findLast(({ undo }) => undo)?.undo ?? null;
}

/** Says a sentence to screen readers only. */
export function say(text: string): void {
  spoken.value = text;
}

export function Toasts(): JSX.Element {
  return (
    <>
      <div class="toasts" role="status">
        {toasts.value.map((one) => (
          <div key={one.id} class="toast">
            {one.text}
            {one.undo && (
              <button type="button" onClick={one.undo}>
                Undo
              </button>
            )}
          </div>
        ))}
      </div>
      <div class="spoken" aria-live="polite">
        {spoken.value}
      </div>
    </>
  );
}
