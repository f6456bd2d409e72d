// What opens tests: a selection, or an address with a measured one or another graph's group.

import { head as askHead, viewRemote } from "../api/endpoints.ts";
import { type Group, groupsIn, readView } from "../state/document.ts";
import { place, setQuery } from "../ui/router.ts";
import { toast } from "../ui/toast.tsx";
import { MAIN } from "../workspace/address.ts";
import type { Workspace } from "../workspace/model.ts";
import { showBelow } from "../workspace/room.ts";
import { allPlan } from "./all.ts";
import { ofSelection } from "./offered.ts";
import { plan, planFor, planOn } from "./plan.ts";

const enc = encodeURIComponent;

/** Opens the tests with the selection as what is changed. */
export function openTest(work: Workspace): void {
  plan.value = planFor(ofSelection(work), plan.value);
  showBelow("tests");
}

/** The workspace of `graph`, with a test that puts in what `group` was in the graph `from`. */
export function swapAddress(graph: string, from: string, group: string, fromEnd: boolean): string {
  const start = fromEnd ? "" : "&from-start=1";
  return `/g/${enc(graph)}?swap=${enc(from)}&group=${enc(group)}${start}`;
}

/** Groups of another graph: those of its saved view, or of its file. */
export async function groupsOf(graph: string, abort?: AbortSignal): Promise<readonly Group[]> {
  const [head, saved] = await Promise.all([askHead(graph, abort), viewRemote(graph, MAIN).load()]);
  return groupsIn(saved && readView(saved.view), head.groups);
}

/**
 * Takes the form over to the graph that was opened, with the test that the address names; the
 * address forgets it, as it is begun. A measured one stays in it.
 */
export async function takeTest(work: Workspace): Promise<void> {
  if (plan.peek().graph !== work.id) allPlan.value = { ...allPlan.peek(), asIn: null };
  plan.value = planOn(work.id, plan.peek());
  const { query } = place.peek();
  if (query.has("run")) showBelow("tests");
  const graph = query.get("swap");
  if (!graph || work.readOnly) return;
  const fromEnd = !query.has("from-start");
  const name = query.get("group");
  setQuery({ swap: null, group: null, "from-start": null });
  showBelow("tests");
  try {
    const group = (await groupsOf(graph)).find((one) => one.id === name);
    if (plan.peek().graph !== work.id) return;
    if (!group) {
      toast("That graph has no such group any more; choose another of it.");
    }
    const swap = { graph, nodes: [...(group?.nodes ?? [])], times: 1, fromEnd };
    plan.value = { ...planFor([], plan.peek()), swap };
  } catch {
    toast("The other graph's groups could not be read.");
  }
}
