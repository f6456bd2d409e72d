// How a feature's activations are spread, with where it stands in the graph at hand.

import type { JSX } from "preact";
import { percent, raw } from "../ui/numbers.ts";
import { quantileOf } from "./shape.ts";

const HEIGHT = 44;

interface Props {
  bins: readonly number[];
  least: number;
  most: number;
  quantiles: readonly number[];
  here?: number | undefined;
}

export function Histogram({ bins, least, most, quantiles, here }: Props): JSX.Element {
  const highest = Math.max(...bins.map((n) => Math.log1p(n)), 1e-9);
  const width = bins.length * 4;
  const share = here === undefined ? null : quantileOf(here, quantiles);
  const median = quantiles[Math.floor(quantiles.length / 2)];
  const x = here === undefined || most <= least ? null : (width * (here - least)) / (most - least);
  const words = [
    `activations where it fires, ${raw(least)} to ${raw(most)}`,
    median !== undefined && `half of them below ${raw(median)}`,
    here !== undefined &&
      `here ${raw(here)}${share === null ? "" : `, above ${percent(share)} of them`}`,
  ];
  const text = words.filter(Boolean).join("; ");
  return (
    <figure>
      <svg
        class="histogram"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram: ${text}. Heights are logarithmic.`}
      >
        {bins.map((n, at) => {
          const height = (Math.log1p(n) / highest) * HEIGHT;
          return <rect key={at} x={at * 4} y={HEIGHT - height} width="3.2" height={height} />;
        })}
        {x !== null && (
          <line
            class="here"
            x1={Math.max(0, Math.min(width, x))}
            x2={Math.max(0, Math.min(width, x))}
            y1="0"
            y2={HEIGHT}
          />
        )}
      </svg>
      <figcaption class="note">{text}; heights are logarithmic</figcaption>
    </figure>
  );
}
