// A measured test as settings of the form, to be changed and run again.

import type { Group } from "../state/document.ts";
import { plain } from "../ui/numbers.ts";
import type { InterveneAsk, RunAsk } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { allPlan } from "./all.ts";
import { ofSelection } from "./offered.ts";
import { type Plan, plan, STRENGTHS, type Strength } from "./plan.ts";
import { sameNodes } from "./verdicts.ts";

const listOf = (numbers: readonly number[]): string => numbers.map(plain).join(", ");

/** A change by its word, or else by its kind, which takes the number. */
function strengthOf({ edits: [edit], sweep }: InterveneAsk): Strength | null {
  if (!edit) return null;
  const { how, value } = edit;
  // Older pages swept what was off in activations.
  if (how === "ablate") return sweep?.kind === "dose" ? "set" : "off";
  if (how === "scale" && value === 0) return "off";
  const alike = STRENGTHS.filter((one) => one.how === how);
  return (alike.find((one) => one.value === value) ?? alike.at(-1))?.name ?? null;
}

/** The plan that an intervention was, and nodes of it that are no box of the circuit now. */
export function planOf(
  now: Plan,
  ask: InterveneAsk,
  boxes: readonly Group[],
): { plan: Plan; loose: number[] } {
  const [edit] = ask.edits;
  const { layers, sweep, swap } = ask;
  const changed: string[] = [];
  const loose: number[] = [];
  for (const { nodes } of ask.edits) {
    const box = boxes.find((one) => sameNodes(one.nodes, nodes));
    if (box) changed.push(box.id);
    else loose.push(...nodes);
  }
  const filled: Plan = {
    graph: now.graph,
    changed,
    strength: strengthOf(ask) ?? now.strength,
    value: edit?.value ?? now.value,
    positions: edit?.positions ?? now.positions,
    mode: ask.mode ?? "open",
    attention: ask.attention ?? "frozen",
    layerFrom: layers ? layers[0] : null,
    layerTo: layers ? layers[1] - 1 : null,
    nTokens: ask.n_tokens,
    sweep: sweep?.kind ?? "none",
    doses: sweep?.kind === "dose" ? listOf(sweep.values) : null,
    swap: swap && {
      graph: swap.graph,
      nodes: swap.nodes,
      times: swap.times,
      fromEnd: swap.from_end,
    },
  };
  return { plan: filled, loose };
}

/** Fills the form with what a test was. What is no box any more is selected. */
export function fillIn(work: Workspace, ask: RunAsk): void {
  if (ask.kind === "validate") {
    const { n_features: nFeatures, doses, seed, rung } = ask;
    const usual = { doses: listOf(doses ?? [0, -1]), seed: seed ?? 0, rung: rung ?? "mlps" };
    allPlan.value = { nFeatures, ...usual };
    return;
  }
  const { plan: filled, loose } = planOf(plan.peek(), ask, work.boxes.value);
  if (loose.length > 0) work.select(loose);
  const selected = loose.length > 0 ? ofSelection(work) : [];
  plan.value = { ...filled, changed: [...filled.changed, ...selected] };
}
