// Signs that not every font has.

import type { JSX } from "preact";

/** Two windows, one before the other: a pane in a window of its own. */
export function WindowIcon(): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M5.5 2.5h8v8h-8zM5.5 5.5h-3v8h8v-3" />
    </svg>
  );
}
