// What a test can change: the selection by itself, and boxes of the circuit.

import type { Group, Node } from "../state/document.ts";
import { sameNodes } from "./verdicts.ts";

/** Stands for what is selected, where that is no box. */
export const SELECTION = "selection";

/**
 * Boxes with features, those of the selection first: before the group of a selected member stands
 * the member alone, unless the selection is all of the group that can be changed.
 */
export function offered(
  boxes: readonly Group[],
  selected: readonly Node[],
  isFeature: (node: Node) => boolean,
  nameOf: (node: Node) => string | undefined,
): Group[] {
  const nodes = selected.filter(isFeature);
  const holds = (box: Group): boolean => box.nodes.some((node) => nodes.includes(node));
  const found = boxes.filter((box) => box.nodes.some(isFeature));
  found.sort((a, b) => Number(holds(b)) - Number(holds(a)));
  const isBox = found.some((box) => sameNodes(box.nodes.filter(isFeature), nodes));
  if (nodes.length === 0 || isBox) return found;
  const name = (nodes.length === 1 && nameOf(nodes[0])) || "selection";
  return [{ id: SELECTION, name, nodes }, ...found];
}
