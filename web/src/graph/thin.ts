// Layers and tokens that are collapsed: each run of neighbours is one thin row or column.
//
// A node of theirs keeps a place, so that its edges end there, but no glyph of its own: all nodes
// of one cell have one mark together. Tokens and outputs are no layers: their rows always stand.

import type { Collapsed } from "../state/document.ts";
import type { Layout, Shape } from "./layout.ts";
import type { Pack } from "./pack.ts";

/** What of a graph is collapsed; a byte each. */
export interface Thin {
  /** By row, which is one above its layer. */
  rows: Uint8Array;
  columns: Uint8Array;
}

/** Collapsed nodes of one cell, which stand at one place. */
export interface Mark {
  /** World place of its middle. */
  x: number;
  y: number;
  width: number;
  height: number;
  nodes: number[];
}

/** A row or a column of the canvas, or several that stand as one. */
export interface Strip {
  axis: "layer" | "token";
  from: number;
  to: number;
  thin: boolean;
}

/** Of the layers and positions that the graph has; another graph's are nothing here. */
export function thinOf({ nLayers, nPos }: Shape, { layers, positions }: Collapsed): Thin {
  const rows = new Uint8Array(nLayers + 2);
  const columns = new Uint8Array(nPos);
  for (const layer of layers) if (layer >= 0 && layer < nLayers) rows[layer + 1] = 1;
  for (const pos of positions) if (pos < nPos) columns[pos] = 1;
  return { rows, columns };
}

/** Whether a node is in a layer or token that is collapsed. */
export function isThin(thin: Thin, { layer, pos }: Pick<Pack, "layer" | "pos">, node: number) {
  return thin.rows[layer[node] + 1] === 1 || thin.columns[pos[node]] === 1;
}

/** How many layers and tokens are collapsed, and how many of some nodes stand in them. */
export function countThin(
  thin: Thin,
  pack: Pick<Pack, "layer" | "pos">,
  nodes: Uint32Array,
): { layers: number; positions: number; nodes: number } {
  const sum = (list: Uint8Array): number => list.reduce((total, one) => total + one, 0);
  const [layers, positions] = [sum(thin.rows), sum(thin.columns)];
  let found = 0;
  if (layers + positions > 0) for (const node of nodes) if (isThin(thin, pack, node)) found++;
  return { layers, positions, nodes: found };
}

/** Thin rows and columns as they stand: one for each run of neighbours. */
export function thinStrips(thin: Thin): Strip[] {
  const runs = (axis: Strip["axis"], list: Uint8Array, first: number): Strip[] => {
    const found: Strip[] = [];
    list.forEach((is, at) => {
      const last = found.at(-1);
      if (is && last?.to === at + first - 1) last.to++;
      else if (is) found.push({ axis, from: at + first, to: at + first, thin: true });
    });
    return found;
  };
  return [...runs("layer", thin.rows, -1), ...runs("token", thin.columns, 0)];
}

/** The strip that a height of the world is in. */
export function rowAt({ rows }: Layout, y: number): Strip | null {
  const here = rows.filter(({ top, height }) => y >= top && y < top + height);
  const [first] = here;
  return first
    ? { axis: "layer", from: first.layer, to: here[here.length - 1].layer, thin: first.thin }
    : null;
}

export function columnAt({ columns }: Layout, x: number): Strip | null {
  const { left, width, thin } = columns;
  const from = left.findIndex((edge, pos) => x >= edge && x < edge + width[pos]);
  if (from < 0) return null;
  return { axis: "token", from, to: left.lastIndexOf(left[from]), thin: thin[from] === 1 };
}

export function inStrip(
  { axis, from, to }: Strip,
  { layer, pos }: Pick<Pack, "layer" | "pos">,
  nodes: Uint32Array,
): number[] {
  const of = axis === "layer" ? layer : pos;
  return [...nodes].filter((node) => of[node] >= from && of[node] <= to);
}

/** What a command says of a strip. */
export function collapsedOf({ axis, from, to }: Strip): Collapsed {
  const all = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  return axis === "layer" ? { layers: all, positions: [] } : { layers: [], positions: all };
}

/** `layers 3 to 5`, `token “oak” (7)`. */
export function stripText({ axis, from, to }: Strip, tokenOf: (pos: number) => string): string {
  const one = (at: number): string => (axis === "layer" ? `${at}` : `“${tokenOf(at)}” (${at})`);
  return from === to ? `${axis} ${one(from)}` : `${axis}s ${one(from)} to ${one(to)}`;
}

/** The mark that a world point is on, or within `reach` of. */
export function markAt(
  marks: readonly Mark[],
  at: { x: number; y: number },
  reach: number,
): Mark | null {
  const isNear = ({ x, y, width, height }: Mark): boolean =>
    Math.abs(at.x - x) <= width / 2 + reach && Math.abs(at.y - y) <= height / 2 + reach;
  return marks.find(isNear) ?? null;
}
