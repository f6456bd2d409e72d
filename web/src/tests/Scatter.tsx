// Predicted against measured, a point for each edge that was tested. The matrix has the same
// numbers as a table; here one sees at once whether they lie on the line.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { counted } from "../ui/numbers.ts";
import type { VerdictName } from "../wire.ts";
import { change, nearestPoint, type Point, pointWords, rangeOf } from "./scatter.ts";

const SIZE = { width: 340, height: 300, left: 52, bottom: 40, top: 8, right: 8 };
const WIDE = SIZE.width - SIZE.left - SIZE.right;
const HIGH = SIZE.height - SIZE.top - SIZE.bottom;
/** The pointer finds a point from so far, in the chart's pixels. */
const REACH = 14;
/** Marks beside colours, which alone would not do: full, open, crossed. */
const SHAPES: Record<VerdictName, string> = {
  supported: "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0Z",
  weak: "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0Z",
  contradicted: "M-3.5-3.5 3.5 3.5M-3.5 3.5 3.5-3.5",
};
const VERDICTS: readonly VerdictName[] = ["supported", "weak", "contradicted"];
const STEPS: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
const UNIT = "change as a share of the original";

export function Scatter({ points }: { points: readonly Point[] }): JSX.Element | null {
  const at = useSignal(-1);
  if (points.length === 0) return null;
  const { low, high } = rangeOf(points);
  const x = (value: number): number => SIZE.left + ((value - low) / (high - low)) * WIDE;
  const y = (value: number): number => SIZE.top + (1 - (value - low) / (high - low)) * HIGH;
  // Another dose has other points.
  const chosen = points[at.value];
  const onPoint = (event: PointerEvent): void => {
    const area = (event.currentTarget as Element).getBoundingClientRect();
    const scale = SIZE.width / area.width;
    const across = ((event.clientX - area.left) * scale - SIZE.left) / WIDE;
    const up = 1 - ((event.clientY - area.top) * scale - SIZE.top) / HIGH;
    const [predicted, measured] = [across, up].map((share) => low + share * (high - low));
    // Both axes have the range, and not the pixels: the reach is that of the narrower one.
    at.value = nearestPoint(points, { predicted, measured }, (REACH / HIGH) * (high - low));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const from = chosen ? at.value : step > 0 ? -1 : points.length;
    at.value = Math.max(0, Math.min(points.length - 1, from + step));
  };
  return (
    <figure class="chart scatter">
      <figcaption>
        Measured over predicted, {counted(points.length, "edge")}: on the line the model did what
        the graph says
      </figcaption>
      <svg
        viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
        role="group"
        tabindex={0}
        data-arrows
        aria-label={`Measured over predicted, each a ${UNIT}. Arrow keys step through the edges; the matrix has the same numbers.`}
        onPointerMove={onPoint}
        onPointerDown={onPoint}
        onKeyDown={onKeyDown}
      >
        <path class="grid" d={`M${SIZE.left} ${y(0)}h${WIDE}M${x(0)} ${SIZE.top}v${HIGH}`} />
        <path class="identity" d={`M${x(low)} ${y(low)}L${x(high)} ${y(high)}`} />
        {ticks(low, high).map((value) => (
          <g key={value}>
            <text x={SIZE.left - 6} y={y(value) + 4} class="tick end">
              {value === 0 ? "0" : change(value)}
            </text>
            <text x={x(value)} y={SIZE.height - 24} class="tick middle">
              {value === 0 ? "0" : change(value)}
            </text>
          </g>
        ))}
        <text x={SIZE.left + WIDE / 2} y={SIZE.height - 7} class="tick middle">
          predicted {UNIT}
        </text>
        <text class="tick middle" transform={`translate(10 ${SIZE.top + HIGH / 2}) rotate(-90)`}>
          measured {UNIT}
        </text>
        {points.map((point, place) => (
          <path
            key={place}
            class={`dot ${point.verdict}`}
            d={SHAPES[point.verdict]}
            transform={`translate(${x(point.predicted).toFixed(1)} ${y(point.measured).toFixed(1)})`}
          />
        ))}
        {chosen && (
          <circle class="dot-ring" cx={x(chosen.predicted)} cy={y(chosen.measured)} r="7.5" />
        )}
      </svg>
      <ul class="chart-legend">
        {VERDICTS.map((verdict) => (
          <li key={verdict}>
            <svg viewBox="-6 -6 12 12" class="dot-key" aria-hidden="true">
              <path class={`dot ${verdict}`} d={SHAPES[verdict]} />
            </svg>
            {verdict}
          </li>
        ))}
        <li>dashed: as predicted</li>
      </ul>
      <p class="note" role="status">
        {chosen ? pointWords(chosen) : "Point at a mark to see which edge it is."}
      </p>
    </figure>
  );
}

/** The ends and 0, where they do not stand on each other. */
function ticks(low: number, high: number): number[] {
  const apart = (high - low) * 0.14;
  return [low, 0, high].filter(
    (value) => value === 0 || Math.min(Math.abs(value), high - low) > apart,
  );
}
