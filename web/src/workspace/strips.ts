// Whole rows and columns of the graph as selections.

import { inStrip, type Strip } from "../graph/thin.ts";
import type { Workspace } from "./model.ts";

function nodesOf(work: Workspace, strip: Strip): number[] {
  const pack = work.columns.peek();
  const shown = work.shown.peek();
  return pack && shown ? inStrip(strip, pack, shown.nodes) : [];
}

export function selectAll(work: Workspace, strip: Strip): void {
  work.select(nodesOf(work, strip));
}

/** The strip from the first selected node's row or column to another one. */
export function upTo(work: Workspace, strip: Strip): Strip {
  const pack = work.columns.peek();
  const [first] = work.selection.peek();
  if (!pack || first === undefined) return strip;
  const start = (strip.axis === "layer" ? pack.layer : pack.pos)[first];
  return { ...strip, from: Math.min(start, strip.from), to: Math.max(start, strip.to) };
}

/** Selects all from the selection to a row or column; where it started, it starts again. */
export function selectUpTo(work: Workspace, strip: Strip): void {
  const pack = work.columns.peek();
  const [first] = work.selection.peek();
  if (!pack) return;
  const of = strip.axis === "layer" ? pack.layer : pack.pos;
  const start = first === undefined ? strip.from : of[first];
  const far = (node: number): number => Math.abs(of[node] - start);
  work.select(nodesOf(work, upTo(work, strip)).sort((a, b) => far(a) - far(b)));
}
