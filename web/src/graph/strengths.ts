// What fills a node, as a strength of 0 to 1: influence, which the painter takes if nothing else is
// asked for, its activation, or the share of its input that comes from error nodes.

import type { Fill } from "../state/document.ts";
import { KIND, type Pack } from "./pack.ts";

/** One strength a node; `null` for influence. */
export function strengthsOf(fill: Fill, pack: Pack): Float32Array | null {
  switch (fill) {
    case "influence":
      return null;
    case "activation":
      return activations(pack);
    case "error":
      return errorShares(pack);
  }
}

/** Square roots, as of influence, of the strongest: few features fire far above all others. */
function activations({ nNodes, kind, activation }: Pack): Float32Array {
  const found = new Float32Array(nNodes);
  let most = 0;
  for (let node = 0; node < nNodes; node++) {
    if (kind[node] !== KIND.feature) continue;
    found[node] = Math.abs(activation[node]);
    most = Math.max(most, found[node]);
  }
  return most > 0 ? found.map((size) => Math.sqrt(size / most)) : found;
}

/**
 * As it is: full is all of the input. 0 where the inputs were not traced, and a bound from below
 * as long as only the strongest edges are here.
 */
function errorShares({ nNodes, nEdges, kind, absIn, source, target, weight }: Pack): Float32Array {
  const found = new Float32Array(nNodes);
  for (let edge = 0; edge < nEdges; edge++) {
    if (kind[source[edge]] === KIND.error) found[target[edge]] += Math.abs(weight[edge]);
  }
  return found.map((sum, node) => (absIn[node] > 0 ? Math.min(1, sum / absIn[node]) : 0));
}
