// Where nodes stand: layers from below to above, tokens from left to right.
//
// A column is as wide as its fullest cell needs. Within a cell nodes stand in order of influence,
// strongest first, in up to `MOST_LINES` lines. World units are pixels at zoom 1. Neighbours that
// are collapsed have one row or column together (`thin.ts`).

import { KIND, type Pack } from "./pack.ts";
import type { Mark, Thin } from "./thin.ts";

export const PITCH = 13;
const LINE = 13;
const GAP = 12;
const MOST_LINES = 4;
const LEAST_COLUMN = 46;
/** A cell is broken into lines beyond so many nodes. */
const BREAK = 6;
/** Height of collapsed layers, width of collapsed tokens, and how thick their marks are. */
const THIN = { row: 14, column: 20, mark: 4 };

export interface Row {
  layer: number;
  label: string;
  top: number;
  height: number;
  /** Whether it is collapsed; neighbours that are, have one top, height and label. */
  thin: boolean;
}

export interface Columns {
  left: Float64Array;
  width: Float64Array;
  thin: Uint8Array;
}

export interface Layout {
  /** World place of each node's centre; NaN for a node that is not shown. */
  x: Float32Array;
  y: Float32Array;
  /** Shown nodes that have a glyph of their own: all that are not collapsed. */
  open: Uint32Array;
  marks: Mark[];
  rows: Row[];
  columns: Columns;
  width: number;
  height: number;
}

export interface Shape {
  nLayers: number;
  nPos: number;
}

/** As much of a graph as says where its nodes stand. */
export type Cells = Pick<Pack, "nNodes" | "layer" | "pos" | "influence">;

/** Which cell a node is in: layers from below, then tokens from the left. */
function cellOf(pack: Cells, nPos: number, node: number): number {
  return (pack.layer[node] + 1) * nPos + pack.pos[node];
}

/** All nodes cell by cell, in each the strongest influence first. Made once a graph. */
export function byCell(pack: Cells, { nLayers, nPos }: Shape): Uint32Array {
  const { nNodes } = pack;
  const start = new Uint32Array((nLayers + 2) * nPos + 1);
  for (let node = 0; node < nNodes; node++) start[cellOf(pack, nPos, node) + 1]++;
  for (let cell = 1; cell < start.length; cell++) start[cell] += start[cell - 1];
  const next = start.slice();
  const order = new Uint32Array(nNodes);
  for (let node = 0; node < nNodes; node++) order[next[cellOf(pack, nPos, node)]++] = node;
  for (let cell = 0; cell + 1 < start.length; cell++) {
    order
      .subarray(start[cell], start[cell + 1])
      .sort((a, b) => pack.influence[b] - pack.influence[a] || a - b);
  }
  return order;
}

/** Shown nodes of one cell: `nodes[from..to]`, `perLine` of them side by side. */
interface Run {
  row: number;
  pos: number;
  from: number;
  to: number;
  perLine: number;
}

/** Runs of one cell in nodes that come in the order of `byCell`. */
function runsOf(pack: Cells, nodes: Uint32Array, nPos: number): Run[] {
  const runs: Run[] = [];
  let from = 0;
  while (from < nodes.length) {
    const cell = cellOf(pack, nPos, nodes[from]);
    let to = from + 1;
    while (to < nodes.length && cellOf(pack, nPos, nodes[to]) === cell) to++;
    const nLines = Math.min(MOST_LINES, Math.ceil((to - from) / BREAK));
    const perLine = Math.ceil((to - from) / nLines);
    runs.push({ row: Math.floor(cell / nPos), pos: cell % nPos, from, to, perLine });
    from = to;
  }
  return runs;
}

/** Lays out the shown nodes, which come in the order of `byCell`. */
export function layoutNodes(
  pack: Cells,
  nodes: Uint32Array,
  shape: Shape,
  thin: Thin = { rows: new Uint8Array(shape.nLayers + 2), columns: new Uint8Array(shape.nPos) },
): Layout {
  const { nLayers, nPos } = shape;
  const runs = runsOf(pack, nodes, nPos);
  const isThin = ({ row, pos }: Run): boolean => thin.rows[row] + thin.columns[pos] > 0;
  const open = runs.filter((run) => !isThin(run));
  const lines = new Uint16Array(nLayers + 2).fill(1);
  for (const { row, from, to } of open) {
    lines[row] = Math.max(lines[row], Math.min(MOST_LINES, Math.ceil((to - from) / BREAK)));
  }
  const columns = columnsOf(nPos, open, thin.columns);
  const rows = rowsOf(nLayers, lines, thin.rows);
  const x = new Float32Array(pack.nNodes).fill(Number.NaN);
  const y = new Float32Array(pack.nNodes).fill(Number.NaN);
  for (const run of open) {
    const { top, height } = rows[run.row];
    const centre = { x: columns.left[run.pos] + columns.width[run.pos] / 2, y: top + height / 2 };
    placeRun(nodes, run, centre, { x, y });
  }
  const marks = placeMarks(nodes, runs.filter(isThin), { rows, columns }, { x, y });
  const last = nPos - 1;
  const width = nPos > 0 ? columns.left[last] + columns.width[last] : LEAST_COLUMN;
  const height = rows[0].top + rows[0].height;
  return { x, y, open: nodesOf(nodes, open), marks, rows, columns, width, height };
}

/** Nodes of some of the runs that all nodes come in. */
function nodesOf(nodes: Uint32Array, runs: readonly Run[]): Uint32Array {
  const size = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  if (size === nodes.length) return nodes;
  const some = new Uint32Array(size);
  let next = 0;
  for (const { from, to } of runs) {
    some.set(nodes.subarray(from, to), next);
    next += to - from;
  }
  return some;
}

/** All nodes of a thin cell stand in its middle; its mark is longer the more they are. */
function placeMarks(
  nodes: Uint32Array,
  runs: readonly Run[],
  { rows, columns }: Pick<Layout, "rows" | "columns">,
  out: { x: Float32Array; y: Float32Array },
): Mark[] {
  const marks = new Map<string, Mark>();
  for (const { row, pos, from, to } of runs) {
    const { top, height, thin } = rows[row];
    const [left, width] = [columns.left[pos], columns.width[pos]];
    const key = `${top} ${left}`;
    const middle = { x: left + width / 2, y: top + height / 2 };
    const mark = marks.get(key) ?? { ...middle, width: THIN.mark, height: THIN.mark, nodes: [] };
    marks.set(key, mark);
    for (const node of nodes.subarray(from, to)) {
      out.x[node] = mark.x;
      out.y[node] = mark.y;
      mark.nodes.push(node);
    }
    const long = THIN.mark + mark.nodes.length;
    if (thin) mark.width = Math.min(width - 12, long);
    else mark.height = Math.min(height - 8, long);
  }
  return [...marks.values()];
}

function placeRun(
  nodes: Uint32Array,
  { from, to, perLine }: Run,
  centre: { x: number; y: number },
  out: { x: Float32Array; y: Float32Array },
): void {
  const n = to - from;
  const nLines = Math.ceil(n / perLine);
  for (let at = 0; at < n; at++) {
    const line = Math.floor(at / perLine);
    const inLine = line === nLines - 1 ? n - line * perLine : perLine;
    const node = nodes[from + at];
    out.x[node] = centre.x + ((at % perLine) - (inLine - 1) / 2) * PITCH;
    out.y[node] = centre.y + (line - (nLines - 1) / 2) * LINE;
  }
}

function columnsOf(nPos: number, open: readonly Run[], thin: Uint8Array): Columns {
  const width = Float64Array.from(thin, (is) => (is ? THIN.column : LEAST_COLUMN));
  for (const { pos, perLine } of open) width[pos] = Math.max(width[pos], perLine * PITCH + 14);
  const left = new Float64Array(nPos);
  for (let pos = 1; pos < nPos; pos++) {
    const isOne = thin[pos] && thin[pos - 1];
    left[pos] = left[pos - 1] + (isOne ? 0 : width[pos - 1]);
  }
  return { left, width, thin };
}

/** Rows by index `layer + 1`; the targets stand at the top. */
function rowsOf(nLayers: number, lines: Uint16Array, thin: Uint8Array): Row[] {
  const rows: Row[] = [];
  let top = 0;
  for (let row = nLayers + 1; row >= 0; row--) {
    const is = thin[row] === 1;
    if (is && thin[row + 1]) {
      rows[row] = { ...rows[row + 1], layer: row - 1 };
      continue;
    }
    const height = is ? THIN.row : lines[row] * LINE + GAP;
    let first = row;
    while (is && thin[first - 1]) first--;
    const below = first < row ? `${rowLabel(first - 1, nLayers)}–` : "";
    const label = below + rowLabel(row - 1, nLayers);
    rows[row] = { layer: row - 1, label, top, height, thin: is };
    top += height;
  }
  return rows;
}

function rowLabel(layer: number, nLayers: number): string {
  if (layer < 0) return "token";
  return layer === nLayers ? "output" : String(layer);
}

/** Layers and positions of a graph. Targets stand one row above the last layer. */
export function shapeOf(pack: Pack): Shape {
  let nPos = 1;
  let nLayers = 1;
  for (let node = 0; node < pack.nNodes; node++) {
    nPos = Math.max(nPos, pack.pos[node] + 1);
    const isTarget = pack.kind[node] === KIND.target;
    nLayers = Math.max(nLayers, isTarget ? pack.layer[node] : pack.layer[node] + 1);
  }
  return { nLayers, nPos };
}

/**
 * The shown node nearest to a world point and within `reach`, or −1.
 *
 * A scan over all nodes: 10,000 take less than a tenth of a millisecond, so no tree is kept.
 */
export function nearest(
  layout: Layout,
  nodes: Uint32Array,
  at: { x: number; y: number },
  reach: number,
): number {
  let best = -1;
  let bestSquare = reach * reach;
  for (const node of nodes) {
    const dx = layout.x[node] - at.x;
    const dy = layout.y[node] - at.y;
    const square = dx * dx + dy * dy;
    if (square < bestSquare) {
      bestSquare = square;
      best = node;
    }
  }
  return best;
}

export type Direction = "left" | "right" | "up" | "down";

/** The nearest shown node in a direction: sideways distance counts double. */
export function neighbour(
  layout: Layout,
  nodes: Uint32Array,
  from: number,
  direction: Direction,
): number {
  let best = -1;
  let bestCost = Number.POSITIVE_INFINITY;
  const horizontal = direction === "left" || direction === "right";
  const sign = direction === "left" || direction === "up" ? -1 : 1;
  for (const node of nodes) {
    if (node === from) continue;
    const dx = layout.x[node] - layout.x[from];
    const dy = layout.y[node] - layout.y[from];
    const along = sign * (horizontal ? dx : dy);
    const across = Math.abs(horizontal ? dy : dx);
    if (along < 1) continue;
    const cost = along + 2 * across;
    if (cost < bestCost) {
      bestCost = cost;
      best = node;
    }
  }
  return best;
}

/** Shown nodes inside a polygon of world points, ascending. */
export function inside(layout: Layout, nodes: Uint32Array, polygon: { x: number; y: number }[]) {
  const found: number[] = [];
  for (const node of nodes) {
    if (contains(polygon, layout.x[node], layout.y[node])) found.push(node);
  }
  return found;
}

function contains(polygon: { x: number; y: number }[], x: number, y: number): boolean {
  let within = false;
  for (let at = 0, before = polygon.length - 1; at < polygon.length; before = at++) {
    const a = polygon[at];
    const b = polygon[before];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) within = !within;
  }
  return within;
}
