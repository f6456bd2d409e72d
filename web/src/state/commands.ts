// The only way a view changes.
//
// `apply` gives the new document and the command that takes it back. Undo applies that; a save
// that meets another tab's version replays the unsaved commands on top of it. So a command says
// what was meant ("pin these"), never "the document is now this", and applying it where it no
// longer fits changes nothing.

import { amountText, collapse } from "./collapse.ts";
import type { Fill, Filters, Group, Node, Note, Place, View } from "./document.ts";
import { type About, about, group, member, ungroup } from "./groups.ts";

export type Command =
  | { do: "filters"; to: Partial<Filters> }
  | { do: "fill"; by: Fill }
  | { do: "pin"; nodes: Node[] }
  | { do: "unpin"; nodes: Node[] }
  | { do: "hide"; nodes: Node[] }
  | { do: "show"; nodes: Node[] }
  | { do: "collapse" | "expand"; layers: number[]; positions: number[] }
  | { do: "group"; group: Group }
  | { do: "ungroup"; id: string }
  | { do: "about"; id: string; to: About }
  /** Nodes leave their groups and join one; `null`: none. */
  | { do: "member"; nodes: Node[]; of: string | null }
  | { do: "label"; key: string; text: string | null }
  | { do: "place"; key: string; at: Place | null }
  | { do: "note"; note: Note }
  | { do: "unnote"; id: string }
  | { do: "watch"; tokens: number[] }
  | { do: "several"; title: string; commands: Command[] };

export interface Applied {
  view: View;
  /** Takes the change back; `null` if nothing changed. */
  inverse: Command | null;
}

/** Applies one command. The given view is not touched. */
export function apply(view: View, command: Command): Applied {
  switch (command.do) {
    case "filters":
      return filters(view, command.to);
    case "fill":
      if (command.by === view.fill) return { view, inverse: null };
      return { view: { ...view, fill: command.by }, inverse: { do: "fill", by: view.fill } };
    case "pin":
      return added(view, "pins", command.nodes, (nodes) => ({ do: "unpin", nodes }));
    case "unpin":
      return removed(view, "pins", command.nodes, (nodes) => ({ do: "pin", nodes }));
    case "hide":
      return added(view, "hidden", command.nodes, (nodes) => ({ do: "show", nodes }));
    case "show":
      return removed(view, "hidden", command.nodes, (nodes) => ({ do: "hide", nodes }));
    case "collapse":
    case "expand":
      return collapse(view, command.do, command);
    case "group":
      return group(view, command.group);
    case "ungroup":
      return ungroup(view, command.id);
    case "about":
      return about(view, command.id, command.to);
    case "member":
      return member(view, command.nodes, command.of);
    case "label":
      return entry(view, "labels", command.key, command.text, (text) => ({
        do: "label",
        key: command.key,
        text,
      }));
    case "place":
      return entry(view, "places", command.key, command.at, (at) => ({
        do: "place",
        key: command.key,
        at,
      }));
    case "note":
      return note(view, command.note);
    case "unnote":
      return unnote(view, command.id);
    case "watch":
      if (String(command.tokens) === String(view.watch)) return { view, inverse: null };
      return {
        view: { ...view, watch: command.tokens },
        inverse: { do: "watch", tokens: view.watch },
      };
    case "several":
      return several(view, command.title, command.commands);
  }
}

function several(view: View, title: string, commands: Command[]): Applied {
  const inverses: Command[] = [];
  let now = view;
  for (const command of commands) {
    const applied = apply(now, command);
    now = applied.view;
    if (applied.inverse) inverses.unshift(applied.inverse);
  }
  const inverse: Command | null =
    inverses.length > 0 ? { do: "several", title, commands: inverses } : null;
  return { view: now, inverse };
}

function filters(view: View, to: Partial<Filters>): Applied {
  const before: Record<string, unknown> = {};
  for (const key of Object.keys(to) as (keyof Filters)[]) {
    if (view.filters[key] !== to[key]) before[key] = view.filters[key];
  }
  if (Object.keys(before).length === 0) return { view, inverse: null };
  return {
    view: { ...view, filters: { ...view.filters, ...to } },
    inverse: { do: "filters", to: before as Partial<Filters> },
  };
}

type NodeList = "pins" | "hidden";

function added(
  view: View,
  list: NodeList,
  nodes: Node[],
  inverse: (nodes: Node[]) => Command,
): Applied {
  const have = new Set(view[list]);
  const fresh = [...new Set(nodes)].filter((node) => !have.has(node));
  if (fresh.length === 0) return { view, inverse: null };
  return { view: { ...view, [list]: [...view[list], ...fresh] }, inverse: inverse(fresh) };
}

function removed(
  view: View,
  list: NodeList,
  nodes: Node[],
  inverse: (nodes: Node[]) => Command,
): Applied {
  const gone = new Set(nodes);
  const out = view[list].filter((node) => gone.has(node));
  if (out.length === 0) return { view, inverse: null };
  const kept = view[list].filter((node) => !gone.has(node));
  return { view: { ...view, [list]: kept }, inverse: inverse(out) };
}

function entry<T>(
  view: View,
  map: "labels" | "places",
  key: string,
  value: T | null,
  inverse: (value: T | null) => Command,
): Applied {
  const table = view[map] as Record<string, T>;
  const before = Object.hasOwn(table, key) ? table[key] : null;
  if (before === value) return { view, inverse: null };
  const next = { ...table };
  if (value === null) delete next[key];
  else next[key] = value;
  return { view: { ...view, [map]: next }, inverse: inverse(before) };
}

function note(view: View, put: Note): Applied {
  const old = view.notes.find((candidate) => candidate.id === put.id);
  const notes = old
    ? view.notes.map((candidate) => (candidate.id === put.id ? put : candidate))
    : [...view.notes, put];
  return {
    view: { ...view, notes },
    inverse: old ? { do: "note", note: old } : { do: "unnote", id: put.id },
  };
}

function unnote(view: View, id: string): Applied {
  const old = view.notes.find((candidate) => candidate.id === id);
  if (!old) return { view, inverse: null };
  return {
    view: { ...view, notes: view.notes.filter((candidate) => candidate.id !== id) },
    inverse: { do: "note", note: old },
  };
}

/** What a command did, in words for the undo button. */
export function title(command: Command): string {
  switch (command.do) {
    case "filters":
      return "filter";
    case "fill":
      return `fill by ${command.by}`;
    case "pin":
      return counted("pin", command.nodes.length);
    case "unpin":
      return counted("unpin", command.nodes.length);
    case "hide":
      return counted("hide", command.nodes.length);
    case "show":
      return counted("show", command.nodes.length);
    case "collapse":
    case "expand":
      return `${command.do} ${amountText(command.layers.length, command.positions.length)}`;
    case "group":
      return `group “${command.group.name}”`;
    case "ungroup":
      return "ungroup";
    case "about":
      return aboutTitle(command.to);
    case "member":
      return counted(command.of === null ? "ungroup" : "regroup", command.nodes.length);
    case "label":
      return command.text === null ? "remove label" : `label “${command.text}”`;
    case "place":
      return "move";
    case "note":
      return "note";
    case "unnote":
      return "remove note";
    case "watch":
      return "watched tokens";
    case "several":
      return command.title;
  }
}

function aboutTitle({ name, note, open, tint }: About): string {
  if (open !== undefined) return `${open ? "open" : "close"} a group in place`;
  if (note !== undefined) return "note of a group";
  if (tint !== undefined) return "tint of a group";
  return name === undefined ? "rename a group" : `rename to “${name}”`;
}

function counted(verb: string, n: number): string {
  return n === 1 ? `${verb} a node` : `${verb} ${n} nodes`;
}
