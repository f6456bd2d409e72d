// Where nodes stand: layers from below to above, tokens from left to right.
//
// A column is as wide as its fullest cell needs. Within a cell nodes stand in order of influence,
// strongest first, in up to `MOST_LINES` lines. World units are pixels at zoom 1.

import { KIND, type Pack } from "./pack.ts";

export const PITCH = 13;
const LINE = 13;
const GAP = 12;
const MOST_LINES = 4;
const LEAST_COLUMN = 46;
/** A cell is broken into lines beyond so many nodes. */
const BREAK = 6;

export interface Row {
  layer: number;
  label: string;
  top: number;
  height: number;
}

export interface Columns {
  left: Float64Array;
  width: Float64Array;
}

export interface Layout {
  /** World place of each node's centre; NaN for a node that is not shown. */
  x: Float32Array;
  y: Float32Array;
  rows: Row[];
  columns: Columns;
  width: number;
  height: number;
}

interface Cell {
  nodes: number[];
}

export interface Shape {
  nLayers: number;
  nPos: number;
}

/** Lays out the shown nodes. */
export function layoutNodes(pack: Pack, nodes: Uint32Array, shape: Shape): Layout {
  const { nLayers, nPos } = shape;
  const nRows = nLayers + 2;
  const cells = new Map<number, Cell>();
  for (const node of nodes) {
    const key = (pack.layer[node] + 1) * nPos + pack.pos[node];
    const cell = cells.get(key);
    if (cell) cell.nodes.push(node);
    else cells.set(key, { nodes: [node] });
  }
  const lines = new Uint16Array(nRows).fill(1);
  const perLine = new Map<number, number>();
  for (const [key, { nodes: members }] of cells) {
    const n = members.length;
    const nLines = Math.min(MOST_LINES, Math.ceil(n / BREAK));
    perLine.set(key, Math.ceil(n / nLines));
    const row = Math.floor(key / nPos);
    lines[row] = Math.max(lines[row], nLines);
  }
  const columns = columnsOf(nPos, perLine);
  const rows = rowsOf(nLayers, lines);
  const x = new Float32Array(pack.nNodes).fill(Number.NaN);
  const y = new Float32Array(pack.nNodes).fill(Number.NaN);
  for (const [key, { nodes: members }] of cells) {
    const row = rows[Math.floor(key / nPos)];
    const pos = key % nPos;
    const n = perLine.get(key) ?? 1;
    members.sort((a, b) => pack.influence[b] - pack.influence[a] || a - b);
    const nLines = Math.ceil(members.length / n);
    members.forEach((node, at) => {
      const line = Math.floor(at / n);
      const inLine = line === nLines - 1 ? members.length - line * n : n;
      const offset = (at % n) - (inLine - 1) / 2;
      x[node] = columns.left[pos] + columns.width[pos] / 2 + offset * PITCH;
      y[node] = row.top + row.height / 2 + (line - (nLines - 1) / 2) * LINE;
    });
  }
  const last = nPos - 1;
  const width = nPos > 0 ? columns.left[last] + columns.width[last] : LEAST_COLUMN;
  return { x, y, rows, columns, width, height: rows[0].top + rows[0].height };
}

function columnsOf(nPos: number, perLine: Map<number, number>): Columns {
  const widest = new Float64Array(nPos).fill(LEAST_COLUMN);
  for (const [key, n] of perLine) {
    const pos = key % nPos;
    widest[pos] = Math.max(widest[pos], n * PITCH + 14);
  }
  const left = new Float64Array(nPos);
  for (let pos = 1; pos < nPos; pos++) left[pos] = left[pos - 1] + widest[pos - 1];
  return { left, width: widest };
}

/** Rows by index `layer + 1`; the targets stand at the top. */
function rowsOf(nLayers: number, lines: Uint16Array): Row[] {
  const rows: Row[] = [];
  let top = 0;
  for (let row = nLayers + 1; row >= 0; row--) {
    const height = lines[row] * LINE + GAP;
    rows[row] = { layer: row - 1, label: rowLabel(row - 1, nLayers), top, height };
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
