// A feature's dashboard: when it fires, on what, and what it writes towards.

import type { JSX } from "preact";
import { ApiError } from "../api/client.ts";
import { feature as askFeature, featureLabel, featureSets } from "../api/endpoints.ts";
import { file } from "../file/file.ts";
import { useLoad } from "../ui/load.ts";
import { count, percent, raw } from "../ui/numbers.ts";
import { Failure, Skeleton } from "../ui/parts.tsx";
import type { ExampleRow, Feature, FeatureLabel, FeatureSet } from "../wire.ts";
import { Doubts } from "./Doubts.tsx";
import { Examples } from "./Examples.tsx";
import { Histogram } from "./Histogram.tsx";
import { lackingOf } from "./known.ts";
import { Effects, FiresWith } from "./Lists.tsx";
import { NameRow } from "./NameRow.tsx";
import { NoIndex } from "./NoIndex.tsx";
import { named } from "./naming.ts";
import { whyNoFeature } from "./shape.ts";
import { Weights } from "./Weights.tsx";
import { Writes } from "./Writes.tsx";

interface Props {
  set: string;
  layer: number;
  index: number;
  /** The prompt of the graph at hand; where it stands is marked in the histogram. */
  here?: ExampleRow;
}

/** What is there: the feature, or its name alone where the set has no index. */
type Found = { feature: Feature } | { without: FeatureSet; label: FeatureLabel };

async function find(props: Props, signal: AbortSignal): Promise<Found> {
  try {
    return { feature: await askFeature(props.set, props.layer, props.index, signal) };
  } catch (failure) {
    if (!(failure instanceof ApiError) || failure.status !== 404) throw failure;
    // No feature, or no index: the list of sets tells which.
    const { sets } = await featureSets(signal);
    const set = sets.find((one) => one.name === props.set);
    const whyNot = set && whyNoFeature(set, props);
    if (whyNot) throw new ApiError(whyNot, null, 404);
    if (!set || set.index) throw failure;
    const label = await featureLabel(props.set, props.layer, props.index, signal);
    return { without: set, label };
  }
}

export function FeatureView(props: Props): JSX.Element {
  const { set, layer, index } = props;
  const { state, again } = useLoad(
    (signal) => find(props, signal),
    [set, layer, index],
    [named.value],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={5} label="Loading the feature" />;
  if (load.is === "failed") {
    return <Failure what="The feature could not be shown" why={load.why} again={again} />;
  }
  if ("without" in load.value) {
    const { without, label } = load.value;
    return (
      <div class="stack">
        <NameRow
          set={set}
          id={{ layer, index }}
          named={label}
          none="No name yet."
          isBesideGraph={props.here !== undefined}
        />
        <NoIndex set={without} again={again} />
        {!props.here && <Writes set={set} layer={layer} index={index} />}
      </div>
    );
  }
  return <Dashboard {...props} value={load.value.feature} />;
}

function Dashboard({ set, here, value }: Props & { value: Feature }): JSX.Element {
  const { more } = value;
  const most = value.act_max ?? 1;
  const least = value.act_min ?? 0;
  return (
    <div class="stack feature">
      <NameRow
        set={set}
        id={{ layer: more.layer, index: value.index }}
        named={value}
        none="No name: nothing stands out in where it fires and what it says."
        isBesideGraph={here !== undefined}
      />
      <Doubts set={set} value={value} />
      {!(most === 0 && more.fired === 0 && value.examples_quantiles.length === 0) && (
        <p class="facts">
          {value.activation_frequency !== null && (
            <span>
              fires on {percent(value.activation_frequency)} of tokens
              {more.fired > 0 && ` (${count(more.fired)})`}
            </span>
          )}
          {more.fired > 0 && <span>mean activation {raw(more.mean)}</span>}
          <span>largest {raw(most)}</span>
        </p>
      )}
      {value.histogram.length > 0 && (
        <Histogram
          bins={value.histogram}
          least={least}
          most={most}
          quantiles={value.quantile_values}
          here={here?.tokens_acts_list[here.train_token_ind]}
        />
      )}
      <div class="two-lists">
        <Effects
          title="Raises the logits of"
          texts={value.top_logits}
          values={value.top_logits_values}
          tone="positive"
        />
        <Effects
          title="Lowers the logits of"
          texts={value.bottom_logits}
          values={value.bottom_logits_values}
          tone="negative"
        />
        <Effects
          title="Embeddings that raise it"
          texts={more.top_inputs.map((one) => one.token)}
          values={values(more.top_inputs)}
          tone="positive"
        />
        <Effects
          title="Embeddings that lower it"
          texts={more.bottom_inputs.map((one) => one.token)}
          values={values(more.bottom_inputs)}
          tone="negative"
        />
      </div>
      {/* Beside a graph one walks on, and its decoder would be read at every step. */}
      {!here && !file && <Writes set={set} layer={more.layer} index={value.index} />}
      <Examples groups={value.examples_quantiles} most={most} here={here} />
      <FiresWith set={set} rows={more.fires_with} />
      {!file && <Weights set={set} layer={more.layer} index={value.index} />}
      <p class="note">
        {more.index.n_tokens > 0
          ? `From ${count(more.index.n_tokens)} tokens in ${count(more.index.n_sequences)} sequences, collected with ${more.index.model}.`
          : "Imported: how much text was read is not known."}{" "}
        Logits and embeddings are per unit, without the denominators of norms. Not in the index:{" "}
        {lackingOf(value).join("; ")}.
      </p>
    </div>
  );
}

/** Values of all, or none if one is not known. */
function values(rows: readonly { value: number | null }[]): number[] {
  const known = rows.flatMap((row) => (row.value === null ? [] : [row.value]));
  return known.length === rows.length ? known : [];
}
