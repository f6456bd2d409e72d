// A whole view in the place of another, as one command that can be undone and replayed.

import type { Command } from "./commands.ts";
import type { View } from "./document.ts";

export function takenOver(now: View, to: View): Command {
  const commands: Command[] = [
    { do: "filters", to: to.filters },
    { do: "fill", by: to.fill },
    { do: "unpin", nodes: now.pins },
    { do: "show", nodes: now.hidden },
    { do: "expand", ...now.collapsed },
    ...now.groups.map((group): Command => ({ do: "ungroup", id: group.id })),
    ...Object.keys(now.labels).map((key): Command => ({ do: "label", key, text: null })),
    ...Object.keys(now.places).map((key): Command => ({ do: "place", key, at: null })),
    ...now.notes.map((note): Command => ({ do: "unnote", id: note.id })),
    { do: "pin", nodes: to.pins },
    { do: "hide", nodes: to.hidden },
    { do: "collapse", ...to.collapsed },
    ...to.groups.map((group): Command => ({ do: "group", group })),
    ...Object.entries(to.labels).map(([key, text]): Command => ({ do: "label", key, text })),
    ...Object.entries(to.places).map(([key, at]): Command => ({ do: "place", key, at })),
    ...to.notes.map((note): Command => ({ do: "note", note })),
    { do: "watch", tokens: to.watch },
  ];
  return { do: "several", title: "open a view", commands };
}

const SHOWS: readonly (keyof View)[] = ["filters", "fill", "hidden", "collapsed"];

/** Whether two views differ at most in what of the graph they show. */
export function onlyShows(before: View, after: View): boolean {
  const keys = Object.keys(before) as (keyof View)[];
  return keys.every((key) => SHOWS.includes(key) || before[key] === after[key]);
}
