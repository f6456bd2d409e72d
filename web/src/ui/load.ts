// One request and its four states, as a signal.

import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";

export type Load<T> =
  | { is: "loading" }
  | { is: "ready"; value: T }
  | { is: "failed"; why: unknown };

type Keys = readonly unknown[];

const LOADING = { is: "loading" } as const;

/** The last answer, with what was asked for. */
interface Answered<T> {
  of: Keys;
  since: Keys;
  load: Load<T>;
}

/** What there is to show. */
interface Shown<T> {
  state: { value: Load<T> };
  /** Whether what is shown was asked for before something changed. */
  stale: boolean;
}

const same = (a: Keys, b: Keys): boolean => a.every((one, at) => one === b[at]);

/** An answer to another question is none; one from before a change is, and is told apart. */
export function shownOf<T>(last: Answered<T>, of: Keys, since: Keys): Shown<T> {
  if (!same(of, last.of)) return { state: { value: LOADING }, stale: false };
  return { state: { value: last.load }, stale: !same(since, last.since) };
}

/**
 * Runs `ask` when the component mounts and whenever its keys change; an answer that is no longer
 * wanted is dropped and its request aborted. `of` is what the answer is about: with another, the
 * last one goes at once, as it would stand under a wrong name. `since` is what may change it: until
 * the next one is there, the last one is shown.
 */
export function useLoad<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  of: Keys,
  since: Keys = [],
): Shown<T> & { again: () => void } {
  const last = useSignal<Answered<T>>({ of, since, load: LOADING });
  const round = useSignal(0);
  // `round` asks again.
  useEffect(() => {
    const abort = new AbortController();
    const is = (load: Load<T>): void => {
      if (!abort.signal.aborted) last.value = { of, since, load };
    };
    if (last.peek().load.is === "failed") is(LOADING);
    ask(abort.signal).then(
      (value) => is({ is: "ready", value }),
      (why) => is({ is: "failed", why }),
    );
    return () => abort.abort();
  }, [...of, ...since, round.value]);
  const again = useCallback(() => {
    round.value++;
  }, [round]);
  return { ...shownOf(last.value, of, since), again };
}
