// The first of a list, and a button that shows the others.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { count } from "./numbers.ts";
import { Button } from "./parts.tsx";

/** The first `n` and those that stay in any case, in order; all of them when somebody asked. */
export function useMore<T>(
  list: readonly T[],
  n: number,
  stays?: (one: T) => boolean,
): { rows: readonly T[]; more: JSX.Element | false } {
  const all = useSignal(false);
  const first = list.filter((one, at) => at < n || stays?.(one));
  const more = first.length < list.length && (
    <Button kind="quiet" onClick={() => (all.value = !all.value)}>
      {all.value ? "fewer" : `${count(list.length - first.length)} more`}
    </Button>
  );
  return { rows: all.value ? list : first, more };
}
