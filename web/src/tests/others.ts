// Graphs that a test can put in a group of.

import type { GraphHead, GraphRow } from "../wire.ts";

type Made = Pick<GraphHead["provenance"], "model" | "dictionary">;

/** Others of the same model and dictionary, and how many are of another, which has other features. */
export function othersLike(
  rows: readonly GraphRow[],
  id: string,
  { model, dictionary }: Made,
): { like: GraphRow[]; nUnlike: number } {
  const others = rows.filter((row) => row.id !== id);
  const like = others.filter(
    (row) => row.model === model.name && row.dictionary === dictionary.name,
  );
  return { like, nUnlike: others.length - like.length };
}
