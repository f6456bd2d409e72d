// What is under the pointer: a node, an edge that is drawn, what is collapsed, or a name.

import type { Workspace } from "../workspace/model.ts";
import { AXIS } from "./axes.ts";
import type { Camera } from "./camera.ts";
import { type Edge, edgeAt } from "./drawn.ts";
import { type Layout, nearest } from "./layout.ts";
import type { Point } from "./paint.ts";
import { RADIUS } from "./pixels.ts";
import { columnAt, inStrip, type Mark, markAt, rowAt, type Strip } from "./thin.ts";

/** What is at a place: one of these, or none. */
export interface Hit {
  /** −1 where none is near. */
  node: number;
  /** The row or column whose name it is on. */
  name: Strip | null;
  mark: Mark | null;
  edge: Edge | null;
}

/** What is told beside `at`, a place of the world where the pointer came to it. */
export type Under = { at: Point } & (
  | { is: "edge"; edge: Edge }
  /** A mark, where strips cross, or the name of one strip. */
  | { is: "mark" | "name"; strips: Strip[]; nodes: readonly number[] }
);

const REACH_PX = { node: 18, mark: 6, edge: 5 };
/** So near, a node goes before all else. */
const OWN_PX = 8;

/**
 * What is at a place. A node is within a wide reach, so that it is easily hit; what is exactly there
 * goes before one that is only near: a mark, or an edge that is nearer.
 */
export function hit(
  work: Workspace,
  camera: Camera,
  { pane, world, ofEdges }: { pane: Point; world: Point; ofEdges: boolean },
): Hit {
  const none: Hit = { node: -1, name: null, mark: null, edge: null };
  const layout = work.layout.peek();
  if (!layout) return none;
  const { k } = camera.transform.peek();
  if (pane.x < AXIS.left - 10 || pane.y > camera.size.peek().height - AXIS.bottom) {
    return { ...none, name: nameAt(work, camera, pane) };
  }
  const node = nearest(layout, layout.open, world, REACH_PX.node / k);
  if (node < 0 && pane.x < AXIS.left) return { ...none, name: nameAt(work, camera, pane) };
  const far =
    node < 0
      ? Number.POSITIVE_INFINITY
      : k * Math.hypot(layout.x[node] - world.x, layout.y[node] - world.y);
  if (far <= Math.max(OWN_PX, k * (RADIUS + 2))) return { ...none, node };
  const mark = markUnder(work, camera, world);
  if (mark) return { ...none, mark };
  const edge = ofEdges ? edgeUnder(work, camera, world, far) : null;
  return edge ? { ...none, edge } : { ...none, node };
}

/** The row or column whose name is at a place of the pane, in its pixels. */
export function nameAt(work: Workspace, camera: Camera, pane: Point): Strip | null {
  const layout = work.layout.peek();
  if (!layout) return null;
  const { k, x, y } = camera.transform.peek();
  const { height } = camera.size.peek();
  if (pane.y > height - AXIS.bottom) return columnAt(layout, (pane.x - x) / k);
  return pane.x < AXIS.left ? rowAt(layout, (pane.y - y) / k) : null;
}

function markUnder(work: Workspace, camera: Camera, at: Point): Mark | null {
  const marks = work.layout.peek()?.marks ?? [];
  return markAt(marks, at, REACH_PX.mark / camera.transform.peek().k);
}

/** The nearest link of the selection, as far as they are drawn, and nearer than `less` pixels. */
function edgeUnder(work: Workspace, camera: Camera, at: Point, less: number): Edge | null {
  const layout = work.layout.peek();
  const drawn = work.edges.peek();
  if (!layout || !drawn) return null;
  const reach = Math.min(REACH_PX.edge, less) / camera.transform.peek().k;
  return edgeAt(layout, work.selection.peek(), drawn, at, reach);
}

/** Whether a row is of layers, and not of tokens or outputs. */
export function isLayers({ axis, from, to }: Strip, { rows }: Pick<Layout, "rows">): boolean {
  return axis === "layer" && from >= 0 && to < rows.length - 2;
}

/** What is told of a mark, or of the name of a strip that is collapsed; of an open one nothing. */
export function collapsedUnder(
  work: Workspace,
  at: Point,
  { name, mark }: { name: Strip | null; mark: Mark | null },
): Under | null {
  const layout = work.layout.peek();
  const pack = work.columns.peek();
  const shown = work.shown.peek();
  if (!layout || !pack || !shown) return null;
  if (name?.thin) {
    return { at, is: "name", strips: [name], nodes: inStrip(name, pack, shown.nodes) };
  }
  if (!mark) return null;
  const row = rowAt(layout, mark.y);
  const strips = [row && isLayers(row, layout) && row, columnAt(layout, mark.x)];
  return { at, is: "mark", strips: strips.filter((one) => !!one), nodes: mark.nodes };
}

/** Whether the pointer is on the same bar or name as before: its edges are summed and drawn once. */
export function isSameBar(before: Under | null, now: Under | null): boolean {
  if (!before || !now || before.is === "edge" || now.is !== before.is) return false;
  return (
    before.nodes.length === now.nodes.length &&
    before.nodes.every((node, at) => node === now.nodes[at])
  );
}
