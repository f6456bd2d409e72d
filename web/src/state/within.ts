// What of a link's view a graph can show: a link may have been made for another graph under the same
// name, and a node that is not there would stand in the circuit as a box of nothing.

import type { Node, View } from "./document.ts";

/** The view without nodes that are not of a graph of `nNodes`, and how many those are. */
export function within(view: View, nNodes: number): { view: View; nMissing: number } {
  const missing = new Set<Node>();
  const known = (nodes: readonly Node[]): Node[] =>
    nodes.filter((node) => {
      if (node >= nNodes) missing.add(node);
      return node < nNodes;
    });
  const kept = {
    ...view,
    pins: known(view.pins),
    hidden: known(view.hidden),
    groups: view.groups
      .map((group) => ({ ...group, nodes: known(group.nodes) }))
      // One that was empty before is somebody's.
      .filter(({ nodes }, at) => nodes.length > 0 || view.groups[at].nodes.length === 0),
    labels: ofKnown(view.labels, (key) => known([Number(key)]).length > 0),
    places: ofKnown(view.places, (key) => {
      // A single node's box; those of groups are called otherwise.
      const node = /^n(\d+)$/.exec(key)?.[1];
      return node === undefined || known([Number(node)]).length > 0;
    }),
  };
  return { view: kept, nMissing: missing.size };
}

function ofKnown<T>(table: Record<string, T>, is: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([key]) => is(key)));
}
