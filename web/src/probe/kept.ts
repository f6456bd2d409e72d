// Which of the kept probes say something of one feature, and which of them is shown.

import { featureId } from "../feature/shape.ts";
import type { FeatureName, Probe, ProbeAsk, ProbedFeature, ProbeRow } from "../wire.ts";

/** A probe of the feature's dictionary: it has the numbers of all that fires. */
export interface InProbe {
  probe: Probe;
  /** What the probe found of the feature; null if it did not judge it. */
  found: ProbedFeature | null;
}

/** Those of a dictionary: one of another digest has other features, whatever it is called. */
export function ofDictionary(
  rows: readonly ProbeRow[],
  dictionary: string | null,
  digest: string | null,
): ProbeRow[] {
  const isOf = (row: ProbeRow): boolean =>
    row.dictionary === dictionary && (digest === null || row.dictionary_digest === digest);
  return rows.filter(isOf);
}

/** Those that judged the feature first; the newest first among each. */
export function inProbes(probes: readonly Probe[], feature: FeatureName): InProbe[] {
  const name = featureId(feature);
  return probes
    .map((probe) => ({ probe, found: probe.features.find((f) => featureId(f) === name) ?? null }))
    .sort(
      (a, b) =>
        Number(b.found !== null) - Number(a.found !== null) || b.probe.number - a.probe.number,
    );
}

/** The one that a person chose, as long as it is there; else the first. */
export function shownOf(all: readonly InProbe[], wanted: number | null): InProbe | null {
  return all.find(({ probe }) => probe.number === wanted) ?? all[0] ?? null;
}

/** Why a probe has no class for a feature. */
export function whyNotJudged({ features, min_cells }: ProbeAsk): string {
  if (features.length > 0) {
    return `This probe judged no features but ${features.map(featureId).join(", ")}.`;
  }
  return `This probe did not judge it: it fires on fewer than ${min_cells} cells.`;
}

/** The same probe for one feature, with the model of a set. */
export function askFor(probe: Probe, model: string, { layer, index }: FeatureName): ProbeAsk {
  return { ...probe.ask, model, features: [{ layer, index }] };
}
