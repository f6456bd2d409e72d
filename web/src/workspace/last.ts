// From a feature's page back to a graph of its dictionary: the one that was open last, in this tab or
// another, is remembered in the browser; the address says what to pin there.

import { effect, untracked } from "@preact/signals";
import { featureId, readFeatures } from "../feature/shape.ts";
import { KIND, type Pack } from "../graph/pack.ts";
import { nodesText } from "../ui/numbers.ts";
import { place, setQuery } from "../ui/router.ts";
import { toast } from "../ui/toast.tsx";
import type { FeatureName, GraphHead } from "../wire.ts";
import { graphAddress } from "./address.ts";
import type { Workspace } from "./model.ts";

export interface LastGraph {
  id: string;
  view: string;
  /** What a person knows it by. */
  title: string;
}

const PIN = "pin";
const key = (set: string): string => `connectome.last.${set}`;

export function rememberGraph(
  { id, title, text, feature_set }: Pick<GraphHead, "id" | "title" | "text" | "feature_set">,
  view: string,
): void {
  if (feature_set === null) return;
  const last: LastGraph = { id, view, title: title || text };
  localStorage.setItem(key(feature_set), JSON.stringify(last));
}

/** The graph of a dictionary that was open last; `null` if none was, in this browser. */
export function lastGraph(set: string): LastGraph | null {
  try {
    const last = JSON.parse(localStorage.getItem(key(set)) ?? "null") as Partial<LastGraph> | null;
    const { id, view, title } = last ?? {};
    const isOne = [id, view, title].every((text) => typeof text === "string");
    return isOne ? (last as LastGraph) : null;
  } catch {
    return null;
  }
}

export function pinAddress({ id, view }: LastGraph, feature: FeatureName): string {
  const address = graphAddress(id, view);
  const joint = address.includes("?") ? "&" : "?";
  return `${address}${joint}${PIN}=${encodeURIComponent(featureId(feature))}`;
}

/** Nodes of a feature, one a position. */
export function nodesOf(
  { nNodes, kind, layer, feature }: Pick<Pack, "nNodes" | "kind" | "layer" | "feature">,
  { layer: ofLayer, index }: FeatureName,
): number[] {
  const found: number[] = [];
  for (let node = 0; node < nNodes; node++) {
    if (kind[node] === KIND.feature && layer[node] === ofLayer && feature[node] === index)
      found.push(node);
  }
  return found;
}

/** Pins what the address says, once there is a document to pin it in; the address forgets it. */
export function takePin(work: Workspace): () => void {
  const id = readFeatures(place.peek().query.get(PIN) ?? "")?.[0];
  if (!id) return () => undefined;
  let done = false;
  return effect(() => {
    const pack = work.columns.value;
    if (done || !pack || !work.opened.value) return;
    done = true;
    untracked(() => {
      setQuery({ [PIN]: null });
      const nodes = nodesOf(pack, id);
      if (nodes.length === 0) {
        toast(`${featureId(id)} is no node of this graph: it did not fire, or was left out.`);
        return;
      }
      work.do({ do: "pin", nodes });
      work.select(nodes);
      toast(`${featureId(id)} is pinned: ${nodesText(nodes.length)}.`);
    });
  });
}
