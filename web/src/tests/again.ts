// A measured test as settings of the form, to be changed and run again.
//
// Run as it is, the form then asks for what the test was: groups and tokens that it followed are
// those of then, whatever became of the circuit since. What cannot be so is told.

import type { Group } from "../state/document.ts";
import { nodesText } from "../ui/numbers.ts";
import { toast } from "../ui/toast.tsx";
import type { EditAsk, InterveneAsk, Run, ValidateAsk } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { type AllPlan, allPlan } from "./all.ts";
import { type How, holdsLayers, interveneAsk, type Plan, plan, STRENGTHS } from "./plan.ts";
import { sameNodes } from "./verdicts.ts";

/** Numbers in full, as a person writes them. */
const listOf = (numbers: readonly number[]): string =>
  numbers.map((one) => String(one).replace("-", "−")).join(", ");

/** Outputs that the server lists unless it is told how many. */
const TOP = 10;

/** A change by its word, or else by its kind, which takes the number. */
function howIn({ how, value, positions }: EditAsk, isSwept: boolean): How {
  const at = positions ?? "own";
  // Older pages swept what was off in activations.
  if (how === "ablate") return { strength: isSwept ? "set" : "off", value: 0, positions: at };
  // A sweep of what is off is one of multiples.
  if (how === "scale" && value === 0 && isSwept) return { strength: "off", value, positions: at };
  const alike = STRENGTHS.filter((one) => one.how === how);
  const { name } = alike.find((one) => one.value === value) ?? alike.at(-1) ?? STRENGTHS[0];
  return { strength: name, value, positions: at };
}

const sameHow = (a: How, b: How): boolean =>
  a.strength === b.strength && a.value === b.value && a.positions === b.positions;

/** Each edit as a box of the circuit or, where there is none with its nodes, by itself. */
function changesIn({ ask, number }: Measured, boxes: readonly Group[]) {
  const isSwept = ask.sweep?.kind === "dose";
  const taken = new Set<string>();
  const loose: Group[] = [];
  const changes = ask.edits.map((edit, at) => {
    const how = howIn(edit, isSwept);
    const box = boxes.find((one) => !taken.has(one.id) && sameNodes(one.nodes, edit.nodes));
    if (box) {
      taken.add(box.id);
      return { id: box.id, how };
    }
    const known = ask.groups.find((one) => sameNodes(one.nodes, edit.nodes));
    const id = `test-${number}-${at}`;
    loose.push({ id, name: known?.name ?? nodesText(edit.nodes.length), nodes: edit.nodes });
    return { id, how };
  });
  return { changes, loose };
}

interface Measured {
  number: number;
  ask: InterveneAsk;
}

/** The plan that an intervention was. */
export function planOf(now: Plan, run: Measured, boxes: readonly Group[]): Plan {
  const { ask, number } = run;
  const { changes, loose } = changesIn(run, boxes);
  const usual: How = changes[0]?.how ?? now;
  const others = changes.filter(({ how }) => !sameHow(how, usual));
  const { layers, sweep, swap } = ask;
  return {
    ...usual,
    graph: now.graph,
    changed: changes.map(({ id }) => id),
    own: Object.fromEntries(others.map(({ id, how }) => [id, how])),
    loose,
    mode: ask.mode ?? "open",
    attention: ask.attention ?? "frozen",
    norms: ask.norms ?? "free",
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
    asIn: { number, groups: ask.groups, watch: ask.watch, topK: ask.top_k ?? TOP },
  };
}

/** What a request asks for, whichever way it says so. */
function meant(ask: InterveneAsk): Record<string, unknown> {
  const mode = ask.mode ?? "open";
  const sorted = (nodes: readonly number[]): number[] => [...new Set(nodes)].sort((a, b) => a - b);
  const swap = ask.swap && ask.swap.nodes.length > 0 ? ask.swap : null;
  return {
    "what is changed": ask.edits.map(({ nodes, how, value, positions }) => {
      const isOff = how === "ablate";
      return [sorted(nodes), isOff ? "set" : how, isOff ? 0 : value, positions ?? "own"];
    }),
    "what is put in": swap && [swap.graph, sorted(swap.nodes), swap.times, swap.from_end ?? false],
    "what answers": [mode, ask.norms === "frozen" || mode === "direct", ask.attention === "free"],
    "the held layers": holdsLayers(mode) ? ask.layers : null,
    "the groups that are followed": ask.groups.map(({ id, name, nodes }) => {
      return [id, name, sorted(nodes)];
    }),
    "the tokens that are listed": [sorted(ask.watch), ask.top_k ?? TOP],
    "how many tokens are written": ask.n_tokens,
    "the sweep, its doses in another order": ask.sweep,
  };
}

/** What of a test the form does not hold. */
export function leftOut(then: InterveneAsk, now: InterveneAsk): string[] {
  const [a, b] = [meant(then), meant(now)];
  return Object.keys(a).filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
}

/** The test of all groups as one was. */
export function allPlanOf(number: number, ask: ValidateAsk): AllPlan {
  return {
    nFeatures: ask.n_features,
    doses: listOf(ask.doses ?? [0, -1]),
    seed: ask.seed ?? 0,
    rung: ask.rung ?? "mlps",
    asIn: { number, groups: ask.groups },
  };
}

/** Fills the form with what a test was, and says what it could not take. */
export function fillIn(work: Workspace, { ask, number }: Pick<Run, "ask" | "number">): void {
  if (ask.kind === "validate") {
    allPlan.value = allPlanOf(number, ask);
    return;
  }
  plan.value = planOf(plan.peek(), { number, ask }, work.boxes.value);
  const [pack, nLayers] = [work.columns.value, work.shape.value?.nLayers ?? 1];
  if (!pack) return;
  const now = interveneAsk(plan.value, work.boxes.value, [], pack, nLayers);
  const lacks = leftOut(ask, now);
  if (lacks.length > 0) toast(`Not taken over: ${lacks.join("; ")}.`);
}
