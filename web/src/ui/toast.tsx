// Short messages at the foot of the page, read out by screen readers.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { copyText } from "./clipboard.ts";

interface Toast {
  id: number;
  text: string;
  act: (() => void) | null;
  /** What its button says. */
  label: string;
  /** Puts it away; only of one that does not go by itself. */
  close?: () => void;
}

const UNDO = "Undo";

export const toasts = signal<readonly Toast[]>([]);
/** What the live region says: selections and counts, not shown. */
const spoken = signal("");
let next = 0;

const SHOWN_MS = 5000;
/** Long enough to read, regret and reach it. */
const ACT_MS = 15_000;

/**
 * `act` is what can be done about it: as a rule it takes back what the text tells of, for changes
 * outside the document.
 */
export function toast(text: string, act: (() => void) | null = null, label = UNDO): void {
  const id = next++;
  const close = (): void => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  };
  const closing =
    act &&
    (() => {
      close();
      act();
    });
  toasts.value = [...toasts.value, { id, text, act: closing, label }];
  window.setTimeout(close, act ? ACT_MS : SHOWN_MS);
}

/** What failed: it stays until somebody has put it away. The same one twice stands once. */
export function toastFailure(text: string): void {
  const others = toasts.peek().filter((one) => one.text !== text);
  const close = (): void => {
    toasts.value = toasts.value.filter((one) => one.text !== text);
  };
  const act = () => void copyText(`${text}\n${location.pathname}`, "Details copied.");
  toasts.value = [...others, { id: next++, text, act, label: "Copy details", close }];
}

/** What the newest message that is still shown can take back. */
export function lastUndo(): (() => void) | null {
  return toasts.value.findLast(({ act, label }) => act && label === UNDO)?.act ?? null;
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
            {one.act && (
              <button type="button" onClick={one.act}>
                {one.label}
              </button>
            )}
            {one.close && (
              <button type="button" onClick={one.close}>
                Dismiss
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
