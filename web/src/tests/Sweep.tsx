// A sweep as lines: outputs and groups over the dose, the end layer or the position.

import type { JSX } from "preact";
import { useMore } from "../ui/more.tsx";
import { count, percent, plain, tokenText } from "../ui/numbers.ts";
import type { GroupEffect, SweepResult } from "../wire.ts";
import { ticksOf } from "./doses.ts";

const SIZE = { width: 420, height: 186, left: 40, bottom: 42, top: 8, right: 8 };
/** Lines of a chart at first: more are hard to tell apart. */
const MOST = { outputs: 4, groups: 5 };
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "1 4"];

interface Line {
  name: string;
  values: (number | null)[];
}

export function Sweep({
  sweep,
  groups,
  dose,
}: {
  sweep: SweepResult;
  groups: GroupEffect[];
  /** What a dose is. */
  dose: string;
}): JSX.Element {
  const doses = sweep.points.map((point) => point.value);
  const tokens = new Map(
    sweep.points.flatMap(({ shift }) => shift.tokens.map(({ id, text }) => [id, text])),
  );
  const outputs = [...tokens].map(([id, text]) => ({
    name: tokenText(text),
    values: sweep.points.map(
      (point) => point.shift.tokens.find((token) => token.id === id)?.p_after ?? null,
    ),
  }));
  const moved: Line[] = groups
    .map((group, at) => ({
      name: group.name,
      values: sweep.points.map((point) => point.groups[at] ?? null),
    }))
    .filter((line) => line.values.some((value) => value !== null));
  const ofOutputs = useMore<Line>(outputs, MOST.outputs);
  const ofGroups = useMore<Line>(moved, MOST.groups);
  const varies = sweep.varies.replace("_", " ");
  const axis = sweep.varies === "dose" ? dose : varies;
  return (
    <div class="two-lists">
      <Chart
        title={`Probability of ${someOf(ofOutputs.rows, outputs, "outputs")} over the ${varies}`}
        axis={axis}
        at={doses}
        lines={ofOutputs}
      />
      {moved.length > 0 && (
        <Chart
          title={`${someOf(ofGroups.rows, moved, "groups")} over the ${varies}, share of the original`}
          axis={axis}
          at={doses}
          lines={ofGroups}
        />
      )}
      {sweep.partial && (
        <p class="note">
          {sweep.points.length} of {sweep.n_points} points were measured.
        </p>
      )}
    </div>
  );
}

/** `4 of 12 outputs`, or `outputs` where all are there. */
function someOf({ length: n }: readonly Line[], all: readonly Line[], what: string): string {
  return n < all.length ? `${n} of ${count(all.length)} ${what}` : what;
}

/** A line by its colour and its dashes, which are no two times the same of 25. */
function lookOf(place: number): { class: string; "stroke-dasharray": string } {
  const n = DASHES.length;
  return {
    class: `line line-${place % n}`,
    "stroke-dasharray": DASHES[(place + Math.floor(place / n)) % n],
  };
}

function Chart(props: {
  title: string;
  axis: string;
  at: number[];
  lines: ReturnType<typeof useMore<Line>>;
}): JSX.Element {
  const { title, axis, at } = props;
  const { rows: lines, more } = props.lines;
  const ticks = ticksOf(at);
  const all = lines
    .flatMap((line) => line.values)
    .filter((value): value is number => value !== null);
  const low = Math.min(0, ...all);
  const high = Math.max(1e-9, ...all);
  const first = at[0] ?? 0;
  const span = (at.at(-1) ?? 1) - first || 1;
  const x = (value: number): number =>
    SIZE.left + ((value - first) / span) * (SIZE.width - SIZE.left - SIZE.right);
  const y = (value: number): number =>
    SIZE.top + (1 - (value - low) / (high - low)) * (SIZE.height - SIZE.top - SIZE.bottom);
  const path = (values: (number | null)[]): string => {
    let drawing = false;
    return values
      .map((value, place) => {
        if (value === null) {
          drawing = false;
          return "";
        }
        const command = drawing ? "L" : "M";
        drawing = true;
        return `${command}${x(at[place]).toFixed(1)} ${y(value).toFixed(1)}`;
      })
      .join("");
  };
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label={`${title}: ${axis}`}>
        {[low, high].map((value) => (
          <g key={value}>
            <line
              x1={SIZE.left}
              x2={SIZE.width - SIZE.right}
              y1={y(value)}
              y2={y(value)}
              class="grid"
            />
            <text x={SIZE.left - 6} y={y(value) + 4} class="tick end">
              {percent(value)}
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
          <path key={place} d={path(line.values)} {...lookOf(place)} />
        ))}
      </svg>
      <ul class="chart-legend">
        {lines.map((line, place) => (
          <li key={place}>
            <svg viewBox="0 0 24 6" aria-hidden="true">
              <path d="M0 3H24" {...lookOf(place)} />
            </svg>
            {line.name}
          </li>
        ))}
        {more && <li>{more}</li>}
      </ul>
    </figure>
  );
}
