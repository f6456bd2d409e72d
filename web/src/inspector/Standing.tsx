// Where an activation stands among all of its feature's, in the heading: only an index knows.

import type { JSX } from "preact";
import { feature as askFeature, indexPath } from "../api/endpoints.ts";
import { quantileOf } from "../feature/shape.ts";
import { ordinal, spark } from "../feature/spark.ts";
import { featureOf } from "../file/answers.ts";
import { file } from "../file/file.ts";
import { useLoad } from "../ui/load.ts";
import { percent, raw } from "../ui/numbers.ts";
import type { Feature } from "../wire.ts";

interface StandingProps {
  set: string;
  layer: number;
  index: number;
  activation: number;
  /** Whether the graph knows how often it fires, and it is said already. */
  saysFrequency: boolean;
}

/** Walking with an arrow key held down asks for nothing on the way. */
const REST_MS = 120;
/** So long it is believed that a set has no index: asking for each node would be in vain. */
const AGAIN_MS = 60_000;
const without = new Map<string, number>();
const MOST_KEPT = 200;
const kept = new Map<string, Feature>();

async function find(props: StandingProps, signal: AbortSignal): Promise<Feature | null> {
  const { set, layer, index } = props;
  if (file) return featureOf(file, layer, index);
  const key = `${set} ${layer} ${index}`;
  const known = kept.get(key);
  if (known) return known;
  await new Promise((done) => setTimeout(done, REST_MS));
  if (signal.aborted || Date.now() - (without.get(set) ?? 0) < AGAIN_MS) return null;
  if ((await indexPath(set)) === null) {
    without.set(set, Date.now());
    return null;
  }
  const found = await askFeature(set, layer, index, signal);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, found);
  return found;
}

export function Standing(props: StandingProps): JSX.Element | null {
  const { set, layer, index, activation } = props;
  const { state } = useLoad((signal) => find(props, signal), [set, layer, index]);
  const load = state.value;
  // What failed is told by the tab of the feature, which can ask again.
  if (load.is !== "ready" || !load.value) return null;
  const { histogram, act_min, act_max, quantile_values, activation_frequency } = load.value;
  const share = quantileOf(activation, quantile_values);
  const [least, most] = [act_min ?? 0, act_max ?? 0];
  const words = `activations where it fires, ${raw(least)} to ${raw(most)}, heights logarithmic; this one is at the bar`;
  return (
    <>
      {histogram.length > 0 && (
        <span class="spark" role="img" aria-label={`Histogram: ${words}`} title={words}>
          {spark(histogram, least, most, activation)}
        </span>
      )}
      {share !== null && (
        <span title={`Above ${percent(share)} of its activations in the texts that were read`}>
          {ordinal(Math.round(share * 100))} <span class="muted">percentile of its firings</span>
        </span>
      )}
      {!props.saysFrequency && activation_frequency !== null && (
        <span>
          <span class="muted">fires on </span>
          {percent(activation_frequency)} of tokens
        </span>
      )}
    </>
  );
}
