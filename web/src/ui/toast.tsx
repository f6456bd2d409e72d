// Short messages at the foot of the page, read out by screen readers.

import { signal } from "@preact/signals";
import type { JSX } from "preact";

interface Toast {
  id: number;
  text: string;
}

const toasts = signal<readonly Toast[]>([]);
/** What the live region says: selections and counts, not shown. */
const spoken = signal("");
let next = 0;

const SHOWN_MS = 5000;

export function toast(text: string): void {
  const id = next++;
  toasts.value = [...toasts.value, { id, text }];
  window.setTimeout(() => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  }, SHOWN_MS);
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
          </div>
        ))}
      </div>
      <div class="spoken" aria-live="polite">
        {spoken.value}
      </div>
    </>
  );
}
