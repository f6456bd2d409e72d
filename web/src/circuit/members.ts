// Which group is open beside the circuit, which in its place, and how members leave it.

import { signal } from "@preact/signals";
import { groupName } from "../graph/names.ts";
import { type Group, groupOf, type Node } from "../state/document.ts";
import { takenOut } from "../state/groups.ts";
import { type MenuItem, openMenu } from "../ui/menu.tsx";
import { nodesText } from "../ui/numbers.ts";
import { toast } from "../ui/toast.tsx";
import type { Workspace } from "../workspace/model.ts";

/** Its members and its note stand beside the circuit. */
export const openedGroup = signal<string | null>(null);

/** Opens the group of the selection, or closes it if it is open. */
export function toggleGroup(work: Workspace): void {
  const group = groupOf(work.view.value, work.selection.value[0]);
  if (!group) toast("The selection is in no group.");
  else openedGroup.value = openedGroup.value === group.id ? null : group.id;
}

/** Opens the group of some nodes where its box stands, with its members in a hull, or closes it. */
export function toggleInPlace(work: Workspace, nodes: readonly Node[]): void {
  const group = groupOf(work.view.value, nodes[0]);
  if (!group) toast("The selection is in no group.");
  else if (!work.refuses())
    work.do({ do: "about", id: group.id, to: { open: group.open !== true } });
}

export function takeOut(work: Workspace, nodes: readonly Node[]): void {
  keepingGroup(work, () => work.do(takenOut(work.view.value, nodes)));
}

/** A menu of the groups that nodes can move to; a digit takes one. */
export function openMoveMenu(
  work: Workspace,
  nodes: readonly Node[],
  at: { x: number; y: number },
) {
  if (work.refuses()) return;
  const { groups } = work.view.value;
  const others = groups.filter((group) => !nodes.every((node) => group.nodes.includes(node)));
  if (others.length === 0) toast("There is no other group.");
  const item = (group: Group, place: number): MenuItem => ({
    title: `to “${groupName(group)}”, ${nodesText(group.nodes.length)}`,
    key: place < 9 ? String(place + 1) : null,
    run: () => keepingGroup(work, () => work.do({ do: "member", nodes: [...nodes], of: group.id })),
  });
  openMenu(at, "Move to a group", others.map(item));
}

/** A selected box stays selected, whichever members it then has. */
function keepingGroup(work: Workspace, change: () => void): void {
  const selection = work.selection.peek();
  const group = groupOf(work.view.peek(), selection[0]);
  const whole = group?.nodes.length === selection.length;
  change();
  const now = work.view.peek().groups.find(({ id }) => id === group?.id);
  if (whole && now) work.select(now.nodes);
}
