// Two graphs whose features have nothing in common, as they are of two dictionaries: what there is
// to compare all the same, as rows.

import { groupName } from "../graph/names.ts";
import { KIND, type Pack } from "../graph/pack.ts";
import type { Group } from "../state/document.ts";
import type { TargetRow } from "../wire.ts";
import { matchGroups } from "./match.ts";

/** Something of both graphs, or of one: then the other's number is null. */
export interface Both {
  name: string;
  a: number | null;
  b: number | null;
}

/** B's number less A's, if both have one. */
export function changeOf({ a, b }: Both): number | null {
  return a === null || b === null ? null : b - a;
}

/**
 * Explained outputs by what they are; the number is a weight, of a logit its probability. A
 * feature that is explained is of one dictionary, so that it is in one graph.
 */
export function outputsOf(inA: readonly TargetRow[], inB: readonly TargetRow[]): Both[] {
  const same = (x: TargetRow, y: TargetRow): boolean =>
    x.kind === y.kind && x.kind !== "feature" && x.label === y.label;
  const both = inA.map((row) => ({
    name: row.label,
    a: row.weight,
    b: inB.find((other) => same(row, other))?.weight ?? null,
  }));
  const onlyB = inB.filter((row) => !inA.some((other) => same(other, row)));
  return [...both, ...onlyB.map((row) => ({ name: row.label, a: null, b: row.weight }))];
}

/** Where the influence on the outputs ends, as shares of all that ends in tokens or errors. */
export interface Ends {
  /** By position. */
  tokens: number[];
  /** By layer. */
  errors: number[];
}

/** Of a graph without anything that ends so, zeros. */
export function endsOf(
  { nNodes, kind, pos, layer, influence }: Pack,
  { nTokens, nLayers }: { nTokens: number; nLayers: number },
): Ends {
  const tokens = new Array<number>(nTokens).fill(0);
  const errors = new Array<number>(nLayers).fill(0);
  let all = 0;
  for (let node = 0; node < nNodes; node++) {
    if (kind[node] === KIND.token) tokens[pos[node]] += influence[node];
    else if (kind[node] === KIND.error) errors[layer[node]] += influence[node];
    else continue;
    all += influence[node];
  }
  const share = (sum: number): number => (all > 0 ? sum / all : 0);
  return { tokens: tokens.map(share), errors: errors.map(share) };
}

export const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);

/** Errors together, then by layer from below; a model with fewer layers has none above. */
export function errorsOf(inA: Ends, inB: Ends): Both[] {
  const nLayers = Math.max(inA.errors.length, inB.errors.length);
  const layers = Array.from({ length: nLayers }, (_, layer) => ({
    name: `layer ${layer}`,
    a: inA.errors[layer] ?? null,
    b: inB.errors[layer] ?? null,
  }));
  return [{ name: "all layers", a: sum(inA.errors), b: sum(inB.errors) }, ...layers];
}

/** Tokens of one prompt that both explain; null where the prompts are two. */
export function tokensOf(
  [tokensA, inA]: readonly [readonly string[], Ends],
  [tokensB, inB]: readonly [readonly string[], Ends],
): Both[] | null {
  const isSame =
    tokensA.length === tokensB.length && tokensA.every((token, pos) => token === tokensB[pos]);
  if (!isSame) return null;
  const each = tokensA.map((name, pos) => ({ name, a: inA.tokens[pos], b: inB.tokens[pos] }));
  return [{ name: "all tokens", a: sum(inA.tokens), b: sum(inB.tokens) }, ...each];
}

/** Groups by what they are called, with the influence of their nodes: of all in its graph. */
export function groupsOf(
  inA: readonly Group[],
  inB: readonly Group[],
  packs: { a: Pick<Pack, "influence">; b: Pick<Pack, "influence"> },
): Both[] {
  const nothing = { a: () => false, b: () => false };
  const influence = (group: Group | null, of: Pick<Pack, "influence">): number | null =>
    group && sum(group.nodes.map((node) => of.influence[node] ?? 0));
  return matchGroups(inA, inB, [], nothing).map(({ a, b }) => ({
    name: groupName((a ?? b)!),
    a: influence(a, packs.a),
    b: influence(b, packs.b),
  }));
}
