// The end of the held layers at which the outputs changed most, for the form.

import type { Run, SweepResult } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { fillIn } from "./again.ts";
import { plan } from "./plan.ts";

/** Of a sweep of the end: the layer before which the range ends, and the divergence there. */
export function bestEnd(
  sweep: Pick<SweepResult, "varies" | "points"> | null,
): { end: number; kl: number } | null {
  if (sweep?.varies !== "end_layer") return null;
  let best: { end: number; kl: number } | null = null;
  for (const { value, shift } of sweep.points) {
    // Of equals the first: the fewest layers are held.
    if (best === null || shift.kl_nats > best.kl) best = { end: value, kl: shift.kl_nats };
  }
  return best;
}

/** Fills the form with the test as one run that ends there. */
export function takeEnd(work: Workspace, run: Pick<Run, "ask" | "number">, end: number): void {
  fillIn(work, run);
  plan.value = { ...plan.peek(), layerTo: end - 1, sweep: "none" };
}
