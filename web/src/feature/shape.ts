// Features as addresses and names, and what their numbers look like. No request is made here.

import { KIND, type Pack } from "../graph/pack.ts";
import type { ExampleRow, FeatureName, FeatureSet } from "../wire.ts";

/** The address of a feature's page. */
export function featureUrl(set: string, { layer, index }: FeatureName): string {
  return `/f/${encodeURIComponent(set)}/${layer}/${index}`;
}

/** The address of a new probe of some features. */
export function probeUrl(set: string, features: readonly FeatureName[]): string {
  const query = new URLSearchParams({ model: set });
  if (features.length > 0) query.set("features", features.map(featureId).join(","));
  return `/probe?${query.toString()}`;
}

/** `L2/370`, as the command line writes it. */
export function featureId({ layer, index }: FeatureName): string {
  return `L${layer}/${index}`;
}

/** Why a dictionary has no such feature; `null` if it has it. */
export function whyNoFeature(
  { dictionary, n_layers, n_features }: Pick<FeatureSet, "dictionary" | "n_layers" | "n_features">,
  { layer, index }: FeatureName,
): string | null {
  if (layer < n_layers && index < n_features) return null;
  const last = featureId({ layer: n_layers - 1, index: n_features - 1 });
  return `${dictionary} has no feature ${featureId({ layer, index })}: its last is ${last}`;
}

/** Features of a list as `L2/370, 3/1`; `null` if a part of it is none. */
export function readFeatures(text: string): FeatureName[] | null {
  const found: FeatureName[] = [];
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const match = /^L?(\d{1,9})\/(\d{1,9})$/i.exec(part);
    if (!match) return null;
    found.push({ layer: Number(match[1]), index: Number(match[2]) });
  }
  return found;
}

/** The part of an example around its peak: where it starts, and where it ends. */
export function around(nTokens: number, peak: number, size: number): { from: number; to: number } {
  return { from: Math.max(0, peak - size), to: Math.min(nTokens, peak + size + 1) };
}

/** Where an example fires most: as its writer says, or else where it is strongest. */
export function peakOf(example: { tokens_acts_list: number[]; train_token_ind: number }): number {
  const { tokens_acts_list: acts, train_token_ind: stated } = example;
  if (stated >= 0 && stated < acts.length) return stated;
  return acts.reduce((best, act, at) => (act > acts[best] ? at : best), 0);
}

/** A graph's prompt as an example of one of its features, as far as its activations are nodes. */
export function promptExample(
  { kind, layer, pos, feature, activation }: Pack,
  tokens: readonly string[],
  node: number,
): ExampleRow {
  const acts = tokens.map(() => 0);
  kind.forEach((one, other) => {
    const same = layer[other] === layer[node] && feature[other] === feature[node];
    if (one === KIND.feature && same) acts[pos[other]] = activation[other];
  });
  return {
    tokens: [...tokens],
    tokens_acts_list: acts,
    train_token_ind: pos[node],
    is_repeated_datapoint: false,
  };
}

/** The quantile that an activation lies at, from 0 to 1; `null` if none are known. */
export function quantileOf(value: number, quantiles: readonly number[]): number | null {
  if (quantiles.length < 2) return null;
  const below = quantiles.filter((one) => one <= value).length;
  return Math.max(0, Math.min(1, (below - 1) / (quantiles.length - 1)));
}
