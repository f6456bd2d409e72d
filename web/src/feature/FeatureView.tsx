// A feature's dashboard: when it fires, on what, and what it writes towards.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLoad } from "../ui/load.ts";
import { percent, raw, tokenText } from "../ui/numbers.ts";
import { Bar, Failure, Segments, Skeleton } from "../ui/parts.tsx";
import { type Example, type FeatureJson, feature } from "./shape.ts";

export function FeatureView(props: { model: string; layer: number; index: number }): JSX.Element {
  const { model, layer, index } = props;
  const { state, again } = useLoad(
    (signal) => feature(model, layer, index, signal),
    [model, layer, index],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={5} label="Loading the feature" />;
  if (load.is === "failed") {
    return <Failure what="Nothing was collected for this feature" why={load.why} again={again} />;
  }
  return <Dashboard value={load.value} />;
}

function Dashboard({ value }: { value: FeatureJson }): JSX.Element {
  const group = useSignal(0);
  const groups = value.examples_quantiles;
  const now = groups[Math.min(group.value, groups.length - 1)];
  const most = value.act_max ?? 1;
  return (
    <div class="stack">
      <p class="facts">
        {value.label && (
          <span>
            {value.label} <small>label: {value.label_source ?? "automatic"}</small>
          </span>
        )}
        {value.activation_frequency !== undefined && (
          <span>fires on {percent(value.activation_frequency)} of tokens</span>
        )}
        <span>largest activation {raw(most)}</span>
      </p>
      {value.histogram && value.histogram.length > 0 && (
        <Histogram bins={value.histogram} most={most} />
      )}
      <div class="two-lists">
        <Logits
          title="Raises"
          texts={value.top_logits}
          values={value.top_logits_values}
          tone="positive"
        />
        <Logits
          title="Lowers"
          texts={value.bottom_logits}
          values={value.bottom_logits_values}
          tone="negative"
        />
      </div>
      {groups.length > 0 && (
        <Segments
          label="Examples"
          value={String(group.value)}
          options={groups.map(({ quantile_name }, at) => ({
            value: String(at),
            text: quantile_name,
          }))}
          onChange={(at) => (group.value = Number(at))}
        />
      )}
      <ul class="examples">
        {now?.examples.map((example, at) => (
          <li key={at} class={example.is_repeated_datapoint ? "faded" : ""}>
            <Tokens example={example} most={most} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const AROUND = 14;

/** An example centred on its strongest token. */
function Tokens({ example, most }: { example: Example; most: number }): JSX.Element {
  const { tokens, tokens_acts_list: acts } = example;
  const peak = acts.indexOf(Math.max(...acts));
  const from = Math.max(0, peak - AROUND);
  return (
    <>
      {from > 0 && "…"}
      {tokens.slice(from, peak + AROUND).map((token, offset) => {
        const act = acts[from + offset] ?? 0;
        const strength = most > 0 ? Math.round(Math.max(0, Math.min(1, act / most)) * 80) : 0;
        return (
          <span
            key={offset}
            class={from + offset === peak ? "peak" : ""}
            title={act > 0 ? `activation ${raw(act)}` : undefined}
            style={
              strength > 0
                ? { background: `color-mix(in srgb, var(--orange) ${strength / 2}%, transparent)` }
                : {}
            }
          >
            {tokenText(token)}
          </span>
        );
      })}
    </>
  );
}

function Logits(props: {
  title: string;
  texts: string[] | undefined;
  values: number[] | undefined;
  tone: string;
}): JSX.Element | null {
  const { texts = [], values } = props;
  if (texts.length === 0) return null;
  const most = Math.max(1e-9, ...(values ?? [1]).map(Math.abs));
  return (
    <section>
      <h3>{props.title}</h3>
      <ul class="split-list">
        {texts.slice(0, 10).map((text, at) => (
          <li key={at}>
            <span class="clip">{tokenText(text)}</span>
            {values && <Bar share={Math.abs(values[at] ?? 0) / most} tone={props.tone} />}
            {values && <span class="number">{raw(values[at] ?? 0)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Histogram({ bins, most }: { bins: number[]; most: number }): JSX.Element {
  const highest = Math.max(1, ...bins.map((n) => Math.log1p(n)));
  return (
    <figure>
      <svg
        class="histogram"
        viewBox={`0 0 ${bins.length * 4} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label="Histogram of activations, logarithmic"
      >
        {bins.map((n, at) => {
          const height = (Math.log1p(n) / highest) * 40;
          return <rect key={at} x={at * 4} y={40 - height} width="3.2" height={height} />;
        })}
      </svg>
      <figcaption class="note">
        activations from 0 to {raw(most)}; heights are logarithmic
      </figcaption>
    </figure>
  );
}
