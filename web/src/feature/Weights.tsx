// What acts on a feature and what it acts on, without any prompt: computed when asked for, as all
// features of the dictionary are read.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { featureWeights } from "../api/endpoints.ts";
import { nameText } from "../graph/names.ts";
import { useLoad } from "../ui/load.ts";
import { count, raw } from "../ui/numbers.ts";
import { Failure, Segments, Skeleton } from "../ui/parts.tsx";
import type { FeatureSide, WeightRow } from "../wire.ts";
import { featureId, featureUrl } from "./shape.ts";

interface Props {
  set: string;
  layer: number;
  index: number;
}

type Order = "twera" | "weight";

export function Weights(props: Props): JSX.Element {
  const open = useSignal(false);
  return (
    <details
      onToggle={(event) => {
        open.value ||= event.currentTarget.open;
      }}
    >
      <summary>Weights to and from other features</summary>
      {open.value && <Sides {...props} />}
    </details>
  );
}

function Sides({ set, layer, index }: Props): JSX.Element {
  const { state, again } = useLoad(
    (signal) => featureWeights(set, layer, index, signal),
    [set, layer, index],
  );
  const order = useSignal<Order>("twera");
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={4} label="Computing weights" />;
  if (load.is === "failed") {
    return <Failure what="Weights could not be computed" why={load.why} again={again} />;
  }
  const { inputs, outputs } = load.value;
  const known = inputs.by_twera !== null;
  const by = known ? order.value : "weight";
  return (
    <div class="stack">
      {known && (
        <Segments<Order>
          label="Sorted by"
          value={by}
          options={[
            { value: "twera", text: "TWERA", title: "where both fire, as a share of the target" },
            { value: "weight", text: "virtual weight", title: "without regard to what fires" },
          ]}
          onChange={(to) => (order.value = to)}
        />
      )}
      <div class="two-lists">
        <Side set={set} title="Act on it" side={inputs} by={by} />
        <Side set={set} title="It acts on" side={outputs} by={by} />
      </div>
      <p class="note">
        Through the stream alone, at the same token: attention and the denominators of norms are
        left out.
        {by === "twera" &&
          " TWERA is the weight times E[a b] over E[b], of the source's activation a and the target's b; it leaves out features that keep each other from firing."}
      </p>
    </div>
  );
}

function Side(props: { set: string; title: string; side: FeatureSide; by: Order }): JSX.Element {
  const { set, side, by } = props;
  const rows = by === "twera" ? (side.by_twera ?? []) : side.by_weight;
  const nameOf = ({ label, label_source }: WeightRow): string | undefined =>
    label ? nameText(label, label_source) : undefined;
  return (
    <section>
      <h3>{props.title}</h3>
      {rows.length === 0 && (
        <p class="muted">
          {side.by_weight.length === 0
            ? "No layer is on this side."
            : "None is known to fire with it."}
        </p>
      )}
      <ul class="split-list">
        {rows.map((row) => (
          <li key={featureId(row)}>
            <a class="clip" href={featureUrl(set, row)} title={nameOf(row)}>
              {featureId(row)}
            </a>
            <span class="grow clip muted">{nameOf(row)}</span>
            <span class="number" title={title(row)}>
              {raw(by === "twera" ? (row.twera ?? 0) : row.weight)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function title(row: WeightRow): string {
  const parts = [`weight ${raw(row.weight)}`];
  if (row.twera !== null && row.twera_at_most !== null) {
    const exact = row.twera === row.twera_at_most;
    parts.push(`TWERA ${raw(row.twera)}${exact ? "" : ` to ${raw(row.twera_at_most)}`}`);
  }
  if (row.together !== null) parts.push(`both fire on ${count(row.together)} tokens`);
  return parts.join("; ");
}
