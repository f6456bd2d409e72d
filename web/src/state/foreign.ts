// Addresses of Neuronpedia's and circuit-tracer's pages: a graph by its slug, and what a person
// pinned, grouped and named on it. The graph itself must be here; nothing is fetched from them.

import { KIND, type Pack } from "../graph/pack.ts";
import type { TargetRow } from "../wire.ts";
import { emptyView, type Node, type View } from "./document.ts";

/** What an address of theirs says. Nodes are `LAYER_FEATURE_POSITION`, as in their files. */
export interface Foreign {
  slug: string;
  pins: string[];
  groups: { name: string; nodes: string[] }[];
  labels: [node: string, text: string][];
  clicked: string | null;
  nodeThreshold: number | null;
  /** Of tokens that a feature may fire on; Neuronpedia alone has it. */
  maxFrequency: number | null;
}

/** An address of theirs, or `null` if it names no graph. */
export function readAddress(text: string): Foreign | null {
  if (!URL.canParse(text)) return null;
  const query = new URL(text).searchParams;
  // circuit-tracer's page encodes what it puts into an address twice.
  const get = (key: string): string | null => {
    const value = query.get(key);
    try {
      return value === null ? null : decodeURIComponent(value);
    } catch {
      return value;
    }
  };
  const slug = get("slug");
  if (!slug) return null;
  const share = (key: string): number | null => {
    const value = Number(get(key) ?? Number.NaN);
    return value > 0 && value <= 1 ? value : null;
  };
  const clicked = get("clickedId");
  return {
    slug,
    pins: (get("pinnedIds") ?? "").split(",").filter(Boolean),
    groups: lists(get("supernodes")).flatMap(([name, ...nodes]) =>
      nodes.length > 0 ? [{ name, nodes }] : [],
    ),
    labels: lists(get("clerps")).flatMap(([node, label]) => (label ? [[node, label]] : [])),
    clicked: clicked && clicked !== "null" ? clicked : null,
    nodeThreshold: share("pruningThreshold"),
    maxFrequency: share("densityThreshold"),
  };
}

/** A list of lists of texts, as JSON; nothing if it is something else. */
function lists(json: string | null): string[][] {
  try {
    const read: unknown = JSON.parse(json ?? "[]");
    if (!Array.isArray(read)) return [];
    return read.filter(Array.isArray).map((list) => list.map(String));
  } catch {
    return [];
  }
}

/** The same on a graph of ours, and the nodes that it does not have. */
export function viewOf(
  foreign: Foreign,
  pack: Pack,
  targets: readonly TargetRow[],
): { view: View; selection: Node[]; missing: string[] } {
  const places = placesOf(pack, targets);
  const missing = new Set<string>();
  const found = (ids: readonly string[]): Node[] =>
    ids.flatMap((id) => {
      const node = places.get(id) ?? places.get(anyToken(id));
      if (node === undefined) missing.add(id);
      return node === undefined ? [] : [node];
    });
  const view = emptyView();
  view.filters.nodeThreshold = foreign.nodeThreshold ?? view.filters.nodeThreshold;
  view.filters.maxFrequency = foreign.maxFrequency ?? view.filters.maxFrequency;
  const groups = foreign.groups.map(({ name, nodes }, at) => ({
    id: `g-${at}`,
    name,
    nodes: found(nodes),
  }));
  view.groups = groups.filter(({ nodes }) => nodes.length > 0);
  view.pins = [...new Set([...found(foreign.pins), ...view.groups.flatMap(({ nodes }) => nodes)])];
  for (const [id, text] of foreign.labels) {
    for (const node of found([id])) view.labels[String(node)] = text;
  }
  const selection = foreign.clicked === null ? [] : found([foreign.clicked]);
  return { view, selection, missing: [...missing] };
}

/** A token's id ends in its position; which token stands there, the graph knows. */
function anyToken(id: string): string {
  return id.replace(/^E_\d+_/, "E__");
}

/** Nodes by the ids of their files: `docs/formats.md`. */
function placesOf(pack: Pack, targets: readonly TargetRow[]): Map<string, Node> {
  const places = new Map<string, Node>();
  for (let node = 0; node < pack.nNodes; node++) {
    const [layer, pos] = [pack.layer[node], pack.pos[node]];
    switch (pack.kind[node]) {
      case KIND.feature:
        places.set(`${layer}_${pack.feature[node]}_${pos}`, node);
        break;
      case KIND.error:
        places.set(`${layer}_-1_${pos}`, node);
        break;
      case KIND.token:
        places.set(`E__${pos}`, node);
        break;
    }
  }
  for (const { node, token } of targets) {
    // Theirs stand one layer above the last.
    if (token !== null) places.set(`${pack.layer[node] + 1}_${token}_${pack.pos[node]}`, node);
  }
  return places;
}
