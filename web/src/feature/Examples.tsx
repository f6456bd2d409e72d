// Texts on which a feature fires: the prompt at hand, then by group what was read; each cut around
// its strongest token or in full, wrapped or a line each, with or without the numbers.

import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { raw, tokenText } from "../ui/numbers.ts";
import { Chip, Segments } from "../ui/parts.tsx";
import type { ExampleGroup, ExampleRow } from "../wire.ts";
import { around, peakOf } from "./shape.ts";

/** Tokens on each side of the peak. */
const AROUND = 14;

/** How examples are shown stays from feature to feature. */
const whole = signal(false);
const numbers = signal(false);
const oneLine = signal(false);
const OPTIONS = [
  { is: whole, text: "whole context" },
  { is: numbers, text: "activations" },
  { is: oneLine, text: "one line each" },
];

export function Examples(props: {
  groups: readonly ExampleGroup[];
  most: number;
  /** The prompt of the graph at hand. */
  here: ExampleRow | undefined;
}): JSX.Element | null {
  const { groups, most, here } = props;
  const group = useSignal(0);
  const at = Math.min(group.value, groups.length - 1);
  const read = groups[at]?.examples ?? [];
  if (read.length === 0 && !here) return null;
  // Vocabularies of whole words have no spaces in them; those are then put between.
  const all = [...groups.flatMap((one) => one.examples), ...(here ? [here] : [])];
  const gap = all.some(({ tokens }) => tokens.some((token) => /\s/.test(token))) ? "" : " ";
  const tokensOf = (example: ExampleRow): JSX.Element => (
    <Tokens
      example={example}
      most={most}
      size={whole.value ? example.tokens.length : AROUND}
      gap={gap}
    />
  );
  return (
    <section class="stack">
      <div class="row">
        {groups.length > 0 && (
          <Segments
            label="Examples"
            value={String(at)}
            options={groups.map(({ quantile_name }, place) => ({
              value: String(place),
              text: quantile_name,
            }))}
            onChange={(place) => (group.value = Number(place))}
          />
        )}
        {OPTIONS.map(({ is, text }) => (
          <label key={text} class="check">
            <input
              type="checkbox"
              checked={is.value}
              onChange={(event) => (is.value = event.currentTarget.checked)}
            />
            {text}
          </label>
        ))}
      </div>
      {/* What scrolls sideways is reached by the keyboard. */}
      <ul
        class={`examples${oneLine.value ? " one-line" : ""}`}
        tabIndex={oneLine.value ? 0 : undefined}
      >
        {here && (
          <li>
            <Chip title="Where the feature is a node of this graph">this prompt</Chip>{" "}
            {tokensOf(here)}
          </li>
        )}
        {read.map((example, place) => (
          <li key={place} class={example.is_repeated_datapoint ? "faded" : ""}>
            {tokensOf(example)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A text around its strongest token, each token as strong as the feature fires on it. */
export function Tokens(props: {
  example: ExampleRow;
  most: number;
  size: number;
  gap: string;
}): JSX.Element {
  const { example, most, size, gap } = props;
  const { tokens, tokens_acts_list: acts } = example;
  const peak = peakOf(example);
  const { from, to } = around(tokens.length, peak, size);
  return (
    <>
      {from > 0 && "… "}
      {tokens.slice(from, to).map((token, offset) => {
        const act = acts[from + offset] ?? 0;
        const strength = most > 0 ? Math.round(Math.max(0, Math.min(1, act / most)) * 40) : 0;
        return (
          <span key={offset}>
            <span
              class={from + offset === peak ? "peak" : ""}
              title={act === 0 ? undefined : `activation ${raw(act)}`}
              style={
                strength > 0
                  ? { background: `color-mix(in srgb, var(--orange) ${strength}%, transparent)` }
                  : {}
              }
            >
              {tokenText(token)}
            </span>
            {numbers.value && act !== 0 && <sub class="number">{raw(act)}</sub>}
            {gap}
          </span>
        );
      })}
      {to < tokens.length && "…"}
    </>
  );
}
