// Doses: what an activation is multiplied by, set to or raised by, one number or several.

import type { EditHow } from "../wire.ts";

const MULTIPLES = [-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];
/** Of the largest activation, for doses that are activations themselves. */
const SPREAD = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2];

/** Doses that reach as far on either side as what is changed is large. */
export function usualDoses(how: EditHow, largest: number): number[] {
  if (how !== "set" && how !== "add") return MULTIPLES;
  const size = Number(largest.toPrecision(2)) || 1;
  return SPREAD.map((share) => Number((share * size).toPrecision(3)));
}

/** A dose replaces the number of the change: what it is of each kind. */
const IS: Record<EditHow, string> = {
  scale: "× the original activation",
  set: "activation that is set",
  add: "added to the activation",
  // Runs of older pages: their dose was set, as 0 would have been.
  ablate: "activation that is set",
};

/** What the numbers of a sweep of the dose are; what is put in is multiplied, too. */
export function doseWords(hows: readonly EditHow[], swap: unknown): string {
  const words = hows.map((how) => IS[how]);
  if (swap) words.push("× what is put in was there");
  return [...new Set(words)].join("; ");
}

/** Numbers as somebody wrote them, with commas; none if something there is no number. */
export function numbersOf(text: string): number[] {
  const words = text
    .replaceAll("−", "-")
    .split(/[\s,;]+/)
    .filter(Boolean);
  const numbers = words.map(Number);
  return numbers.every(Number.isFinite) ? numbers : [];
}

/** Said of a list that holds something else. */
export const NO_DOSES = "Write doses as numbers with commas, as 0, −1.";

/** Numbers below a chart. */
const TICKS = 10;

/** Numbers of an axis that are written below it: whole ones, if there are some, and not too many. */
export function ticksOf(at: readonly number[]): Set<number> {
  const whole = at.filter(Number.isInteger);
  const told = at.length >= TICKS && whole.length > 2 ? whole : at;
  const step = Math.ceil(told.length / TICKS);
  return new Set(told.filter((_, place) => place % step === 0));
}
