// One of the graphs that are compared, with what its saved view calls things.

import { head as askHead, pack as askPack, viewRemote } from "../api/endpoints.ts";
import { Names } from "../graph/names.ts";
import { type Pack, readPack } from "../graph/pack.ts";
import { type Group, groupsIn, readView } from "../state/document.ts";
import type { GraphHead } from "../wire.ts";
import { MAIN } from "../workspace/address.ts";
import type { Side } from "./rows.ts";

export interface Opened {
  id: string;
  head: GraphHead;
  /** Without edges. */
  pack: Pack;
  names: Names;
  model: string;
  tokens: string[];
  groups: readonly Group[];
}

/** A graph in its place beside the other. */
export type Placed = Opened & Side;

export async function opened(id: string, signal: AbortSignal): Promise<Opened> {
  const [head, bytes, saved] = await Promise.all([
    askHead(id, signal),
    askPack(id, 0, signal),
    viewRemote(id, MAIN).load(),
  ]);
  const pack = readPack(bytes);
  const view = saved && readView(saved.view);
  const names = new Names(pack, head, view?.labels ?? {});
  const tokens = head.tokens.map((_, pos) => names.token(pos));
  const groups = groupsIn(view, head.groups);
  return { id, head, pack, names, model: head.provenance.model.name, tokens, groups };
}

/**
 * Whether a feature's number means one feature in both, as the server has it: one that was trained
 * on has another digest under the same name.
 */
export function isOneDictionary(a: Pick<Opened, "head">, b: Pick<Opened, "head">): boolean {
  const [inA, inB] = [a, b].map(({ head }) => head.provenance.dictionary);
  return inA.name === inB.name && inA.digest === inB.digest;
}
