// Which graphs of the library are shown, in which order, and how the address keeps it.

import { promptText } from "../ui/numbers.ts";
import type { GraphRow } from "../wire.ts";

export const SORTS = [
  { value: "newest", text: "newest first" },
  { value: "prompt", text: "prompt A–Z" },
  { value: "replacement", text: "highest replacement" },
  { value: "nodes", text: "most nodes" },
] as const;
export type Sort = (typeof SORTS)[number]["value"];

export interface Wanted {
  text: string;
  sort: Sort;
  /** All of them must be the graph's. */
  tags: readonly string[];
  /** Who made it; any if null. A graph that was imported may not say, which is an empty name. */
  model: string | null;
  dictionary: string | null;
}

/** Of these a graph has one name each. */
export type Maker = "model" | "dictionary";

export function readWanted(query: URLSearchParams): Wanted {
  const sort = SORTS.find(({ value }) => value === query.get("sort"))?.value ?? "newest";
  return {
    text: query.get("q") ?? "",
    sort,
    tags: [...new Set(query.getAll("tag"))],
    model: query.get("model"),
    dictionary: query.get("dictionary"),
  };
}

/** The library's address; a tag may have any sign in it, so that each is a parameter of its own. */
export function addressOf({ text, sort, tags, model, dictionary }: Wanted): string {
  const query = new URLSearchParams(tags.map((tag) => ["tag", tag]));
  if (text) query.set("q", text);
  if (model !== null) query.set("model", model);
  if (dictionary !== null) query.set("dictionary", dictionary);
  if (sort !== "newest") query.set("sort", sort);
  const all = query.toString();
  return `/${all && `?${all}`}`;
}

/** Whether a graph may be left out, which is then said. */
export function filters({ text, tags, model, dictionary }: Wanted): boolean {
  return text.trim() !== "" || tags.length > 0 || model !== null || dictionary !== null;
}

/** The same order, with no graph left out. */
export function unfiltered(wanted: Wanted): Wanted {
  return { ...wanted, text: "", tags: [], model: null, dictionary: null };
}

/** Graphs with all the words and tags, and of the model and dictionary that are asked for. */
function matching(rows: readonly GraphRow[], wanted: Wanted): GraphRow[] {
  const words = wanted.text.toLowerCase().split(/\s+/);
  const { tags, model, dictionary } = wanted;
  return rows.filter((row) => {
    const where = searchText(row);
    return (
      words.every((word) => where.includes(word)) &&
      tags.every((tag) => row.tags.includes(tag)) &&
      (model === null || row.model === model) &&
      (dictionary === null || row.dictionary === dictionary)
    );
  });
}

/** What is found, in order. Equals of an order stay as they came, the newest first. */
export function findGraphs(rows: readonly GraphRow[], wanted: Wanted): GraphRow[] {
  const found = matching(rows, wanted);
  switch (wanted.sort) {
    case "newest":
      return found.sort((a, b) => b.created - a.created);
    case "prompt": {
      const { compare } = new Intl.Collator("en", { numeric: true });
      return found.sort((a, b) =>
        compare(promptText(a.tokens).trim(), promptText(b.tokens).trim()),
      );
    }
    case "replacement":
      return found.sort((a, b) => b.scores.replacement.value - a.scores.replacement.value);
    case "nodes":
      return found.sort((a, b) => b.n_nodes - a.n_nodes);
  }
}

function searchText(row: GraphRow): string {
  const { title, tokens, target, model, dictionary, tags, id } = row;
  const all = [title, promptText(tokens), target, model, dictionary, ...tags, id];
  return all.join(" ").toLowerCase();
}

/** The tags that there are, those of most graphs first, and those that are asked for in vain. */
export function tagsOf(
  rows: readonly GraphRow[],
  wanted: Wanted,
): { tag: string; nGraphs: number }[] {
  const graphs = new Map<string, number>(wanted.tags.map((tag) => [tag, 0]));
  for (const row of rows) {
    for (const tag of new Set(row.tags)) graphs.set(tag, (graphs.get(tag) ?? 0) + 1);
  }
  return [...graphs]
    .map(([tag, nGraphs]) => ({ tag, nGraphs }))
    .sort((a, b) => b.nGraphs - a.nGraphs || a.tag.localeCompare(b.tag, "en"));
}

/**
 * The names that there are, those of most graphs first. Counted are the graphs that choosing one
 * would show: those that all other filters leave. One that would show none is there as well.
 */
export function makersOf(
  rows: readonly GraphRow[],
  wanted: Wanted,
  by: Maker,
): { name: string; nGraphs: number }[] {
  const graphs = new Map<string, number>(rows.map((row) => [row[by], 0]));
  const chosen = wanted[by];
  if (chosen !== null && !graphs.has(chosen)) graphs.set(chosen, 0);
  for (const row of matching(rows, { ...wanted, [by]: null })) {
    graphs.set(row[by], (graphs.get(row[by]) ?? 0) + 1);
  }
  return [...graphs]
    .map(([name, nGraphs]) => ({ name, nGraphs }))
    .sort((a, b) => b.nGraphs - a.nGraphs || a.name.localeCompare(b.name, "en"));
}

export function toggledTag(wanted: Wanted, tag: string): Wanted {
  const { tags } = wanted;
  const has = tags.includes(tag);
  return { ...wanted, tags: has ? tags.filter((one) => one !== tag) : [...tags, tag] };
}
