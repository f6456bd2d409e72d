// What the palette finds: what has all the words, and graphs as actions that open them.

import type { GraphRow } from "../wire.ts";
import type { Action } from "./keys.ts";
import { date, promptText, tokenText } from "./numbers.ts";
import { go } from "./router.ts";

export function withWords(list: readonly Action[], text: string): Action[] {
  const words = text.toLowerCase().split(/\s+/);
  return list.filter(({ section, title }) => {
    const where = `${section} ${title}`.toLowerCase();
    return words.every((word) => where.includes(word));
  });
}

/** Graphs in the order in which they came; their date tells those of one prompt apart. */
export function graphActions(rows: readonly GraphRow[]): Action[] {
  return rows.map(({ id, title, tokens, target, created }) => ({
    key: null,
    title: `${title} ${promptText(tokens).trim()} → ${tokenText(target).trim()}`.trim(),
    section: `Graph, ${date(created)}`,
    run: () => go(`/g/${id}`),
  }));
}
