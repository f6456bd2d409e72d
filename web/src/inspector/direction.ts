// On which side of a node an edge is looked for.

import type { Links } from "../graph/edges.ts";

export type Direction = "input" | "output";

/**
 * Which edges of a node are offered: those that a person asked for at this node, even if there are
 * none; else on the side asked for last, inputs at first, or on the other if it has none there.
 */
export function directionOf(
  { inputs, outputs }: Pick<Links, "inputs" | "outputs">,
  node: number,
  asked: { node: number; is: Direction } | null,
): Direction {
  const wanted = asked?.is ?? "input";
  if (asked?.node === node) return wanted;
  if (wanted === "input") return inputs.length === 0 && outputs.length > 0 ? "output" : "input";
  return outputs.length === 0 && inputs.length > 0 ? "input" : "output";
}
