// Panes in windows of their own, which follow the selection of the window they came from.
//
// The document needs nothing here: two windows on one view meet in the saver. The selection is
// no part of it, so windows that belong together share a name, and tell each other.

import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { randomId } from "../state/id.ts";
import { place } from "../ui/router.ts";
import { toast } from "../ui/toast.tsx";
import { graphAddress, selectionHash } from "./address.ts";
import type { Workspace } from "./model.ts";

export const ALONE = ["graph", "inspector", "circuit", "tests", "tokens"] as const;
export type Alone = (typeof ALONE)[number];

/** The one pane that this window shows, if its address names one. */
export function alone(): Alone | null {
  const name = place.value.query.get("pane");
  return ALONE.find((pane) => pane === name) ?? null;
}

/** What windows that belong together are called; made when the first is opened. */
let family: string | null = null;

function familyName(): string {
  family ??= place.peek().query.get("with") ?? randomId();
  return family;
}

let join: () => void = () => undefined;

/** Opens a pane in a window of its own. */
export function popOut(work: Workspace, pane: Alone): void {
  const address = graphAddress(work.id, work.viewName);
  const run = place.peek().query.get("run");
  const more = `pane=${pane}&with=${familyName()}${run ? `&run=${run}` : ""}`;
  const selected = selectionHash(work.selection.peek());
  join();
  const url = `${address}${address.includes("?") ? "&" : "?"}${more}${selected && `#${selected}`}`;
  const opened = window.open(url, `connectome-${familyName()}-${pane}`, "width=900,height=700");
  if (!opened) toast("The browser did not open a window; allow windows of this page.");
}

/** Tells windows of the same family what is selected, and hears it from them. */
export function useFamily(work: Workspace): void {
  useEffect(() => {
    let channel: BroadcastChannel | null = null;
    let heard = "";
    let stop: () => void = () => undefined;
    join = (): void => {
      if (channel) return;
      const to = new BroadcastChannel(`connectome.selection.${work.id}.${familyName()}`);
      channel = to;
      to.onmessage = (event: MessageEvent<unknown>) => {
        const nodes = event.data;
        if (!Array.isArray(nodes) || !nodes.every((node) => Number.isInteger(node))) return;
        heard = nodes.join(",");
        work.select(nodes as number[]);
      };
      stop = effect(() => {
        const nodes = [...work.selection.value];
        // What came from another window does not go back to it.
        if (nodes.join(",") !== heard) to.postMessage(nodes);
        heard = nodes.join(",");
      });
    };
    if (place.peek().query.get("with")) join();
    return () => {
      stop();
      channel?.close();
      join = () => undefined;
    };
  }, [work]);
}
