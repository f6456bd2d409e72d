// Where two windows changed the same in different ways, so that the version of one is no longer in
// the document. Commands of both are applied in any case; this is what one of them overwrote.
//
// What adds up is none: pins of both, members that both added, two parts of one group.

import type { Command } from "./commands.ts";
import type { Filters, Group, Note, Place, View } from "./document.ts";

/** A part of the document that has one value. */
export type Part =
  | { of: "filter"; name: keyof Filters; value: Filters[keyof Filters] }
  | { of: "fill"; value: View["fill"] }
  | { of: "watch"; value: number[] }
  | { of: "label"; key: string; value: string | null }
  | { of: "place"; key: string; value: Place | null }
  | { of: "note"; id: string; value: Note | null }
  /** Whether it is there. */
  | { of: "group"; id: string; value: Group | null }
  | { of: "name" | "about"; id: string; value: string }
  | { of: "members"; id: string; value: number[] };

export interface Clash {
  key: string;
  theirs: Part;
  mine: Part;
  /** Whose version the document has now. */
  now: "theirs" | "mine";
}

/** Four states of a document: before either, of each, and with the changes of both. */
export interface Versions {
  base: View;
  theirs: View;
  mine: View;
  both: View;
}

export function clashesOf({ base, theirs, mine, both }: Versions): Clash[] {
  const [before, other, own, now] = [base, theirs, mine, both].map(partsOf);
  const found: Clash[] = [];
  for (const key of new Set([...other.keys(), ...own.keys(), ...before.keys()])) {
    const versions = {
      theirs: partAt(other, key, own, before),
      mine: partAt(own, key, other, before),
    };
    const old = partAt(before, key, other, own);
    const is = (a: Part | null, b: Part | null): boolean => textOf(a) === textOf(b);
    const { theirs, mine } = versions;
    if (!theirs || !mine || is(theirs, mine) || is(theirs, old) || is(mine, old)) continue;
    const present = partAt(now, key, other, own);
    if (is(present, mine)) found.push({ key, theirs, mine, now: "mine" });
    else if (is(present, theirs)) found.push({ key, theirs, mine, now: "theirs" });
  }
  return found;
}

/** The command that makes a document say so. */
export function putPart(part: Part, view: Pick<View, "groups">): Command {
  switch (part.of) {
    case "filter":
      return { do: "filters", to: { [part.name]: part.value } };
    case "fill":
      return { do: "fill", by: part.value };
    case "watch":
      return { do: "watch", tokens: part.value };
    case "label":
      return { do: "label", key: part.key, text: part.value };
    case "place":
      return { do: "place", key: part.key, at: part.value };
    case "note":
      return part.value ? { do: "note", note: part.value } : { do: "unnote", id: part.id };
    case "group":
      return part.value ? { do: "group", group: part.value } : { do: "ungroup", id: part.id };
    case "name":
      return { do: "about", id: part.id, to: { name: part.value } };
    case "about":
      return { do: "about", id: part.id, to: { note: part.value } };
    case "members": {
      // What else is said of the group stays as it is now.
      const group = view.groups.find(({ id }) => id === part.id);
      if (!group) return { do: "member", nodes: part.value, of: part.id };
      return { do: "group", group: { ...group, nodes: part.value } };
    }
  }
}

type Parts = Map<string, Part>;

function partsOf(view: View): Parts {
  const parts: Parts = new Map();
  const add = (key: string, part: Part): void => void parts.set(key, part);
  for (const name of Object.keys(view.filters) as (keyof Filters)[]) {
    add(`filter ${name}`, { of: "filter", name, value: view.filters[name] });
  }
  add("fill", { of: "fill", value: view.fill });
  add("watch", { of: "watch", value: view.watch });
  for (const [key, value] of Object.entries(view.labels)) {
    add(`label ${key}`, { of: "label", key, value });
  }
  for (const [key, value] of Object.entries(view.places)) {
    add(`place ${key}`, { of: "place", key, value });
  }
  for (const note of view.notes) add(`note ${note.id}`, { of: "note", id: note.id, value: note });
  for (const { id, ...group } of view.groups) {
    add(`group ${id}`, { of: "group", id, value: { id, ...group } });
    add(`name ${id}`, { of: "name", id, value: group.name });
    add(`about ${id}`, { of: "about", id, value: group.note ?? "" });
    add(`members ${id}`, { of: "members", id, value: group.nodes });
  }
  return parts;
}

/**
 * A part, or that it is gone, as the other versions know what it was. Of a group that is gone only
 * that is said, and of one that is everywhere only its parts.
 */
function partAt(here: Parts, key: string, ...elsewhere: Parts[]): Part | null {
  const part = here.get(key) ?? null;
  const known = part ?? elsewhere.map((parts) => parts.get(key)).find((found) => found) ?? null;
  if (!known) return null;
  const isInAll = [here, ...elsewhere].every((parts) => parts.has(key));
  switch (known.of) {
    case "group":
      return isInAll ? null : part ? known : { ...known, value: null };
    case "label":
    case "place":
    case "note":
      return part ? known : { ...known, value: null };
    default:
      return part;
  }
}

/** What is compared: a place is where it is, whatever else its object has. */
function textOf(part: Part | null): string {
  return part === null ? "" : JSON.stringify(part.value);
}
