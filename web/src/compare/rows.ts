// The features of two graphs as rows, and which of them are shown in which order.
//
// What matches what is the server's answer; here it is only put side by side.

import type { Names } from "../graph/names.ts";
import type { Pack } from "../graph/pack.ts";
import type { Table } from "../ui/csv.ts";
import type { Compare } from "../wire.ts";

/** One of the two graphs. */
export interface Side {
  id: string;
  pack: Pack;
  names: Names;
  /** The column of each position where both are laid over each other, by the server. */
  columns: readonly number[];
}

/** Columns of both prompts together. */
export function nColumnsOf(a: Pick<Side, "columns">, b: Pick<Side, "columns">): number {
  return 1 + Math.max(a.columns.at(-1) ?? -1, b.columns.at(-1) ?? -1);
}

export type Where = "both" | "a" | "b";

/** What is shown: all, those of one place, or all by the change of their influence. */
export type Show = "all" | Where | "change";

export interface Row {
  where: Where;
  /** Nodes in A and in B, −1 where it is none. */
  a: number;
  b: number;
  name: string;
  /** Its place in the dictionary, where the name is another. */
  id: string | null;
  /** The name in B, where it stands at another token or is called otherwise there. */
  nameInB: string | null;
  layer: number;
  /** Which column of the grid it stands in. */
  column: number;
  activationA: number | null;
  activationB: number | null;
  influenceA: number | null;
  influenceB: number | null;
  /** The larger of both influences. */
  most: number;
  /** Influence in B less that in A; a feature that is no node of a graph has none there. */
  change: number;
  search: string;
}

/** All features of both graphs, those of both first. A feature of both stands at A's token. */
export function rowsOf(found: Compare, a: Side, b: Side): Row[] {
  const row = (inA: number, inB: number): Row => {
    const [side, node] = inA >= 0 ? [a, inA] : [b, inB];
    const { pack, names } = side;
    const of = (one: Side, at: number, column: "activation" | "influence"): number | null =>
      at < 0 ? null : one.pack[column][at];
    const influenceA = of(a, inA, "influence");
    const influenceB = of(b, inB, "influence");
    const nameInB = inA >= 0 && inB >= 0 ? b.names.full(inB) : null;
    const name = names.full(node);
    return {
      where: inB < 0 ? "a" : inA < 0 ? "b" : "both",
      a: inA,
      b: inB,
      name,
      id: names.label(node) === null ? null : names.id(node),
      nameInB: nameInB === name ? null : nameInB,
      layer: pack.layer[node],
      column: side.columns[pack.pos[node]] ?? 0,
      activationA: of(a, inA, "activation"),
      activationB: of(b, inB, "activation"),
      influenceA,
      influenceB,
      most: Math.max(influenceA ?? 0, influenceB ?? 0),
      change: (influenceB ?? 0) - (influenceA ?? 0),
      search: `${names.searchText(node)} ${nameInB ?? ""}`.toLowerCase(),
    };
  };
  return [
    ...found.both.map((one) => row(one.a, one.b)),
    ...found.only_a.map((node) => row(node, -1)),
    ...found.only_b.map((node) => row(-1, node)),
  ];
}

/** Rows as a table for a file; influence is a share of all in its graph. */
export function tableOf(rows: readonly Row[]): Table {
  return {
    head: ["feature", "in", "activation A", "activation B", "influence A", "influence B", "B − A"],
    rows: rows.map((row) => [
      row.id ? `${row.name} (${row.id})` : row.name,
      row.where,
      row.activationA,
      row.activationB,
      row.influenceA,
      row.influenceB,
      row.change,
    ]),
  };
}

/** Whether a row is shown: by its place, and by the words of the filter, which all must be there. */
export function shows(row: Row, show: Show, filter: string): boolean {
  if (show !== "all" && show !== "change" && row.where !== show) return false;
  const words = filter.toLowerCase().split(/\s+/);
  return words.every((word) => row.search.includes(word));
}

export const SORTS = [
  "name",
  "activationA",
  "activationB",
  "influenceA",
  "influenceB",
  "change",
] as const;
export type Sort = (typeof SORTS)[number];

/** A column and its direction, as an address has it: `change`, `-change` for the largest first. */
export interface Order {
  by: Sort;
  descending: boolean;
}

export function readOrder(text: string | null): Order | null {
  const by = SORTS.find((one) => one === text?.replace(/^-/, ""));
  return by ? { by, descending: text!.startsWith("-") } : null;
}

/**
 * Rows in an order. Without one: by the larger influence, or by the size of its change where that
 * is what is shown. What a graph does not have stands last either way.
 */
export function sorted(rows: readonly Row[], order: Order | null, show: Show): Row[] {
  const list = [...rows];
  if (!order) {
    const size = (row: Row): number => (show === "change" ? Math.abs(row.change) : row.most);
    return list.sort((x, y) => size(y) - size(x));
  }
  const { by, descending } = order;
  const sign = descending ? -1 : 1;
  if (by === "name") {
    return list.sort((x, y) => sign * x.name.localeCompare(y.name, "en", { numeric: true }));
  }
  return list.sort((x, y) => {
    const [p, q] = [x[by], y[by]];
    if (p === null || q === null) return Number(p === null) - Number(q === null);
    return sign * (p - q);
  });
}
