// One probe: what was found, feature by feature, each with its plot.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { probe as askProbe, probeGrids } from "../api/endpoints.ts";
import { featureId } from "../feature/shape.ts";
import { nameText } from "../graph/names.ts";
import { acts } from "../ui/acts.ts";
import { copyCommand } from "../ui/command.tsx";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, counted, date, percent } from "../ui/numbers.ts";
import { Button, Choice, Empty, Failure, Field, Skeleton } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import type { Probe, ProbedFeature } from "../wire.ts";
import { chosen, denseGrid, type Order, sentenceOf, withValues } from "./grid.ts";
import { Looked } from "./Looked.tsx";
import { Plot } from "./Plot.tsx";

/** Plots of a page. */
const PLOTS = 24;

const ORDERS: readonly { value: Order; text: string }[] = [
  { value: "class", text: "by class, best explained first" },
  { value: "explained", text: "best explained first" },
  { value: "largest", text: "largest activation first" },
  { value: "cells", text: "fires on most cells first" },
];

export function ProbePage({ number }: { number: number }): JSX.Element {
  const { state, again } = useLoad(
    async (signal) => withValues(await askProbe(number, signal)),
    [number],
  );
  const load = state.value;
  useEffect(() => {
    document.title = "Probe · Connectome";
  }, []);
  if (load.is === "loading") return <Skeleton lines={8} />;
  if (load.is === "failed")
    return <Failure what="The probe could not be opened" why={load.why} again={again} />;
  return <Found probe={load.value} />;
}

function Found({ probe }: { probe: Probe }): JSX.Element {
  const { query } = place.value;
  const kind = query.get("class");
  const order = ORDERS.find((one) => one.value === query.get("order"))?.value ?? "class";
  const text = query.get("text") ?? "";
  const page = Math.max(0, Number(query.get("page") ?? 0) || 0);
  const features = chosen(probe.features, { kind, text, order });
  const shown = features.slice(page * PLOTS, (page + 1) * PLOTS);
  const wanted = query.get("feature");
  useActions(
    acts("Probe", [
      ["/", "Find features", "find"],
      ["[", "The plots before", "before"],
      ["]", "The next plots", "next"],
      ["c", "Change the probe", "change"],
      ["y", "Copy as a command", "copy"],
    ]),
  );
  const looked =
    probe.features.find((one) => featureId(one) === wanted) ??
    (probe.features.length === 1 ? probe.features[0] : undefined);
  return (
    <div class="sheet">
      <Head probe={probe} />
      {probe.features.length === 0 ? (
        <Empty action={<a href={againUrl(probe)}>Change the probe</a>}>
          No feature fires on {count(probe.ask.min_cells)} cells or more.
        </Empty>
      ) : (
        <>
          {looked && <Looked probe={probe} feature={looked} />}
          <div class="row">
            <Classes probe={probe} kind={kind} />
            <span class="grow" />
            <Field label="Name, number or words hold">
              <input
                type="search"
                data-act="find"
                value={text}
                onInput={(event) => setQuery({ text: event.currentTarget.value, page: null })}
              />
            </Field>
            <Choice
              label="Order"
              value={order}
              options={ORDERS}
              onChange={(order) => setQuery({ order, page: null })}
            />
          </div>
          {shown.length === 0 ? (
            <Empty>No feature of the probe is like that.</Empty>
          ) : (
            <Gallery probe={probe} features={shown} looked={looked} />
          )}
          <p class="row">
            <Button
              keyName="["
              act="before"
              disabled={page === 0}
              onClick={() => setQuery({ page: String(page - 1) })}
            >
              ← Before
            </Button>
            <span>
              {count(shown.length)} of {count(features.length)}
              {features.length < probe.features.length &&
                ` (of ${count(probe.features.length)} that were judged)`}
            </span>
            <Button
              keyName="]"
              act="next"
              disabled={(page + 1) * PLOTS >= features.length}
              onClick={() => setQuery({ page: String(page + 1) })}
            >
              Next →
            </Button>
          </p>
        </>
      )}
      <p class="note">
        First value to the right, second up; each plot from zero to its own largest activation,
        darker is stronger. Classes are automatic: the simplest function that explains the numbers
        nearly as well as the best. They say what fits, not what the model means.
      </p>
    </div>
  );
}

/** The form of the same probe. */
function againUrl(probe: Probe): string {
  const { template, first, second, position, features } = probe.ask;
  const query = new URLSearchParams({ template, first, second, position: String(position) });
  if (probe.ask.model) query.set("model", probe.ask.model);
  if (features.length > 0) query.set("features", features.map(featureId).join(","));
  return `/probe?${query.toString()}`;
}

function Head({ probe }: { probe: Probe }): JSX.Element {
  const [first, second] = probe.values;
  return (
    <>
      <div class="head-row">
        <h1 class="mono">{probe.ask.template}</h1>
        <span class="grow" />
        <a class="button" data-act="change" title="(c)" href={againUrl(probe)}>
          Change it
        </a>
        <Button kind="quiet" keyName="y" act="copy" onClick={() => void copyCommand(probe.command)}>
          Copy as a command
        </Button>
      </div>
      <p class="facts">
        <span>
          {probe.model} with {probe.dictionary}
        </span>
        <span>
          {count(first.length)} × {count(second.length)} prompts, at position {probe.ask.position}
        </span>
        <span>{counted(probe.features.length, "feature")} judged</span>
        {probe.sums_right !== null && (
          <span>the model's answer is the sum in {percent(probe.sums_right)} of the cells</span>
        )}
        <span class="muted">{date(probe.created)}</span>
      </p>
      {probe.notes.length > 0 && (
        <details class="card" open>
          <summary>What to know of the prompts</summary>
          {probe.notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </details>
      )}
    </>
  );
}

function Classes({ probe, kind }: { probe: Probe; kind: string | null }): JSX.Element {
  const all = Object.entries(probe.classes) as [string, number][];
  const to = (value: string | null): void => setQuery({ class: value, page: null });
  return (
    <div class="segments" role="group" aria-label="Class">
      <button type="button" aria-pressed={kind === null} onClick={() => to(null)}>
        all {count(probe.features.length)}
      </button>
      {all.map(([name, n]) => (
        <button key={name} type="button" aria-pressed={kind === name} onClick={() => to(name)}>
          {name} {count(n)}
        </button>
      ))}
    </div>
  );
}

function Gallery(props: {
  probe: Probe;
  features: readonly ProbedFeature[];
  looked: ProbedFeature | undefined;
}): JSX.Element {
  const { probe, features, looked } = props;
  const names = features.map(featureId);
  const { state, again } = useLoad(
    (signal) => probeGrids(probe.number, names, signal),
    [probe.number],
    [names.join()],
  );
  const load = state.value;
  if (load.is === "failed")
    return <Failure what="Plots could not be loaded" why={load.why} again={again} />;
  const [nA, nB] = probe.values.map((values) => values.length);
  const grids = load.is === "ready" ? load.value.grids : [];
  const byName = new Map(grids.map((grid) => [featureId(grid), grid]));
  return (
    <ul class="gallery">
      {features.map((feature) => {
        const name = featureId(feature);
        const grid = byName.get(name);
        const words = sentenceOf(feature, nA * nB);
        return (
          <li key={name}>
            <button
              type="button"
              class="card"
              aria-pressed={looked === feature}
              onClick={() => setQuery({ feature: name })}
            >
              {grid ? (
                <Plot grid={denseGrid(grid, nA, nB)} label={`Plot of ${name}: ${words}`} />
              ) : (
                <span class="operand" />
              )}
              <span class="stack">
                <strong>{name}</strong>
                {feature.label && (
                  <span class="clip">{nameText(feature.label, feature.label_source)}</span>
                )}
                <span>
                  {feature.class}
                  {feature.explained > 0 && ` · ${percent(feature.explained)}`}
                </span>
                <span class="muted">{feature.words}</span>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
