// Both graphs on one grid: where each feature stands, and marks that tell by shape what is whose.

import { byCell, type Layout, layoutNodes } from "../graph/layout.ts";
import type { Row } from "./rows.ts";

/** Where rows stand; a row's number is its node's. */
export function overlay(rows: readonly Row[], nLayers: number, nColumns: number): Layout {
  const cells = {
    nNodes: rows.length,
    layer: Int16Array.from(rows, (row) => row.layer),
    pos: Uint16Array.from(rows, (row) => row.column),
    influence: Float32Array.from(rows, (row) => row.most),
  };
  const shape = { nLayers, nPos: nColumns };
  return layoutNodes(cells, byCell(cells, shape), shape);
}

/** Shapes: of both, of A or B alone, and by which way influence changed, or a disc if it did not. */
export type Shape = "both" | "a" | "b" | "up" | "down";

export function shapeOf(row: Row, byChange: boolean): Shape {
  if (!byChange) return row.where;
  return row.change > 0 ? "up" : row.change < 0 ? "down" : "both";
}

/** A mark around a place: a disc for both, its left half for A and its right half for B. */
export function mark(shape: Shape, x: number, y: number, r: number): string {
  const at = (dx: number, dy: number): string => `${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`;
  switch (shape) {
    case "both":
      return `M${at(-r, 0)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case "a":
      return `M${at(r * 0.3, -r)}a${r} ${r} 0 0 0 0 ${2 * r}z`;
    case "b":
      return `M${at(-r * 0.3, -r)}a${r} ${r} 0 0 1 0 ${2 * r}z`;
    case "up":
      return `M${at(0, -r)}L${at(r, r * 0.8)}L${at(-r, r * 0.8)}z`;
    case "down":
      return `M${at(0, r)}L${at(r, -r * 0.8)}L${at(-r, -r * 0.8)}z`;
  }
}

/** Steps of fullness; the square root of the strongest row's number, as in the workspace. */
export const LEVELS = 4;

/** Marks of one class, drawn at once: 10,000 features are a dozen paths. */
export interface Marks {
  shape: Shape;
  level: number;
  faded: boolean;
  d: string;
}

export function marksOf(
  rows: readonly Row[],
  layout: Layout,
  style: { byChange: boolean; shown: (row: number) => boolean },
): Marks[] {
  const { byChange, shown } = style;
  const size = (row: Row): number => (byChange ? Math.abs(row.change) : row.most);
  const most = rows.reduce((sum, row) => Math.max(sum, size(row)), 0);
  const parts = new Map<string, { marks: Omit<Marks, "d">; d: string[] }>();
  rows.forEach((row, at) => {
    const shape = shapeOf(row, byChange);
    const faded = !shown(at);
    const strength = most > 0 ? Math.sqrt(size(row) / most) : 0;
    const level = faded ? 0 : Math.min(LEVELS - 1, Math.floor(strength * LEVELS));
    const key = `${Number(!faded)}${level}${shape}`;
    const part = parts.get(key) ?? { marks: { shape, level, faded }, d: [] };
    part.d.push(mark(shape, layout.x[at], layout.y[at], 4.6));
    parts.set(key, part);
  });
  // What is shown lies on what is faded, and the strong on the weak.
  const keys = [...parts.keys()].sort();
  return keys.map((key) => {
    const { marks, d } = parts.get(key)!;
    return { ...marks, d: d.join("") };
  });
}
