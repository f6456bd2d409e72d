// A sweep as lines: outputs and groups over the dose, the end layer or the position.

import type { JSX } from "preact";
import { count, percent, plain, tokenText } from "../ui/numbers.ts";
import type { GroupEffect, SweepResult } from "../wire.ts";

const SIZE = { width: 420, height: 186, left: 40, bottom: 42, top: 8, right: 8 };
/** Numbers below a chart. */
const TICKS = 10;
/** Lines of a chart: more could not be told apart. */
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
  const listed = new Set(sweep.points.flatMap(({ shift }) => shift.tokens.map(({ id }) => id)));
  const tokens = sweep.points[0]?.shift.tokens.slice(0, MOST.outputs) ?? [];
  const outputs: Line[] = tokens.map(({ id, text }) => ({
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
  const lines = moved.slice(0, MOST.groups);
  const varies = sweep.varies.replace("_", " ");
  const axis = sweep.varies === "dose" ? dose : varies;
  return (
    <div class="two-lists">
      <Chart
        title={`Probability of ${someOf(outputs.length, listed.size, "outputs")} over the ${varies}`}
        axis={axis}
        at={doses}
        lines={outputs}
      />
      {lines.length > 0 && (
        <Chart
          title={`${someOf(lines.length, moved.length, "groups")} over the ${varies}, share of the original`}
          axis={axis}
          at={doses}
          lines={lines}
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
function someOf(n: number, all: number, what: string): string {
  return n < all ? `${n} of ${count(all)} ${what}` : what;
}

/** Numbers of an axis that are written below it: whole ones, if there are some, and not too many. */
export function ticksOf(at: readonly number[]): Set<number> {
  const whole = at.filter(Number.isInteger);
  const told = at.length >= TICKS && whole.length > 2 ? whole : at;
  const step = Math.ceil(told.length / TICKS);
  return new Set(told.filter((_, place) => place % step === 0));
}

function Chart(props: { title: string; axis: string; at: number[]; lines: Line[] }): JSX.Element {
  const { title, axis, at, lines } = props;
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
          <path
            key={line.name}
            d={path(line.values)}
            class={`line line-${place}`}
            stroke-dasharray={DASHES[place % DASHES.length]}
          />
        ))}
      </svg>
      <ul class="chart-legend">
        {lines.map((line, place) => (
          <li key={line.name}>
            <svg viewBox="0 0 24 6" aria-hidden="true">
              <path
                d="M0 3H24"
                class={`line line-${place}`}
                stroke-dasharray={DASHES[place % DASHES.length]}
              />
            </svg>
            {line.name}
          </li>
        ))}
      </ul>
    </figure>
  );
}
