// What a test can change: the selection by itself, and boxes of the circuit.

import { KIND } from "../graph/pack.ts";
import type { Group, Node } from "../state/document.ts";
import type { Workspace } from "../workspace/model.ts";
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

/** What can be changed and followed. */
export function testable(work: Workspace): Group[] {
  const pack = work.pack.value;
  if (!pack) return [];
  return offered(
    work.boxes.value,
    work.selection.value,
    (node) => pack.kind[node] === KIND.feature,
    (node) => work.names.value?.full(node),
  );
}

/** What stands for the selection among them: its id, or nothing if it cannot be changed. */
export function ofSelection(work: Workspace): string[] {
  const selection = work.selection.value;
  const [first] = testable(work);
  return first?.nodes.some((node) => selection.includes(node)) ? [first.id] : [];
}
