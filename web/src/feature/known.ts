// What speaks against a feature, and what its index does not have: said, not left out.

import { count } from "../ui/numbers.ts";
import type { Feature, TogetherRow } from "../wire.ts";

/** From so much of either's tokens on which both fire, two features may be one. */
const MOST_OF_EITHER = 0.9;

export interface Doubts {
  /** Why it says nothing of this text; `null` if it fired, or if nobody knows. */
  dead: string | null;
  /** Features that fire nearly always when it does, and hardly else. */
  twins: readonly TogetherRow[];
}

export function doubtsOf({ more }: Pick<Feature, "more">): Doubts {
  const { n_tokens } = more.index;
  const isDead = n_tokens > 0 && more.fired === 0;
  return {
    dead: isDead ? `It never fired on the ${count(n_tokens)} tokens that were read.` : null,
    twins: more.fires_with.filter(({ jaccard }) => jaccard >= MOST_OF_EITHER),
  };
}

/** What an index of this feature lacks. */
export function lackingOf(feature: Feature): string[] {
  const { more, histogram, quantile_values, top_logits_values, top_logits } = feature;
  const isImported = more.index.n_tokens === 0;
  const lacking: string[] = [];
  if (isImported) {
    lacking.push("how much text was read, so that nothing tells whether it is dead");
    lacking.push("on which tokens it fires together with others (Jaccard, PMI, TWERA)");
  }
  if (feature.activation_frequency === null) lacking.push("how often it fires");
  if (feature.examples_quantiles.length > 0 && histogram.length + quantile_values.length === 0) {
    lacking.push("how its activations are spread");
  }
  if (top_logits.length > 0 && top_logits_values.length === 0) {
    lacking.push("by how much it raises logits");
  }
  lacking.push("whether another's decoder points the same way");
  return lacking;
}
