// Addresses of a graph's pages, each with the view that it shows.

/** The view that an address without a name means. */
export const MAIN = "main";

/** The workspace of a graph in one of its views, or another page of the same. */
export function graphAddress(id: string, view: string, page: "" | "/figure" = ""): string {
  const query = view === MAIN ? "" : `?view=${encodeURIComponent(view)}`;
  return `/g/${encodeURIComponent(id)}${page}${query}`;
}

/** The selection as the part of an address after `#`, without it; nothing if there are too many. */
export function selectionHash(nodes: readonly number[]): string {
  return nodes.length > 0 && nodes.length <= 100 ? `s=${nodes.join(",")}` : "";
}
