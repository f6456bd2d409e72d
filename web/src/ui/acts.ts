// Keys of buttons, links and fields that say by `data-act` what they do: a button and a link are
// pressed, a field is gone into.
//
// What stands once in each row of a list is that of the row that has the focus, and where none has
// it, of the present one. A row is an element with `data-row`, `"now"` if it is the present one.

import { type Action, section } from "./keys.ts";

function elementOf(act: string): HTMLElement | null {
  const one = `[data-act="${act}"]:not(:disabled)`;
  return (
    document.activeElement?.closest("[data-row]")?.querySelector<HTMLElement>(one) ??
    document.querySelector<HTMLElement>(`[data-row="now"] ${one}, ${one}:not([data-row] *)`)
  );
}

function press(element: HTMLElement | null): void {
  if (element?.matches("input, textarea")) element.focus();
  else element?.click();
}

/** Actions of a section, each as key, title, and the act of what it presses. */
export function acts(
  name: string,
  list: readonly (readonly [key: string, title: string, act: string])[],
): Action[] {
  return section(
    name,
    list.map(([key, title, act]) => [
      key,
      title,
      () => press(elementOf(act)),
      () => elementOf(act) !== null,
    ]),
  );
}

/** Of every job under way, wherever it stands. */
export const STOP = acts("Under way", [["mod+.", "Stop it, and keep what there is", "stop"]]);
