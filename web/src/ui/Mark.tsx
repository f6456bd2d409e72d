// The mark of the program.

import type { JSX } from "preact";

export function Mark(): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path
        d="M8 26 15 16 8 7M15 16 24 7M24 26 15 16"
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        opacity="0.5"
      />
      <g fill="currentColor">
        <circle cx="8" cy="26" r="3" />
        <circle cx="24" cy="26" r="3" />
        <circle cx="8" cy="7" r="3" />
        <rect x="21" y="4" width="6" height="6" />
      </g>
      <circle cx="15" cy="16" r="4" fill="var(--accent)" />
    </svg>
  );
}
