// What a test changes: the form's state, and the request it becomes.

import { signal } from "@preact/signals";
import { wireGroups } from "../api/endpoints.ts";
import { KIND, type Pack } from "../graph/pack.ts";
import type { Group } from "../state/document.ts";
import type { EditHow, EditPositions, Held, InterveneAsk, ModeAsk } from "../wire.ts";
import { numbersOf, usualDoses } from "./doses.ts";

/** Words instead of numbers, and the numbers that they are. */
export const STRENGTHS = [
  { name: "off", text: "Off (0)", how: "ablate", value: 0 },
  { name: "suppress", text: "Suppress (−1 ×)", how: "scale", value: -1 },
  { name: "halve", text: "Halve (½ ×)", how: "scale", value: 0.5 },
  { name: "double", text: "Double (2 ×)", how: "scale", value: 2 },
  { name: "scale", text: "Multiply by…", how: "scale", value: null },
  { name: "set", text: "Set to… (absolute)", how: "set", value: null },
  { name: "add", text: "Add… (absolute)", how: "add", value: null },
] as const satisfies readonly { name: string; text: string; how: EditHow; value: number | null }[];

export type Strength = (typeof STRENGTHS)[number]["name"];

/** How something is changed, and where. */
export interface How {
  strength: Strength;
  value: number;
  positions: EditPositions;
}

/** What a measured test followed and listed. */
export interface Followed {
  /** The test. */
  number: number;
  groups: readonly Group[];
  watch: readonly number[];
  topK: number;
}

/** The form. All is changed in its `How`, but for what has one of its own. */
export interface Plan extends How {
  /** The graph that is tested; none before the first was opened. */
  graph: string | null;
  /**
   * Boxes that are changed, in this order: of several with a node in common the last holds there.
   * `selection` stands for what is selected.
   */
  changed: readonly string[];
  /** Boxes that are changed otherwise than the others, by their ids. */
  own: Readonly<Record<string, How>>;
  /** Nodes that a measured test changed and that are no box of the circuit now. */
  loose: readonly Group[];
  mode: ModeAsk;
  /** Attention patterns, where every layer answers; the other modes hold them. */
  attention: Held;
  /** Norm denominators; direct effects hold them. */
  norms: Held;
  /** The held layers, where some are: the first and the last. */
  layerFrom: number | null;
  layerTo: number | null;
  nTokens: number;
  sweep: "none" | "dose" | "end_layer" | "position";
  /** Of a sweep of the dose, as they were written; the usual ones if nobody wrote any. */
  doses: string | null;
  /** What another graph's group was there, put in here. */
  swap: { graph: string; nodes: number[]; times: number; fromEnd: boolean } | null;
  /** As in a measured test; null for what the circuit has now. */
  asIn: Followed | null;
}

export const plan = signal<Plan>({
  graph: null,
  changed: [],
  own: {},
  loose: [],
  strength: "suppress",
  value: -2,
  positions: "own",
  mode: "open",
  attention: "frozen",
  norms: "free",
  layerFrom: null,
  layerTo: null,
  nTokens: 0,
  sweep: "none",
  doses: null,
  swap: null,
  asIn: null,
});

/** What belongs to the boxes of one test. */
const NOTHING = { changed: [], own: {}, loose: [], swap: null, asIn: null } as const;

/**
 * The plan on a graph. Boxes, layers, doses and what is put in belong to the graph that was open
 * before and would be tested here unseen; how something is changed stays.
 */
export function planOn(graph: string, now: Plan): Plan {
  if (now.graph === graph) return now;
  return { ...now, ...NOTHING, graph, layerFrom: null, layerTo: null, doses: null };
}

/** The plan with other boxes to change: what was said of the former ones is gone. */
export function planFor(changed: readonly string[], now: Plan): Plan {
  return { ...now, ...NOTHING, swap: now.swap, changed };
}

/** Whether a mode holds a range of layers, so that one can be given. */
export function holdsLayers(mode: ModeAsk): boolean {
  return mode === "constrained" || mode === "iterative";
}

/** What a mode can vary: an end has only a range of layers. */
export function sweepIn(mode: ModeAsk, sweep: Plan["sweep"]): Plan["sweep"] {
  return sweep === "end_layer" && !holdsLayers(mode) ? "none" : sweep;
}

/** The held layers as `[first, end)`: without a first the first of all, as nothing changes there. */
function layersOf(now: Plan, nLayers: number): [number, number] | null {
  const { mode, layerFrom, layerTo } = now;
  if (!holdsLayers(mode) || (layerFrom === null && layerTo === null)) return null;
  return [layerFrom ?? 0, (layerTo ?? Math.max(layerFrom ?? 0, nLayers - 2)) + 1];
}

/** What answers and what is held, as the server takes the request (`docs/interventions.md`). */
export function whatAnswers(now: Plan, nLayers: number): string {
  const layers = layersOf(now, nLayers);
  const range = layers
    ? `in layers ${layers[0]} to ${layers[1] - 1}`
    : "from the first changed layer to the last but one";
  const norms = now.norms === "free" ? "norms answer" : "norms are held";
  switch (now.mode) {
    case "open": {
      const [areNorms, isAttention] = [now.norms === "free", now.attention === "free"];
      const free = ["MLPs", ...(areNorms ? ["norms"] : []), ...(isAttention ? ["attention"] : [])];
      const held = [...(areNorms ? [] : ["norms"]), ...(isAttention ? [] : ["attention patterns"])];
      const alone = free.length === 1 ? " alone" : "";
      return `${listed(free)} answer${alone}${held.length > 0 ? `; ${listed(held)} are held` : ""}.`;
    }
    case "constrained":
      return `MLPs are held ${range} and answer after it; ${norms}, attention patterns are held.`;
    case "iterative":
      return `The dictionary answers in place of MLPs ${range}, MLPs after it; ${norms}, attention patterns are held.`;
    case "direct":
      return "MLPs, norms and attention patterns are held.";
  }
}

/** A, B and C. */
function listed(words: readonly string[]): string {
  const first = words.slice(0, -1).join(", ");
  return `${first && `${first} and `}${words.at(-1) ?? ""}`;
}

/** What is done to each. Off is 0 times the original, and a sweep of it one of multiples. */
export function howOf({ strength, sweep }: Pick<Plan, "strength" | "sweep">): EditHow {
  const { how } = STRENGTHS.find((one) => one.name === strength) ?? STRENGTHS[0];
  return sweep === "dose" && how === "ablate" ? "scale" : how;
}

/** The number of a change: its word's, or the one that was given. */
export function amountOf({ strength, value }: How): number {
  return STRENGTHS.find((one) => one.name === strength)?.value ?? value;
}

/** What is changed, in its order, each with how. */
export function changesOf(now: Plan, boxes: readonly Group[]): { box: Group; how: How }[] {
  const all = [...boxes, ...now.loose];
  return now.changed.flatMap((id) => {
    const box = all.find((one) => one.id === id);
    return box ? [{ box, how: now.own[id] ?? now }] : [];
  });
}

/** What a sweep of the dose does to what is changed here; nothing where all is put in. */
export function sweptBy(now: Plan, boxes: readonly Group[]): EditHow[] {
  const { sweep } = now;
  const hows = changesOf(now, boxes).map(({ how: { strength } }) => howOf({ strength, sweep }));
  return hows.length > 0 || now.swap ? [...new Set(hows)] : [howOf(now)];
}

/** Doses of a sweep in order; none if what was written is no list of numbers. */
export function dosesOf(
  now: Plan,
  boxes: readonly Group[],
  { kind, activation }: Pick<Pack, "kind" | "activation">,
): number[] {
  if (now.doses !== null) return [...new Set(numbersOf(now.doses))].sort((a, b) => a - b);
  const nodes = changesOf(now, boxes).flatMap(({ box }) => box.nodes);
  const sizes = nodes.map((node) => (kind[node] === KIND.feature ? Math.abs(activation[node]) : 0));
  return usualDoses(sweptBy(now, boxes)[0] ?? "scale", Math.max(0, ...sizes));
}

/** Outputs of a run, and of each point of a sweep, as a file holds them for all points. */
const TOP = { run: 50, point: 20 };

/** The request of a plan over boxes; every box is followed. */
export function interveneAsk(
  now: Plan,
  boxes: readonly Group[],
  watch: readonly number[],
  pack: Pick<Pack, "kind" | "activation">,
  nLayers: number,
): InterveneAsk {
  const { sweep, asIn } = now;
  const changes = changesOf(now, boxes);
  const edits = changes.map(({ box, how }) => ({
    nodes: box.nodes,
    how: howOf({ strength: how.strength, sweep }),
    value: amountOf(how),
    positions: how.positions,
  }));
  const others = changes.flatMap(({ box }) => (boxes.includes(box) ? [] : [box]));
  return {
    name: "",
    groups: wireGroups(asIn?.groups ?? [...boxes, ...others]),
    edits,
    swap:
      now.swap && now.swap.nodes.length > 0
        ? {
            graph: now.swap.graph,
            nodes: now.swap.nodes,
            times: now.swap.times,
            from_end: now.swap.fromEnd,
          }
        : null,
    mode: now.mode,
    layers: layersOf(now, nLayers),
    attention: now.mode === "open" && now.attention === "free" ? "free" : null,
    norms: now.mode !== "direct" && now.norms === "frozen" ? "frozen" : null,
    n_tokens: now.nTokens,
    top_k: asIn?.topK ?? (sweep === "none" ? TOP.run : TOP.point),
    watch: [...(asIn?.watch ?? watch)],
    sweep:
      sweep === "none"
        ? null
        : sweep === "dose"
          ? { kind: "dose", values: dosesOf(now, boxes, pack) }
          : { kind: sweep },
  };
}
