// Steps by token or by layer, where the arrow keys alone go to whatever is near.

import type { Direction } from "./layout.ts";

/** What of a graph's columns is needed. */
type Columns = Record<"layer" | "pos" | "influence", ArrayLike<number>>;

/**
 * A node of the next token or layer that has any: nearest in the other direction, and of equals
 * the most influential. -1 at the end.
 */
export function stride(
  { layer, pos, influence }: Columns,
  nodes: ArrayLike<number>,
  from: number,
  direction: Direction,
): number {
  const across = direction === "left" || direction === "right";
  const sign = direction === "right" || direction === "up" ? 1 : -1;
  const [along, aside] = across ? [pos, layer] : [layer, pos];
  let best = -1;
  const better = (node: number): boolean => {
    if (best < 0) return true;
    const steps = (along[node] - along[best]) * sign;
    if (steps !== 0) return steps < 0;
    const away = (one: number): number => Math.abs(aside[one] - aside[from]);
    if (away(node) !== away(best)) return away(node) < away(best);
    return influence[node] > influence[best];
  };
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    if ((along[node] - along[from]) * sign > 0 && better(node)) best = node;
  }
  return best;
}
