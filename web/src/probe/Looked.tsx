// One feature of a probe, large: a plot to point at, and the same as tables.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { probeAnswers, probeGrids } from "../api/endpoints.ts";
import { featureId, featureUrl } from "../feature/shape.ts";
import { nameText } from "../graph/names.ts";
import { useLoad } from "../ui/load.ts";
import { count, percent, raw, tokenText } from "../ui/numbers.ts";
import { Button, Chip, Failure, Skeleton } from "../ui/parts.tsx";
import { setQuery } from "../ui/router.ts";
import type { FeatureName, Probe, ProbeAnswers, ProbedFeature, ProbeGrid } from "../wire.ts";
import {
  type Cell,
  denseGrid,
  filled,
  type Grid,
  sentenceOf,
  strongestCells,
  ticks,
} from "./grid.ts";
import { Plot } from "./Plot.tsx";

/** Cells of the table before somebody asks for all. */
const CELLS = 12;

export function Looked({ probe, feature }: { probe: Probe; feature: ProbedFeature }): JSX.Element {
  const name = featureId(feature);
  const [nA, nB] = probe.values.map((values) => values.length);
  return (
    <section class="card stack" aria-label={`Feature ${name}`}>
      <div class="head-row">
        <h2>{name}</h2>
        {feature.label && <strong>{nameText(feature.label, feature.label_source)}</strong>}
        <Chip title="A program chose the class">class: automatic</Chip>
        <span class="grow" />
        <a class="button" href={featureUrl(probe.ask.model ?? probe.model, feature)}>
          Page of the feature
        </a>
        {probe.features.length > 1 && (
          <Button kind="quiet" onClick={() => setQuery({ feature: null })}>
            Close
          </Button>
        )}
      </div>
      <p>{sentenceOf(feature, nA * nB)}.</p>
      <PlotOf probe={probe} feature={feature} />
    </section>
  );
}

interface Props {
  probe: Probe;
  feature: FeatureName;
}

/** The numbers of one feature in one probe. */
export function PlotOf({ probe, feature }: Props): JSX.Element {
  const name = featureId(feature);
  const { state, again } = useLoad(
    async (signal) => ({
      grids: (await probeGrids(probe.number, [name], signal)).grids,
      answers: await probeAnswers(probe.number, signal),
    }),
    [probe.number, name],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={6} label="Loading the plot" />;
  if (load.is === "failed") {
    return <Failure what="The plot could not be loaded" why={load.why} again={again} />;
  }
  return (
    <Ready
      probe={probe}
      feature={feature}
      grid={load.value.grids[0]}
      answers={load.value.answers}
    />
  );
}

function Ready(props: Props & { grid: ProbeGrid; answers: ProbeAnswers }): JSX.Element {
  const { probe, feature, answers } = props;
  const [first, second] = probe.values;
  const grid = useMemo(
    () => denseGrid(props.grid, first.length, second.length),
    [props.grid, first, second],
  );
  const cell = useSignal<Cell | null>(null);
  const at = cell.value;
  return (
    <div class="looked">
      <div class="looked-parts">
        <p class="cell-words" aria-live="polite">
          {at ? words(probe, grid, answers, at) : "Point at a cell to read it."}
        </p>
        <div class="operand-axes">
          <span class="axis-name up">{probe.slots[1]} ↑</span>
          <Axis values={second} up />
          <Plot
            grid={grid}
            label={`Plot of ${featureId(feature)}`}
            cell={at}
            onCell={(to) => (cell.value = to)}
          />
          <Axis values={first} />
          <span class="axis-name">{probe.slots[0]} →</span>
        </div>
        <Strongest probe={probe} grid={grid} answers={answers} />
      </div>
    </div>
  );
}

function Strongest(props: { probe: Probe; grid: Grid; answers: ProbeAnswers }): JSX.Element {
  const { probe, grid, answers } = props;
  const [first, second] = probe.values;
  const all = useSignal(false);
  const fired = useMemo(() => strongestCells(grid, Number.POSITIVE_INFINITY), [grid]);
  const cells = all.value ? fired : fired.slice(0, CELLS);
  const n = count(fired.length);
  if (fired.length === 0) return <p class="looked-cells">It fires on no cell.</p>;
  return (
    <div class="looked-cells" tabIndex={0} role="region" aria-label="Cells">
      <h3>
        {all.value ? `All ${n} cells on which it fires` : "Strongest cells"}{" "}
        {fired.length > CELLS && (
          <Button kind="quiet" onClick={() => (all.value = !all.value)}>
            {all.value ? "the strongest" : `all ${n}`}
          </Button>
        )}
      </h3>
      <table>
        <thead>
          <tr>
            <th>{probe.slots[0]}</th>
            <th>{probe.slots[1]}</th>
            <th class="number">activation</th>
            <th>the model says</th>
          </tr>
        </thead>
        <tbody>
          {cells.map((one) => (
            <tr key={`${one.a},${one.b}`}>
              <td>{first[one.a]}</td>
              <td>{second[one.b]}</td>
              <td class="number">{raw(one.value)}</td>
              <td>{answerOf(answers, one.a * grid.nB + one.b)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Axis({ values, up = false }: { values: readonly string[]; up?: boolean }): JSX.Element {
  const n = values.length;
  return (
    <span class={up ? "axis up" : "axis"} aria-hidden="true">
      {ticks(n).map((place) => {
        const share = `${((place + 0.5) / n) * 100}%`;
        return (
          <span key={place} style={up ? { bottom: share } : { left: share }}>
            {values[place]}
          </span>
        );
      })}
    </span>
  );
}

function words(probe: Probe, grid: Grid, answers: ProbeAnswers, { a, b }: Cell): string {
  const at = a * grid.nB + b;
  const prompt = filled(probe.ask.template, probe.values[0][a], probe.values[1][b]);
  return `“${prompt}”: activation ${raw(grid.cells[at])}; the model says ${answerOf(answers, at)}.`;
}

function answerOf(answers: ProbeAnswers, at: number): string {
  const text = answers.texts[answers.answers[at]];
  if (text === undefined) return "–";
  return `${tokenText(text).trim() || text} (${percent(answers.probabilities[at])})`;
}
