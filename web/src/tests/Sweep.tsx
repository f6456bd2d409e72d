// A sweep as lines: outputs, groups and targets over the dose, the end layer or the position.

import type { JSX } from "preact";
import { useMore } from "../ui/more.tsx";
import { count, percent, plain, signedRaw } from "../ui/numbers.ts";
import { Csv } from "../ui/save.tsx";
import type { GroupEffect, SweepResult } from "../wire.ts";
import { ticksOf } from "./doses.ts";
import { type Line, linesOf } from "./lines.ts";
import { sweepTable } from "./tables.ts";

const SIZE = { width: 420, height: 186, left: 46, bottom: 42, top: 8, right: 8 };
/** Lines of a chart at first: more are hard to tell apart. */
const MOST = { outputs: 4, groups: 5, targets: 5 };
/** Marks at points: dashes say that a line is predicted, and colour alone would not do. */
const MARKS = [
  "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
  "M-2.7-2.7h5.4v5.4h-5.4Z",
  "M0-3.4 3.2 2.6H-3.2Z",
  "M0-3.8 3.8 0 0 3.8-3.8 0Z",
  "M0 3.4 3.2-2.6H-3.2Z",
];
const COLOURS = 5;
/** The least distance of two marks of a line, and of two numbers of the scale. */
const APART = 12;

interface SweepProps {
  sweep: SweepResult;
  groups: GroupEffect[];
  /** What a dose is. */
  dose: string;
  /** How the file of its numbers begins. */
  file: string;
}

export function Sweep({ sweep, groups, dose, file }: SweepProps): JSX.Element {
  const { outputs, groups: moved, targets } = linesOf(sweep, groups);
  const at = sweep.points.map((point) => point.value);
  const ofOutputs = useMore(outputs.lines, MOST.outputs);
  const ofGroups = useMore(moved.lines, MOST.groups);
  const ofTargets = useMore(targets.lines, MOST.targets);
  const varies = sweep.varies.replace("_", " ");
  const axis = sweep.varies === "dose" ? dose : varies;
  const some = (shown: More, all: readonly Line[], what: string): string =>
    shown.rows.length < all.length ? `${shown.rows.length} of ${count(all.length)} ${what}` : what;
  const charts = [
    {
      of: "outputs",
      title: `Probability of ${some(ofOutputs, outputs.lines, "outputs")} over the ${varies}`,
      lines: ofOutputs,
      number: percent,
    },
    {
      of: "groups",
      title: `Activation of ${some(ofGroups, moved.lines, "groups")} over the ${varies}, as a ${moved.unit}`,
      lines: ofGroups,
      number: percent,
    },
    {
      of: "targets",
      title: `Change of ${some(ofTargets, targets.lines, "explained outputs")} over the ${varies}, in units of the logit less the mean`,
      lines: ofTargets,
      number: signedRaw,
    },
  ];
  return (
    <>
      <div class="two-lists">
        {charts.map(
          ({ of, ...chart }) =>
            chart.lines.rows.length > 0 && <Chart key={of} {...chart} axis={axis} at={at} />,
        )}
      </div>
      <p class="row note">
        {sweep.partial && `${sweep.points.length} of ${sweep.n_points} points were measured.`}
        <span>The sweep, all of its lines:</span>
        <Csv
          name={`${file}-sweep`}
          table={() => sweepTable(sweep, groups, axis === varies ? axis : `${varies} (${axis})`)}
        />
      </p>
    </>
  );
}

type More = ReturnType<typeof useMore<Line>>;

interface Points {
  /** What they are. */
  axis: string;
  at: readonly number[];
  number: (value: number) => string;
}

interface ChartProps extends Points {
  title: string;
  lines: More;
}

function Chart({ title, axis, at, lines: { rows: lines, more }, number }: ChartProps): JSX.Element {
  const ticks = ticksOf(at);
  const all = lines
    .flatMap((line) => [...line.measured, ...(line.predicted ?? [])])
    .filter((value) => value !== null);
  const low = Math.min(0, ...all);
  const high = Math.max(low < 0 ? 0 : 1e-9, ...all);
  const first = at[0] ?? 0;
  const span = (at.at(-1) ?? 1) - first || 1;
  const x = (value: number): number =>
    SIZE.left + ((value - first) / span) * (SIZE.width - SIZE.left - SIZE.right);
  const y = (value: number): number =>
    SIZE.top + (1 - (value - low) / (high - low)) * (SIZE.height - SIZE.top - SIZE.bottom);
  const places = (values: Line["measured"]): readonly (string | null)[] =>
    values.map((value, place) =>
      value === null ? null : `${x(at[place]).toFixed(1)} ${y(value).toFixed(1)}`,
    );
  const scale = [low, high, 0].filter(
    (value, place) => place < 2 || Math.min(y(low) - y(value), y(value) - y(high)) > APART,
  );
  const step = Math.ceil((at.length * APART) / (SIZE.width - SIZE.left));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label={`${title}: ${axis}`}>
        {scale.map((value) => (
          <g key={value}>
            <line
              x1={SIZE.left}
              x2={SIZE.width - SIZE.right}
              y1={y(value)}
              y2={y(value)}
              class="grid"
            />
            <text x={SIZE.left - 6} y={y(value) + 4} class="tick end">
              {value === 0 ? "0" : number(value)}
            </text>
          </g>
        ))}
        {at.map((value) => (
          <text key={value} x={x(value)} y={SIZE.height - 24} class="tick middle">
            {ticks.has(value) ? plain(value) : ""}
          </text>
        ))}
        <text x={SIZE.width - SIZE.right} y={SIZE.height - 7} class="tick end">
          {axis}
        </text>
        {lines.map((line, place) => (
          <g key={place}>
            {line.predicted && <Drawn place={place} at={places(line.predicted)} step={0} />}
            <Drawn place={place} at={places(line.measured)} step={step} />
          </g>
        ))}
      </svg>
      <ul class="chart-legend">
        {lines.map((line, place) => (
          <li key={place}>
            <Swatch place={place} step={2} />
            {line.name}
          </li>
        ))}
        {lines.some((line) => line.predicted) && (
          <li>
            <Swatch place={0} step={0} />
            dashed: what the graph predicts
          </li>
        )}
        {more && <li>{more}</li>}
      </ul>
      <AsTable title={title} axis={axis} at={at} lines={lines} number={number} />
    </figure>
  );
}

/** A line through places, broken where there is none; with marks it is measured, else predicted. */
function Drawn(props: {
  place: number;
  at: readonly (string | null)[];
  /** Every so many points a mark; none at 0. */
  step: number;
}): JSX.Element {
  const { place, at, step } = props;
  const look = `line line-${place % COLOURS}`;
  const path = at
    .map((one, point) => one && `${point > 0 && at[point - 1] ? "L" : "M"}${one}`)
    .join("");
  const mark = MARKS[(place + Math.floor(place / COLOURS)) % MARKS.length];
  return (
    <>
      <path d={path} class={step === 0 ? `${look} predicted` : look} />
      {at.map(
        (one, point) =>
          one &&
          point % step === step >> 1 && (
            <path key={point} d={mark} transform={`translate(${one})`} class={`${look} point`} />
          ),
      )}
    </>
  );
}

function Swatch({ place, step }: { place: number; step: 0 | 2 }): JSX.Element {
  return (
    <svg viewBox="0 0 24 8" aria-hidden="true">
      <Drawn place={place} at={["0 4", "12 4", "24 4"]} step={step} />
    </svg>
  );
}

/** The numbers of a chart, for everyone who prefers to read. */
function AsTable(props: Points & { title: string; lines: readonly Line[] }): JSX.Element {
  const { title, axis, at, lines, number } = props;
  const columns = lines.flatMap(({ name, measured, predicted }) =>
    predicted
      ? [
          { name: `${name}, predicted`, values: predicted },
          { name: `${name}, measured`, values: measured },
        ]
      : [{ name, values: measured }],
  );
  return (
    <details>
      <summary>As a table</summary>
      {/* Nothing in it takes the focus, without which a wide table is not scrolled by keys. */}
      <div class="matrix-scroll" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">{axis}</th>
              {columns.map(({ name }, column) => (
                <th key={column} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {at.map((point, place) => (
              <tr key={place}>
                <th scope="row">{plain(point)}</th>
                {columns.map(({ values }, column) => {
                  const value = values[place] ?? null;
                  return (
                    <td key={column} class="number">
                      {value === null ? "–" : number(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
