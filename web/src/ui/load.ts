// One request and its four states, as a signal.

import { type Signal, useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";

export type Load<T> =
  | { is: "loading" }
  | { is: "ready"; value: T }
  | { is: "failed"; why: unknown };

/** Runs `ask` when the component mounts and whenever `keys` change; an answer that is no longer
 * wanted is dropped and its request aborted. */
export function useLoad<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  keys: readonly unknown[],
): { state: Signal<Load<T>>; again: () => void } {
  const state = useSignal<Load<T>>({ is: "loading" });
  const round = useSignal(0);
  // `keys` says when to ask again.
  useEffect(() => {
    const abort = new AbortController();
    if (state.peek().is === "failed") state.value = { is: "loading" };
    ask(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) state.value = { is: "ready", value };
      },
      (why) => {
        if (!abort.signal.aborted) state.value = { is: "failed", why };
      },
    );
    return () => abort.abort();
  }, [...keys, round.value]);
  const again = useCallback(() => {
    round.value++;
  }, [round]);
  return { state, again };
}
