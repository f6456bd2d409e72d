// A text that is changed token by token, and which of its tokens a person put in.

export interface Edit {
  ids: readonly number[];
  /** For each token, whether it was put in. */
  put: readonly boolean[];
  /** Tokens of the graph's text that were taken out. */
  nOut: number;
}

/** The graph's text, unchanged. */
export function unchanged(ids: readonly number[]): Edit {
  return { ids, put: ids.map(() => false), nOut: 0 };
}

/** Tokens put in behind a position. */
export function putIn(edit: Edit, pos: number, ids: readonly number[]): Edit {
  const at = pos + 1;
  return {
    ...edit,
    ids: [...edit.ids.slice(0, at), ...ids, ...edit.ids.slice(at)],
    put: [...edit.put.slice(0, at), ...ids.map(() => true), ...edit.put.slice(at)],
  };
}

/** Without the token of a position. What was put in and taken out again never was. */
export function takeOut({ ids, put, nOut }: Edit, pos: number): Edit {
  const others = (_: unknown, place: number): boolean => place !== pos;
  return { ids: ids.filter(others), put: put.filter(others), nOut: nOut + (put[pos] ? 0 : 1) };
}

/** What was done to the graph's text, as the start of a sentence. */
export function told({ put, nOut }: Edit): string {
  const nIn = put.filter(Boolean).length;
  const tokens = (n: number): string => `${n} ${n === 1 ? "token" : "tokens"}`;
  const said: string[] = [];
  if (nIn > 0) said.push(`${tokens(nIn)} put in, marked with +`);
  if (nOut > 0) said.push(`${tokens(nOut)} of the graph's text taken out`);
  return said.join("; ");
}
