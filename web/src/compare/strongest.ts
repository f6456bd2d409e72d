// The strongest input of a feature in two graphs, and whether it is the same one.

import { KIND } from "../graph/pack.ts";
import type { CompareAlign, EdgeRow, NodeEdges } from "../wire.ts";
import type { Side } from "./rows.ts";

/** By its share; the server's list is in that order. `null` where nothing is known to feed it. */
export function strongest(edges: NodeEdges): EdgeRow | null {
  return edges.inputs[0] ?? null;
}

/**
 * Whether two nodes are the same in their graphs: features as the server matches them, which is by
 * layer, index and position; tokens by their id; errors by their layer. Where positions do not
 * count for features, they count for nothing.
 */
export function isSame(
  [a, inA]: readonly [Side, number],
  [b, inB]: readonly [Side, number],
  align: CompareAlign,
): boolean {
  const [p, q] = [a.pack, b.pack];
  if (p.kind[inA] !== q.kind[inB] || p.layer[inA] !== q.layer[inB]) return false;
  if (p.kind[inA] !== KIND.error && p.feature[inA] !== q.feature[inB]) return false;
  if (align === "any") return true;
  return a.columns[p.pos[inA]] === b.columns[q.pos[inB]];
}

/** How the strongest inputs differ, in words; `null` if one is not known or they do not. */
export function difference(
  [a, ofA]: readonly [Side, EdgeRow | null],
  [b, ofB]: readonly [Side, EdgeRow | null],
  align: CompareAlign,
): string | null {
  if (!ofA || !ofB) return null;
  if (!isSame([a, ofA.node], [b, ofB.node], align)) return "another input";
  return ofA.share < 0 === ofB.share < 0 ? null : "the other sign";
}
