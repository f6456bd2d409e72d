// Which pane has which room: beside and below the graph, hidden, or all of it. Of this window alone,
// and no part of the document.

import { signal } from "@preact/signals";

export type Mode = "graph" | "list";
export type PaneName = "graph" | "inspector" | "circuit" | "tests";
export type Below = "circuit" | "tests" | "tokens";

/** On a phone the list comes first: it is the same content, and it scrolls. */
export const mode = signal<Mode>(matchMedia("(max-width: 720px)").matches ? "list" : "graph");
export const maximised = signal<PaneName | null>(null);
/** What stands below the graph. */
export const lower = signal<Below | "none">("circuit");

/** Its room is the graph's until it is wanted again. */
export const inspectorHidden = signal(false);

/** Gives a pane all room, or takes it back. */
export function maximise(pane: PaneName): void {
  maximised.value = maximised.value === pane ? null : pane;
}

/** Shows a pane below the graph, unless it has all room already; another one gives that up. */
export function showBelow(pane: Below): void {
  lower.value = pane;
  if (maximised.value !== pane) maximised.value = null;
}

/** Shows the inspector, in the same way. */
export function showInspector(): void {
  inspectorHidden.value = false;
  if (maximised.value !== "inspector") maximised.value = null;
}
