// Inputs and outputs of every node as index lists over the pack's edges.
//
// Built once by counting: two passes over the edges, no sort, 500,000 edges in some
// milliseconds. Within a node the pack's order is kept: strongest share first.

import type { Sign } from "../state/document.ts";
import type { Pack } from "./pack.ts";

export interface Adjacency {
  inStart: Uint32Array;
  inEdge: Uint32Array;
  outStart: Uint32Array;
  outEdge: Uint32Array;
}

export function adjacency(pack: Pack): Adjacency {
  const [inStart, inEdge] = bucket(pack.target, pack.nNodes);
  const [outStart, outEdge] = bucket(pack.source, pack.nNodes);
  return { inStart, inEdge, outStart, outEdge };
}

function bucket(ends: Uint32Array, nNodes: number): [Uint32Array, Uint32Array] {
  const start = new Uint32Array(nNodes + 1);
  for (let edge = 0; edge < ends.length; edge++) start[ends[edge] + 1]++;
  for (let node = 0; node < nNodes; node++) start[node + 1] += start[node];
  const next = start.slice(0, nNodes);
  const list = new Uint32Array(ends.length);
  for (let edge = 0; edge < ends.length; edge++) list[next[ends[edge]]++] = edge;
  return [start, list];
}

/** One line of the inspector's lists: another node and what passes between it and the selection. */
export interface Link {
  node: number;
  /** Sum of the edges' weights, in the units of the target's input. */
  raw: number;
  /** `raw` over the absolute input of the edge's target (of all targets, if several). */
  share: number;
}

export interface Links {
  inputs: Link[];
  outputs: Link[];
  /** Σ|A| into the selection. */
  absIn: number;
}

/**
 * Links of a selection treated as one node: edges within it do not count, edges of its members
 * are summed. A share is of the absolute input of the target: of the whole selection for an
 * input, of the other node for an output.
 */
export function linksOf(pack: Pack, adj: Adjacency, selection: readonly number[]): Links {
  const inside = new Set(selection);
  const inRaw = new Map<number, number>();
  const outRaw = new Map<number, number>();
  let absIn = 0;
  for (const node of selection) {
    absIn += pack.absIn[node];
    for (let at = adj.inStart[node]; at < adj.inStart[node + 1]; at++) {
      const edge = adj.inEdge[at];
      const from = pack.source[edge];
      if (!inside.has(from)) inRaw.set(from, (inRaw.get(from) ?? 0) + pack.weight[edge]);
    }
    for (let at = adj.outStart[node]; at < adj.outStart[node + 1]; at++) {
      const edge = adj.outEdge[at];
      const to = pack.target[edge];
      if (!inside.has(to)) outRaw.set(to, (outRaw.get(to) ?? 0) + pack.weight[edge]);
    }
  }
  const inputs: Link[] = [];
  for (const [node, raw] of inRaw) inputs.push({ node, raw, share: shareOf(raw, absIn) });
  const outputs: Link[] = [];
  for (const [node, raw] of outRaw) {
    outputs.push({ node, raw, share: shareOf(raw, pack.absIn[node]) });
  }
  return { inputs: strongestFirst(inputs), outputs: strongestFirst(outputs), absIn };
}

/** One side of a node: its strongest links, and how many weaker ones there are. */
export interface Side {
  end: "input" | "output";
  links: Link[];
  left: number;
}

export function sidesOf(pack: Pack, adj: Adjacency, node: number, most: number): Side[] {
  const { inputs, outputs } = linksOf(pack, adj, [node]);
  const side = (end: Side["end"], all: Link[]): Side => {
    const links = all.slice(0, most);
    return { end, links, left: all.length - links.length };
  };
  return [side("input", inputs), side("output", outputs)];
}

export function shareOf(raw: number, absIn: number): number {
  return absIn > 0 ? raw / absIn : 0;
}

/** Whether an edge is drawn; one of no weight counts as positive. */
export function isOfSign(weight: number, sign: Sign): boolean {
  return sign === "all" || weight < 0 === (sign === "negative");
}

/** How many of the first `n` edges of a pack, its strongest, have a sign. */
export function countOfSign(pack: Pick<Pack, "weight">, n: number, sign: Sign): number {
  let found = 0;
  for (let edge = 0; edge < n; edge++) if (isOfSign(pack.weight[edge], sign)) found++;
  return found;
}

export function strongestFirst(links: Link[]): Link[] {
  return links.sort((a, b) => Math.abs(b.share) - Math.abs(a.share) || a.node - b.node);
}

/** Share of the absolute input that the strongest `n` inputs carry. */
export function cumulativeShare(links: readonly Link[], n: number): number {
  let sum = 0;
  for (const link of links.slice(0, n)) sum += Math.abs(link.share);
  return sum;
}
