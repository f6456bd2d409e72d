// Out of sight: by the selection's key and by that of a row. A chip above the graph counts what is
// hidden by hand, and brings it back.

import { groupOf } from "../state/document.ts";
import { outOfSight } from "../state/groups.ts";
import { nodesText } from "../ui/numbers.ts";
import { toast } from "../ui/toast.tsx";
import type { Workspace } from "../workspace/model.ts";

/**
 * Hides what is in no group; of the others it asks first, as their group would lose them. Gives
 * those.
 */
export function exclude(work: Workspace, nodes: readonly number[]): number[] {
  const isIn = (node: number): boolean => groupOf(work.view.value, node) !== undefined;
  const stay = nodes.filter(isIn);
  const go = nodes.filter((node) => !isIn(node));
  if (go.length > 0) work.do(outOfSight(go));
  if (stay.length === 0) return stay;
  const [stays, them] = stay.length === 1 ? ["stays", "it"] : ["stay", "them"];
  toast(
    `${nodesText(stay.length)} of a group ${stays}; take ${them} out of the group first.`,
    () => {
      work.do(outOfSight(stay));
      // By now something else may be selected, which stays so.
      work.select(work.selection.peek().filter((node) => !stay.includes(node)));
    },
    "Take out and hide",
  );
  return stay;
}

/** The key of a row: excludes its nodes, or brings them back where all of them are excluded. */
export function toggleExcluded(work: Workspace, nodes: readonly number[]): void {
  const { hidden } = work.view.value;
  if (nodes.every((node) => hidden.includes(node))) work.do({ do: "show", nodes: [...nodes] });
  else exclude(work, nodes);
}
