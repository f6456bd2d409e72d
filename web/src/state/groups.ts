// Commands of groups, as `apply` gives them.

import type { Applied, Command } from "./commands.ts";
import { type Group, groupOf, type Node, type Tint, type View } from "./document.ts";
import { randomId } from "./id.ts";

/** A node is in one group at most: members of the new group leave their old ones. */
export function group(view: View, given: Group): Applied {
  const put: Group = { ...given, nodes: [...new Set(given.nodes)].sort((a, b) => a - b) };
  const taken = new Set(put.nodes);
  const before: Command[] = [];
  const groups: Group[] = [];
  let placed = false;
  for (const old of view.groups) {
    if (old.id === put.id) {
      before.push({ do: "group", group: old });
      groups.push(put);
      placed = true;
      continue;
    }
    const left = old.nodes.filter((node) => !taken.has(node));
    if (left.length !== old.nodes.length) before.push({ do: "group", group: old });
    if (left.length > 0)
      groups.push(left.length === old.nodes.length ? old : { ...old, nodes: left });
  }
  if (!placed) {
    groups.push(put);
    before.unshift({ do: "ungroup", id: put.id });
  }
  const inverse: Command = { do: "several", title: "regroup", commands: before };
  return { view: { ...view, groups }, inverse };
}

export function ungroup(view: View, id: string): Applied {
  const old = view.groups.find((candidate) => candidate.id === id);
  if (!old) return { view, inverse: null };
  return {
    view: { ...view, groups: view.groups.filter((candidate) => candidate.id !== id) },
    inverse: { do: "group", group: old },
  };
}

/** What is said of a group beside its members. An empty note is none. */
export interface About {
  name?: string;
  note?: string;
  open?: boolean;
  /** Whether the name is a program's. */
  auto?: boolean;
  /** `null` is the usual colour. */
  tint?: Tint | null;
}

/**
 * Of this only what is given changes, so that another tab's members, name and note stay. A name
 * that is given is a person's, even if a program had chosen the same.
 */
export function about(view: View, id: string, to: About): Applied {
  const old = view.groups.find((candidate) => candidate.id === id);
  if (!old) return { view, inverse: null };
  const given: About = to.name === undefined ? to : { auto: false, ...to };
  const had = {
    name: old.name,
    note: old.note ?? "",
    open: old.open ?? false,
    auto: old.auto ?? false,
    tint: old.tint ?? null,
  };
  const keys = (Object.keys(given) as (keyof About)[]).filter((key) => had[key] !== given[key]);
  if (keys.length === 0) return { view, inverse: null };
  const { note, open, auto, tint, ...put } = { ...old, ...had, ...given };
  const next: Group = put;
  if (note) next.note = note;
  if (open) next.open = true;
  if (auto) next.auto = true;
  if (tint) next.tint = tint;
  const before: About = Object.fromEntries(keys.map((key) => [key, had[key]]));
  return {
    view: { ...view, groups: view.groups.map((group) => (group === old ? next : group)) },
    inverse: { do: "about", id, to: before },
  };
}

/** A group without members is gone. */
export function member(view: View, nodes: Node[], of: string | null): Applied {
  const unchanged = { view, inverse: null };
  if (of !== null && !view.groups.some((group) => group.id === of)) return unchanged;
  const moved = new Set(nodes);
  const before: Command[] = [];
  const groups: Group[] = [];
  for (const old of view.groups) {
    const next =
      old.id === of
        ? [...new Set([...old.nodes, ...nodes])].sort((a, b) => a - b)
        : old.nodes.filter((node) => !moved.has(node));
    if (next.length === old.nodes.length) groups.push(old);
    else {
      before.push({ do: "group", group: old });
      if (next.length > 0) groups.push({ ...old, nodes: next });
    }
  }
  if (before.length === 0) return unchanged;
  const inverse: Command = { do: "several", title: "regroup", commands: before };
  return { view: { ...view, groups }, inverse };
}

/** Nodes leave their group; they stay in the circuit, each as a box of its own. */
export function takenOut(view: View, nodes: readonly Node[]): Command {
  const grouped = nodes.filter((node) => groupOf(view, node));
  return {
    do: "several",
    title: grouped.length === 1 ? "take a node out of its group" : "take nodes out of their group",
    commands: [
      { do: "pin", nodes: grouped },
      { do: "member", nodes: grouped, of: null },
    ],
  };
}

/** Nodes go out of sight, and out of the circuit, which would keep them in it. */
export function outOfSight(nodes: Node[]): Command {
  return {
    do: "several",
    title: "hide",
    commands: [
      { do: "member", nodes, of: null },
      { do: "unpin", nodes },
      { do: "hide", nodes },
    ],
  };
}

/** An id that no group of the view has. */
export function freshId(view: View): string {
  const used = new Set(view.groups.map((group) => group.id));
  for (let n = 1; ; n++) {
    // Two tabs that make a group at once must not make the same one.
    const id = `g${n}-${randomId(4)}`;
    if (!used.has(id)) return id;
  }
}
