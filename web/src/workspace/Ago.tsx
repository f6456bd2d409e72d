// How long ago something was saved, in steps that a reader does not have to watch.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The text, and when it is next another one; after an hour it is a time, which stays. */
export function agoText(at: number, now: number): { text: string; next: number | null } {
  const passed = Math.max(0, now - at);
  if (passed < 10 * SECOND) return { text: "just now", next: 10 * SECOND - passed };
  if (passed < MINUTE) {
    const tens = Math.floor(passed / (10 * SECOND)) * 10;
    return { text: `${tens} s ago`, next: (tens + 10) * SECOND - passed };
  }
  if (passed < 60 * MINUTE) {
    const minutes = Math.floor(passed / MINUTE);
    return { text: `${minutes} min ago`, next: (minutes + 1) * MINUTE - passed };
  }
  return { text: timeText(at), next: null };
}

function timeText(at: number): string {
  return `at ${new Date(at).toLocaleTimeString(undefined, { timeStyle: "short" })}`;
}

/** Not read out: that it is saved is, and once is enough. */
export function Ago({ at }: { at: number }): JSX.Element {
  // What changes by itself is motion to some.
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const round = useSignal(0);
  const { text, next } = still ? { text: timeText(at), next: null } : agoText(at, Date.now());
  useEffect(() => {
    if (next === null) return undefined;
    const timer = window.setTimeout(() => round.value++, next);
    return () => window.clearTimeout(timer);
  }, [at, next, round.value]);
  return <span aria-hidden="true">{text}</span>;
}
