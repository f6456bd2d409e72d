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
}

export function readWanted(query: URLSearchParams): Wanted {
  const sort = SORTS.find(({ value }) => value === query.get("sort"))?.value ?? "newest";
  return { text: query.get("q") ?? "", sort, tags: [...new Set(query.getAll("tag"))] };
}

/** The library's address; a tag may have any sign in it, so that each is a parameter of its own. */
export function addressOf({ text, sort, tags }: Wanted): string {
  const query = new URLSearchParams(tags.map((tag) => ["tag", tag]));
  if (text) query.set("q", text);
  if (sort !== "newest") query.set("sort", sort);
  const all = query.toString();
  return `/${all && `?${all}`}`;
}

/** Whether a graph may be left out, which is then said. */
export function filters({ text, tags }: Wanted): boolean {
  return text.trim() !== "" || tags.length > 0;
}

/** Graphs with all the words and tags. Equals of an order stay as they came, the newest first. */
export function findGraphs(rows: readonly GraphRow[], wanted: Wanted): GraphRow[] {
  const words = wanted.text.toLowerCase().split(/\s+/);
  const found = rows.filter((row) => {
    const where = searchText(row);
    return (
      words.every((word) => where.includes(word)) &&
      wanted.tags.every((tag) => row.tags.includes(tag))
    );
  });
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

export function toggledTag(wanted: Wanted, tag: string): Wanted {
  const { tags } = wanted;
  const has = tags.includes(tag);
  return { ...wanted, tags: has ? tags.filter((one) => one !== tag) : [...tags, tag] };
}
