// What is under the pointer where no node is: what is collapsed there.

import type { Workspace } from "../workspace/model.ts";
import { AXIS } from "./axes.ts";
import type { Camera } from "./camera.ts";
import type { Layout } from "./layout.ts";
import { columnAt, inStrip, type Mark, markAt, rowAt, type Strip } from "./thin.ts";

/** World place, of the pointer. */
export interface At {
  x: number;
  y: number;
}

export interface Under {
  at: At;
  /** A mark, where strips cross, or the name of one strip. */
  is: "mark" | "name";
  strips: Strip[];
  nNodes: number;
}

const REACH_PX = 6;

/** The row or column whose name is at a place of the pane, in its pixels. */
export function nameAt(work: Workspace, camera: Camera, pane: At): Strip | null {
  const layout = work.layout.peek();
  if (!layout) return null;
  const { k, x, y } = camera.transform.peek();
  const { height } = camera.size.peek();
  if (pane.y > height - AXIS.bottom) return columnAt(layout, (pane.x - x) / k);
  return pane.x < AXIS.left ? rowAt(layout, (pane.y - y) / k) : null;
}

export function markUnder(work: Workspace, camera: Camera, at: At): Mark | null {
  const marks = work.layout.peek()?.marks ?? [];
  return markAt(marks, at, REACH_PX / camera.transform.peek().k);
}

/** Whether a row is of layers, and not of tokens or outputs. */
export function isLayers({ axis, from, to }: Strip, { rows }: Pick<Layout, "rows">): boolean {
  return axis === "layer" && from >= 0 && to < rows.length - 2;
}

/** What is told of a mark, or of the name of a strip that is collapsed; of an open one nothing. */
export function underOf(work: Workspace, at: At, on: Mark | Strip | null): Under | null {
  const layout = work.layout.peek();
  const pack = work.columns.peek();
  const shown = work.shown.peek();
  if (!layout || !pack || !shown || !on) return null;
  if ("axis" in on) {
    if (!on.thin) return null;
    return { at, is: "name", strips: [on], nNodes: inStrip(on, pack, shown.nodes).length };
  }
  const row = rowAt(layout, on.y);
  const strips = [row && isLayers(row, layout) && row, columnAt(layout, on.x)];
  return { at, is: "mark", strips: strips.filter((one) => !!one), nNodes: on.nodes.length };
}
