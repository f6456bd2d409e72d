// Where edits hold: features at positions of the prompt, and at what is written after it. Of several
// edits of one place the server lets the last hold.

import { KIND, type Pack } from "../graph/pack.ts";
import type { Group } from "../state/document.ts";
import type { EditAsk } from "../wire.ts";
import { amountOf, type How } from "./plan.ts";

type Nodes = Pick<Pack, "kind" | "layer" | "feature" | "pos">;

/** Positions by the feature's name; the number of tokens stands for all that is written. */
export type Spots = ReadonlyMap<string, ReadonlySet<number>>;

/** `L2/9` */
export function featureName(pack: Nodes, node: number): string {
  return `L${pack.layer[node]}/${pack.feature[node]}`;
}

export function spotsOf(
  { nodes, positions }: Pick<EditAsk, "nodes" | "positions">,
  pack: Nodes,
  nTokens: number,
): Spots {
  const spots = new Map<string, Set<number>>();
  for (const node of nodes) {
    if (pack.kind[node] !== KIND.feature) continue;
    const name = featureName(pack, node);
    const found = spots.get(name) ?? new Set();
    spots.set(name, found);
    const pos = pack.pos[node];
    const [from, to] =
      positions === "all" ? [0, nTokens - 1] : [pos, positions === "onward" ? nTokens : pos];
    for (let at = from; at <= to; at++) found.add(at);
  }
  return spots;
}

const has = (spots: Spots, name: string, pos: number): boolean =>
  spots.get(name)?.has(pos) ?? false;

/** What is left of some spots where later ones hold; null if nothing is taken from them. */
export function leftOf(spots: Spots, later: readonly Spots[]): Spots | null {
  let isTaken = false;
  const left = new Map<string, Set<number>>();
  for (const [name, all] of spots) {
    const rest = [...all].filter((pos) => !later.some((other) => has(other, name, pos)));
    isTaken ||= rest.length < all.size;
    if (rest.length > 0) left.set(name, new Set(rest));
  }
  return isTaken ? left : null;
}

/** Spots as the command line names them: `L0/7@1`, `L0/7@2..4`, `L0/7@5..`, `L0/7@generated`. */
export function spotsText(spots: Spots, nTokens: number): string {
  const words: string[] = [];
  for (const [name, all] of spots) {
    for (const [from, to] of runsOf(all)) {
      const isWritten = to === nTokens;
      const place =
        isWritten && from === to
          ? "generated"
          : isWritten
            ? `${from}..`
            : from === to
              ? `${from}`
              : `${from}..${to + 1}`;
      words.push(`${name}@${place}`);
    }
  }
  return words.join(",");
}

/** Numbers that follow each other, as first and last. */
function runsOf(all: ReadonlySet<number>): [number, number][] {
  const runs: [number, number][] = [];
  for (const one of [...all].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === one - 1) last[1] = one;
    else runs.push([one, one]);
  }
  return runs;
}

/** Changes that meet in some place where it matters which of them holds there: their names. */
export function overlap(
  changes: readonly { box: Group; how: How }[],
  pack: Nodes,
  nTokens: number,
): string[] {
  const all = changes.map(({ box: { name, nodes }, how }) => {
    const spots = spotsOf({ nodes, positions: how.positions }, pack, nTokens);
    return { name, spots, does: `${how.strength} ${amountOf(how)}` };
  });
  const meets = all.map((one) =>
    all.some((other) => other.does !== one.does && leftOf(one.spots, [other.spots]) !== null),
  );
  return all.flatMap(({ name }, at) => (meets[at] ? [name] : []));
}
