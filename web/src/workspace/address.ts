// Addresses of a graph's pages, each with the view that it shows, and of traces that go on from it.

import { KIND } from "../graph/pack.ts";
import { modelOf } from "../models/words.ts";
import { newTraceUrl } from "../trace/request.ts";
import type { Workspace } from "./model.ts";

/** The view that an address without a name means. */
export const MAIN = "main";

/** The workspace of a graph in one of its views, or another page of the same. */
export function graphAddress(id: string, view: string, page: "" | "/figure" = ""): string {
  const query = view === MAIN ? "" : `?view=${encodeURIComponent(view)}`;
  return `/g/${encodeURIComponent(id)}${page}${query}`;
}

/** The selection as the part of an address after `#`, without it; nothing if there are too many. */
export function selectionHash(nodes: readonly number[]): string {
  return nodes.length > 0 && nodes.length <= 100 ? `s=${nodes.join(",")}` : "";
}

/** A new trace of what feeds the feature that is selected; null if none is, or none can be made. */
export function feedsUrl(work: Workspace): string | null {
  const head = work.head.value;
  const pack = work.columns.value;
  const [node, ...more] = work.selection.value;
  if (work.readOnly || !head?.runnable || !pack || more.length > 0) return null;
  if (pack.kind[node] !== KIND.feature) return null;
  return newTraceUrl({
    model: modelOf(head),
    ids: head.tokens.map(({ id }) => id),
    position: pack.pos[node],
    targets: [{ kind: "feature", layer: pack.layer[node], index: pack.feature[node] }],
  });
}
