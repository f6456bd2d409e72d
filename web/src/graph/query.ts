// The search language: `layer>2 "state" kind:feature pos:8 act>=1 #1741`.
//
// Terms are joined by "and". A bare or quoted word is looked for in the node's name, without
// regard to case. What cannot be read is reported, never ignored.

import { KIND_NAMES, type Pack } from "./pack.ts";

type Test = (node: number) => boolean;

export interface Query {
  matches: Test;
  /** Words that could not be read. */
  unread: string[];
  empty: boolean;
}

const NUMBER_FIELDS: Record<string, (pack: Pack, node: number) => number> = {
  layer: (pack, node) => pack.layer[node],
  pos: (pack, node) => pack.pos[node],
  act: (pack, node) => Math.abs(pack.activation[node]),
  influence: (pack, node) => pack.influence[node],
  feature: (pack, node) => pack.feature[node],
  frequency: (pack, node) => pack.frequency[node],
};

const TERM = /"([^"]*)"?|(\S+)/g;
const COMPARISON = /^([a-z]+)(<=|>=|=|:|<|>)(.+)$/i;

/** Reads a query over one graph; `nameOf` gives the text that words are looked for in. */
export function parseQuery(text: string, pack: Pack, nameOf: (node: number) => string): Query {
  const tests: Test[] = [];
  const unread: string[] = [];
  for (const [term, quoted, bare] of text.matchAll(TERM)) {
    if (quoted !== undefined) tests.push(contains(quoted, nameOf));
    else if (bare.startsWith("#") && /^#\d+$/.test(bare)) {
      const index = Number(bare.slice(1));
      tests.push((node) => pack.feature[node] === index && pack.kind[node] === 0);
    } else {
      const test = comparison(bare, pack);
      if (test === "unread") unread.push(term);
      else tests.push(test ?? contains(bare, nameOf));
    }
  }
  return {
    matches: (node) => tests.every((test) => test(node)),
    unread,
    empty: tests.length === 0,
  };
}

function contains(word: string, nameOf: (node: number) => string): Test {
  const wanted = word.toLowerCase();
  return (node) => nameOf(node).toLowerCase().includes(wanted);
}

function comparison(term: string, pack: Pack): Test | "unread" | null {
  const parts = COMPARISON.exec(term);
  if (!parts) return null;
  const [, name, operator, value] = parts;
  const field = name.toLowerCase();
  if (field === "kind") {
    const kind = (KIND_NAMES as readonly string[]).indexOf(value.toLowerCase());
    return kind < 0 ? "unread" : (node) => pack.kind[node] === kind;
  }
  const read = NUMBER_FIELDS[field];
  const wanted = Number(value);
  if (!read || Number.isNaN(wanted)) return "unread";
  switch (operator) {
    case "<":
      return (node) => read(pack, node) < wanted;
    case "<=":
      return (node) => read(pack, node) <= wanted;
    case ">":
      return (node) => read(pack, node) > wanted;
    case ">=":
      return (node) => read(pack, node) >= wanted;
    default:
      return (node) => read(pack, node) === wanted;
  }
}
