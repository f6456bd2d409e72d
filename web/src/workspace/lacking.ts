// What a graph is about and is not here, in a few words.

import { count } from "../ui/numbers.ts";
import type { GraphHead } from "../wire.ts";

/** `nUnseen`: its features of which no index has anything. */
export function lacking(head: GraphHead | null, nUnseen: number): string[] {
  if (!head) return [];
  const name = head.provenance.model.name;
  const texts = head.runnable
    ? []
    : [name ? `the model ${name} is not here` : "its model is not here"];
  if (nUnseen > 0) {
    texts.push(`no examples for ${count(nUnseen)} of ${count(head.counts.features)} features`);
  }
  return texts;
}
