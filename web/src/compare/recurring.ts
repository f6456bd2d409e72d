// What the table of recurring features is made of, without its drawing.

import type { GraphRow } from "../wire.ts";

/** The graphs that the address names, those that are here; all of the first one's dictionary. */
export function chosenOf(rows: readonly GraphRow[], named: string | null): GraphRow[] {
  const ids = [...new Set((named ?? "").split(","))];
  const found = ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
  return found.filter((row) => row.dictionary === found[0].dictionary);
}

/** Ids with a graph more, or one less if it was there. */
export function toggled(chosen: readonly GraphRow[], row: GraphRow): string[] {
  const ids = chosen.map(({ id }) => id);
  return ids.includes(row.id) ? ids.filter((id) => id !== row.id) : [...ids, row.id];
}

/** A, B, … Z, AA, AB, … as the command line writes them. */
export function letter(at: number): string {
  const one = String.fromCharCode(65 + (at % 26));
  return at < 26 ? one : letter(Math.floor(at / 26) - 1) + one;
}

/** How strongly a cell is tinted, in per cent: by the root, so that small shares are seen. */
export function heat(influence: number, most: number): string {
  const share = most > 0 ? Math.sqrt(Math.max(0, influence) / most) : 0;
  return `${Math.round(100 * Math.min(1, share))}%`;
}
