// Feature JSON as the reference tracer's frontends read it (docs/formats.md), with our additions.

import { json } from "../api/client.ts";

export interface Example {
  tokens: string[];
  tokens_acts_list: number[];
  train_token_ind?: number;
  is_repeated_datapoint?: boolean;
}

export interface FeatureJson {
  index: number;
  label?: string | null;
  label_source?: string | null;
  top_logits?: string[];
  bottom_logits?: string[];
  top_logits_values?: number[];
  bottom_logits_values?: number[];
  act_min?: number;
  act_max?: number;
  histogram?: number[];
  activation_frequency?: number;
  examples_quantiles: { quantile_name: string; examples: Example[] }[];
}

export function feature(model: string, layer: number, index: number, signal?: AbortSignal) {
  return json<FeatureJson>(`/api/features/${encodeURIComponent(model)}/${layer}/${index}`, {
    signal,
  });
}
