// Edges of what is collapsed: its nodes treated as one, as a selection of several is.
//
// A bar may hold a thousand nodes, and their edges are summed while the pointer passes over them: in
// arrays by node, which takes a few milliseconds of 500,000 edges, where maps would take a hundred.

import { counted, nodesText } from "../ui/numbers.ts";
import { type Adjacency, type Link, type Links, shareOf, strongestFirst } from "./edges.ts";
import type { Pack } from "./pack.ts";

export interface Summed {
  nodes: readonly number[];
  links: Links;
  /** Edges that were summed: those to and from other nodes. */
  nEdges: number;
}

/** As `linksOf`, with a count of what went into it. */
export function summed(pack: Pack, adj: Adjacency, nodes: readonly number[]): Summed {
  const inside = new Uint8Array(pack.nNodes);
  for (const node of nodes) inside[node] = 1;
  let absIn = 0;
  for (const node of nodes) absIn += pack.absIn[node];
  const inputs = sumOf(pack, { start: adj.inStart, edge: adj.inEdge }, pack.source, nodes, inside);
  const outputs = sumOf(
    pack,
    { start: adj.outStart, edge: adj.outEdge },
    pack.target,
    nodes,
    inside,
  );
  const linked = ({ raw, met }: Sums, absOf: (node: number) => number): Link[] =>
    met.map((node) => ({ node, raw: raw[node], share: shareOf(raw[node], absOf(node)) }));
  return {
    nodes,
    links: {
      inputs: strongestFirst(linked(inputs, () => absIn)),
      outputs: strongestFirst(linked(outputs, (node) => pack.absIn[node])),
      absIn,
    },
    nEdges: inputs.nEdges + outputs.nEdges,
  };
}

/**
 * What the drawn links are sums of. Edges of the nodes among themselves are none of them; of a graph
 * whose weakest edges are still with the server, they are of the strongest.
 */
export function sumText({ nodes, nEdges, links }: Summed, isPart: boolean): string {
  const nOthers = links.inputs.length + links.outputs.length;
  const edges = counted(nEdges, isPart ? "strongest edge" : "edge");
  if (nOthers === 0) return `no edge of ${nodesText(nodes.length)} leads out`;
  return `${edges} of ${nodesText(nodes.length)} summed into ${counted(nOthers, "link")}`;
}

interface Sums {
  raw: Float64Array;
  /** Other ends, each once. */
  met: number[];
  nEdges: number;
}

function sumOf(
  pack: Pack,
  { start, edge }: { start: Uint32Array; edge: Uint32Array },
  other: Uint32Array,
  nodes: readonly number[],
  inside: Uint8Array,
): Sums {
  const raw = new Float64Array(pack.nNodes);
  const seen = new Uint8Array(pack.nNodes);
  const met: number[] = [];
  let nEdges = 0;
  for (const node of nodes) {
    for (let at = start[node]; at < start[node + 1]; at++) {
      const end = other[edge[at]];
      if (inside[end]) continue;
      nEdges++;
      raw[end] += pack.weight[edge[at]];
      if (seen[end]) continue;
      seen[end] = 1;
      met.push(end);
    }
  }
  return { raw, met, nEdges };
}
