// What a test changes: the form's state, and the request it becomes.

import { signal } from "@preact/signals";
import { wireGroups } from "../api/endpoints.ts";
import type { Group } from "../state/document.ts";
import type { EditHow, EditPositions, InterveneAsk, ModeAsk } from "../wire.ts";

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

export interface Plan {
  /** Boxes that are changed; `selection` stands for what is selected. */
  changed: readonly string[];
  strength: Strength;
  value: number;
  positions: EditPositions;
  mode: ModeAsk;
  nTokens: number;
  sweep: "none" | "dose" | "end_layer" | "position";
  /** What another graph's group was there, put in here. */
  swap: { graph: string; group: string; nodes: number[]; times: number; fromEnd: boolean } | null;
}

export const plan = signal<Plan>({
  changed: [],
  strength: "suppress",
  value: -2,
  positions: "own",
  mode: "open",
  nTokens: 0,
  sweep: "none",
  swap: null,
});

export const DOSES = [-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];

/** The request of a plan over boxes; every box is followed. */
export function interveneAsk(now: Plan, boxes: readonly Group[], watch: number[]): InterveneAsk {
  const strength = STRENGTHS.find((one) => one.name === now.strength) ?? STRENGTHS[0];
  const value = strength.value ?? now.value;
  const edits = boxes
    .filter((box) => now.changed.includes(box.id))
    .map((box) => ({ nodes: box.nodes, how: strength.how, value, positions: now.positions }));
  return {
    name: "",
    groups: wireGroups(boxes),
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
    layers: null,
    attention: null,
    norms: null,
    n_tokens: now.nTokens,
    top_k: 10,
    watch,
    sweep:
      now.sweep === "none"
        ? null
        : now.sweep === "dose"
          ? { kind: "dose", values: DOSES }
          : { kind: now.sweep },
  };
}
