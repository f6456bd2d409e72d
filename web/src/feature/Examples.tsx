// Texts on which a feature fires: by group, each cut around its strongest token or in full.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { raw, tokenText } from "../ui/numbers.ts";
import { Segments } from "../ui/parts.tsx";
import type { ExampleGroup, ExampleRow } from "../wire.ts";
import { around, peakOf } from "./shape.ts";

/** Tokens on each side of the peak. */
const AROUND = 14;

export function Examples(props: {
  groups: readonly ExampleGroup[];
  most: number;
}): JSX.Element | null {
  const { groups, most } = props;
  const group = useSignal(0);
  const whole = useSignal(false);
  const now = groups[Math.min(group.value, groups.length - 1)];
  if (!now) return null;
  // Vocabularies of whole words have no spaces in them; those are then put between.
  const spaced = groups.some((one) =>
    one.examples.some((example) => example.tokens.some((token) => /\s/.test(token))),
  );
  return (
    <section class="stack">
      <div class="row">
        <Segments
          label="Examples"
          value={String(Math.min(group.value, groups.length - 1))}
          options={groups.map(({ quantile_name }, at) => ({
            value: String(at),
            text: quantile_name,
          }))}
          onChange={(at) => (group.value = Number(at))}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={whole.value}
            onChange={(event) => (whole.value = event.currentTarget.checked)}
          />
          whole context
        </label>
      </div>
      <ul class="examples">
        {now.examples.map((example, at) => (
          <li key={at} class={example.is_repeated_datapoint ? "faded" : ""}>
            <Tokens
              example={example}
              most={most}
              size={whole.value ? example.tokens.length : AROUND}
              gap={spaced ? "" : " "}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tokens(props: {
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
            {gap}
          </span>
        );
      })}
      {to < tokens.length && "…"}
    </>
  );
}
