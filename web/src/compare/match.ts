// Which groups of two circuits are the same part: those that share features, or a name.

import type { Group } from "../state/document.ts";
import type { MatchedFeature } from "../wire.ts";

export interface GroupPair {
  a: Group | null;
  b: Group | null;
  /** Features of both groups, and features of either. */
  shared: number;
  all: number;
}

interface Candidate {
  a: Group;
  b: Group;
  shared: number;
  all: number;
}

/**
 * Each group with at most one of the other graph: the pair that shares most features first, then
 * groups that a person called the same. Tokens, errors and outputs, which the server does not
 * match, do not count.
 */
export function matchGroups(
  inA: readonly Group[],
  inB: readonly Group[],
  features: readonly MatchedFeature[],
  isFeature: { a: (node: number) => boolean; b: (node: number) => boolean },
): GroupPair[] {
  const toA = new Map(features.map((one) => [one.b, one.a]));
  const candidates: Candidate[] = [];
  for (const b of inB) {
    const ofB = b.nodes.filter(isFeature.b);
    for (const a of inA) {
      const ofA = new Set(a.nodes.filter(isFeature.a));
      const shared = ofB.filter((node) => ofA.has(toA.get(node) ?? -1)).length;
      if (shared > 0 || a.name.trim() === b.name.trim()) {
        candidates.push({ a, b, shared, all: ofA.size + ofB.length - shared });
      }
    }
  }
  candidates.sort((x, y) => y.shared - x.shared || x.all - y.all);
  const pairs: GroupPair[] = [];
  const [takenA, takenB] = [new Set<Group>(), new Set<Group>()];
  for (const one of candidates) {
    if (takenA.has(one.a) || takenB.has(one.b)) continue;
    takenA.add(one.a);
    takenB.add(one.b);
    pairs.push(one);
  }
  const alone = { shared: 0, all: 0 };
  for (const a of inA) if (!takenA.has(a)) pairs.push({ a, b: null, ...alone });
  for (const b of inB) if (!takenB.has(b)) pairs.push({ a: null, b, ...alone });
  return pairs;
}
