// Which nodes are shown, and why each of the others is not.
//
// Pinned and selected nodes always stay, tokens and targets unless their kind is left out. Every
// node that goes is counted under the first filter that took it, so that nothing is hidden without
// a number and a way back.

import type { Filters, View } from "../state/document.ts";
import { KIND, KIND_NAMES, type Pack } from "./pack.ts";

/** Why a node is not shown, in the order in which filters are asked. */
export const REASONS = [
  "hidden",
  "pruned",
  "feature",
  "error",
  "token",
  "target",
  "layer",
  "frequency",
] as const;
export type Reason = (typeof REASONS)[number];

type KindName = (typeof KIND_NAMES)[number];

/** The filter that leaves out a kind. */
export const KIND_FILTER = {
  feature: "features",
  error: "errors",
  token: "tokens",
  target: "targets",
} as const satisfies Record<KindName, keyof Filters>;

export interface Visible {
  /** Shown nodes, ascending. */
  nodes: Uint32Array;
  /** One byte a node: 1 if shown. */
  mask: Uint8Array;
  gone: Record<Reason, number>;
}

/** What of the document decides. */
export type Showing = Pick<View, "filters" | "pins" | "hidden" | "groups">;

/** `kept` is the server's pruned set; `null`: nothing is pruned. */
export function visibleNodes(
  pack: Pack,
  view: Showing,
  kept: Uint8Array | null,
  selection: readonly number[],
): Visible {
  const mask = new Uint8Array(pack.nNodes);
  const gone = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<Reason, number>;
  const stay = new Set([
    ...view.pins,
    ...view.groups.flatMap((group) => group.nodes),
    ...selection,
  ]);
  const hidden = new Set(view.hidden);
  let n = 0;
  for (let node = 0; node < pack.nNodes; node++) {
    const reason = stay.has(node) ? null : reasonFor(pack, view, kept, hidden, node);
    if (reason) gone[reason]++;
    else {
      mask[node] = 1;
      n++;
    }
  }
  const nodes = new Uint32Array(n);
  let next = 0;
  for (let node = 0; node < pack.nNodes; node++) if (mask[node]) nodes[next++] = node;
  return { nodes, mask, gone };
}

/** Whether two show the same and say the same of the rest. */
export function sameVisible(a: Visible, b: Visible): boolean {
  return (
    a.nodes.length === b.nodes.length &&
    a.mask.length === b.mask.length &&
    REASONS.every((reason) => a.gone[reason] === b.gone[reason]) &&
    a.nodes.every((node, at) => node === b.nodes[at])
  );
}

function reasonFor(
  pack: Pack,
  view: Showing,
  kept: Uint8Array | null,
  hidden: Set<number>,
  node: number,
): Reason | null {
  const kind = pack.kind[node];
  if (hidden.has(node)) return "hidden";
  const { filters } = view;
  const name = KIND_NAMES[kind];
  const isEnd = kind === KIND.token || kind === KIND.target;
  if (isEnd) return filters[KIND_FILTER[name]] ? null : name;
  if (kept && kept[node] === 0) return "pruned";
  if (!filters[KIND_FILTER[name]]) return name;
  const layer = pack.layer[node];
  if (filters.layerFrom !== null && layer < filters.layerFrom) return "layer";
  if (filters.layerTo !== null && layer > filters.layerTo) return "layer";
  if (pack.frequency[node] > filters.maxFrequency) return "frequency";
  return null;
}
