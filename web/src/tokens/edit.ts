// A text that is changed token by token, where each of its tokens comes from, and what that changed.

import type { Forward } from "../wire.ts";

export interface Edit {
  ids: readonly number[];
  /** For each token its place in the graph's text; null if a person put it in. */
  from: readonly (number | null)[];
  /** Tokens of the graph's text that were taken out. */
  nOut: number;
}

/** The graph's text, unchanged. */
export function unchanged(ids: readonly number[]): Edit {
  return { ids, from: ids.map((_, place) => place), nOut: 0 };
}

/** Tokens put in behind a position. */
export function putIn(edit: Edit, pos: number, ids: readonly number[]): Edit {
  const at = pos + 1;
  return {
    ...edit,
    ids: [...edit.ids.slice(0, at), ...ids, ...edit.ids.slice(at)],
    from: [...edit.from.slice(0, at), ...ids.map(() => null), ...edit.from.slice(at)],
  };
}

/** Without the token of a position. What was put in and taken out again never was. */
export function takeOut({ ids, from, nOut }: Edit, pos: number): Edit {
  const others = (_: unknown, place: number): boolean => place !== pos;
  const isOfGraph = from[pos] !== null;
  return { ids: ids.filter(others), from: from.filter(others), nOut: nOut + (isOfGraph ? 1 : 0) };
}

/** What was done to the graph's text, as the start of a sentence. */
export function told({ from, nOut }: Edit): string {
  const nIn = from.filter((place) => place === null).length;
  const tokens = (n: number): string => `${n} ${n === 1 ? "token" : "tokens"}`;
  const said: string[] = [];
  if (nIn > 0) said.push(`${tokens(nIn)} put in, marked with +`);
  if (nOut > 0) said.push(`${tokens(nOut)} of the graph's text taken out`);
  return said.join("; ");
}

/** What an edit changed at a position. */
export interface Change {
  /** Entropy of the next token. */
  bits: number;
  /** Probability of the watched tokens together. */
  p: number;
}

/**
 * Null where the graph's text has no such position, and before the first change, where a model that
 * reads from left to right has nothing that could differ but rounding.
 */
export function changeAt(edit: Edit, now: Forward, was: Forward, place: number): Change | null {
  // A token that the model wants in front was put there by the server.
  const at = place - (now.tokens.length - edit.ids.length);
  const from = edit.from[at] ?? null;
  const before = from === null ? undefined : was.positions[from];
  if (!before || edit.from.slice(0, at + 1).every((one, n) => one === n)) return null;
  const after = now.positions[place];
  return {
    bits: after.entropy_bits - before.entropy_bits,
    p: after.watched_total - before.watched_total,
  };
}
