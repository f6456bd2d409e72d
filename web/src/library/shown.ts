// How graphs are shown: as a list, or with a picture of each. The browser remembers it.
//
// The list is what one begins with: a picture takes a graph that is read and packed by the server.

import { effect, signal } from "@preact/signals";

export const LAYOUTS = [
  { value: "list", text: "▤ list", title: "A line each (t)" },
  { value: "thumbnails", text: "▦ thumbnails", title: "With a picture of each graph (t)" },
] as const;
export type Layout = (typeof LAYOUTS)[number]["value"];

const KEY = "connectome.library";

/** What was chosen last; what is none is a list. */
export function readLayout(text: string | null): Layout {
  return LAYOUTS.find(({ value }) => value === text)?.value ?? "list";
}

export const layout = signal<Layout>(readLayout(localStorage.getItem(KEY)));

effect(() => localStorage.setItem(KEY, layout.value));

export function nextLayout(): void {
  layout.value = layout.peek() === "list" ? "thumbnails" : "list";
}
