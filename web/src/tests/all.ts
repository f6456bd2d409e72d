// The test of all groups at once: its settings, and the request they become.

import { signal } from "@preact/signals";
import { wireGroups } from "../api/endpoints.ts";
import type { Group } from "../state/document.ts";
import type { RungName, ValidateAsk } from "../wire.ts";
import { numbersOf } from "./doses.ts";

export interface AllPlan {
  /** Features of the largest influence that are tested one by one: what the ladder is made of. */
  nFeatures: number;
  /** As they were written. */
  doses: string;
  seed: number;
  rung: RungName;
  /** The groups of a measured test, which may have changed since; null for those of the circuit. */
  asIn: { number: number; groups: readonly Group[] } | null;
}

export const allPlan = signal<AllPlan>({
  nFeatures: 8,
  doses: "0, −1",
  seed: 0,
  rung: "mlps",
  asIn: null,
});

export const RUNGS: Record<RungName, string> = {
  gates: "Features answer, encoded anew",
  mlps: "The model's own MLPs answer",
  norms: "Norms answer, too",
  attention: "Attention answers, too",
  constrained: "The papers' protocol",
};

export function validateAsk(now: AllPlan, groups: readonly Group[]): ValidateAsk {
  const whole = (value: number): number => Math.max(0, Math.round(value) || 0);
  return {
    name: "",
    groups: wireGroups(now.asIn?.groups ?? groups),
    n_features: whole(now.nFeatures),
    doses: numbersOf(now.doses),
    rung: now.rung,
    seed: whole(now.seed),
  };
}
