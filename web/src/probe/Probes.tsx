// A new probe, and those that were kept.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import {
  models as askModels,
  probes as askProbes,
  status as askStatus,
  deleteProbe,
  startProbe,
} from "../api/endpoints.ts";
import { featureId, readFeatures } from "../feature/shape.ts";
import { JobRow } from "../library/JobRow.tsx";
import { remove } from "../library/Trash.tsx";
import { modelText } from "../models/words.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, date } from "../ui/numbers.ts";
import { Button, Empty, Failure, Field, Skeleton } from "../ui/parts.tsx";
import { place } from "../ui/router.ts";
import type { ModelRow, ProbeAsk, ProbeRow } from "../wire.ts";
import { running } from "./running.ts";
import { type Start, slots, templateOf } from "./template.ts";

export function Probes(): JSX.Element {
  const { state, again } = useLoad(
    async (signal) => ({
      models: await askModels(signal),
      status: await askStatus(signal),
      rows: await askProbes(signal),
    }),
    [],
  );
  useEffect(() => {
    document.title = "Probe · Connectome";
    void running.adopt(null);
  }, []);
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={6} />;
  if (load.is === "failed")
    return <Failure what="Probes could not be listed" why={load.why} again={again} />;
  const { models, status, rows } = load.value;
  return (
    <div class="sheet">
      <h1>Probe</h1>
      <p class="muted">
        A template with two slots is run with every pair of values, and the activation of every
        feature at one position of each prompt becomes a picture: what does the feature do with the
        two?
      </p>
      {models.length === 0 ? (
        <Empty>No model is served.</Empty>
      ) : (
        <NewProbe models={models} usual={status.default_model} />
      )}
      <h2>Kept probes</h2>
      {rows.length === 0 ? (
        <Empty>Nothing was probed yet.</Empty>
      ) : (
        <Kept rows={rows} readOnly={status.read_only} again={again} />
      )}
    </div>
  );
}

function NewProbe({ models, usual }: { models: readonly ModelRow[]; usual: string }): JSX.Element {
  const { query } = place.value;
  const wanted = query.get("model") ?? usual;
  const model = useSignal(models.some((one) => one.name === wanted) ? wanted : models[0].name);
  const usualOf = (name: string): Start =>
    templateOf(models.find((one) => one.name === name)?.example ?? null);
  const start = usualOf(model.value);
  const form = useSignal({
    template: query.get("template") ?? start.template,
    first: query.get("first") ?? start.first,
    second: query.get("second") ?? start.second,
    position: query.get("position") ?? "-1",
    features: query.get("features") ?? "",
    minCells: "10",
  });
  const set = (to: Partial<typeof form.value>): void => {
    form.value = { ...form.value, ...to };
  };
  const now = form.value;
  const features = readFeatures(now.features);
  const position = /^-?\d{1,6}$/.test(now.position.trim()) ? Number(now.position) : null;
  const minCells = /^\d{1,7}$/.test(now.minCells.trim()) ? Number(now.minCells) : null;
  const job = running.of(null);
  const ask = (): ProbeAsk | null => {
    const { template, first, second } = now;
    const isWhole = slots(template) === 2 && first.trim() !== "" && second.trim() !== "";
    if (!isWhole || features === null || position === null || minCells === null) return null;
    return { model: model.value, template, first, second, position, features, min_cells: minCells };
  };
  const run = (): void => {
    const body = ask();
    if (body) void running.start(null, () => startProbe(body), { path: "/api/probes", body });
  };
  useActions([{ key: "mod+Enter", title: "Run the probe", section: "Probe", run }]);
  return (
    <section class="card stack" aria-label="New probe">
      <Field label="Model and dictionary">
        <select
          value={model.value}
          onChange={(event) => {
            const before = usualOf(model.value);
            model.value = event.currentTarget.value;
            // What was not written by hand changes with the model.
            if (now.template === before.template) set(usualOf(model.value));
          }}
        >
          {models.map((one) => (
            <option key={one.name} value={one.name}>
              {modelText(one, models)}
            </option>
          ))}
        </select>
      </Field>
      <Field
        label="Template, with two slots in braces"
        note={
          slots(now.template) === 2
            ? undefined
            : "put two slots in the place of words, as in calc : {a} + {b} ="
        }
      >
        <input
          class="prompt"
          spellcheck={false}
          value={now.template}
          onInput={(event) => set({ template: event.currentTarget.value })}
        />
      </Field>
      <div class="form-grid">
        <Field label="Values of the first slot" note="a range as 0..100, or a list with commas">
          <input
            spellcheck={false}
            value={now.first}
            onInput={(event) => set({ first: event.currentTarget.value })}
          />
        </Field>
        <Field label="Values of the second slot" note="ranges end before their end">
          <input
            spellcheck={false}
            value={now.second}
            onInput={(event) => set({ second: event.currentTarget.value })}
          />
        </Field>
        <Field
          label="Position that is read"
          note={position === null ? "write a whole number" : "negative counts from the end"}
        >
          <input
            inputMode="numeric"
            value={now.position}
            onInput={(event) => set({ position: event.currentTarget.value })}
          />
        </Field>
        <Field
          label="Features"
          note={
            features === null
              ? "write features as L2/370, with commas"
              : features.length > 0
                ? `only ${features.map(featureId).join(", ")}`
                : "as L2/370, with commas; all that fire if empty"
          }
        >
          <input
            spellcheck={false}
            value={now.features}
            placeholder="all that fire"
            onInput={(event) => set({ features: event.currentTarget.value })}
          />
        </Field>
        {now.features.trim() === "" && (
          <Field label="Only features that fire on so many cells">
            <input
              inputMode="numeric"
              value={now.minCells}
              onInput={(event) => set({ minCells: event.currentTarget.value })}
            />
          </Field>
        )}
      </div>
      {job ? (
        <JobRow job={job} />
      ) : (
        <div class="row">
          <Button
            kind="primary"
            keyName="mod+Enter"
            title="Run the probe"
            disabled={ask() === null}
            onClick={run}
          >
            Run
          </Button>
        </div>
      )}
    </section>
  );
}

function Kept(props: {
  rows: readonly ProbeRow[];
  readOnly: boolean;
  again: () => void;
}): JSX.Element {
  useActions(acts("The probe that has the focus", [["Backspace", "Delete it", "delete"]]));
  return (
    <table>
      <thead>
        <tr>
          <th>template</th>
          <th>model</th>
          <th class="number">values</th>
          <th class="number">features</th>
          <th>made</th>
          <th>
            <span class="spoken">actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={row.number} data-row="">
            <td>
              <a href={`/probe/${row.number}`}>{row.template}</a>
            </td>
            <td>{row.model}</td>
            <td class="number">
              {row.n_values[0]} × {row.n_values[1]}
            </td>
            <td class="number">{count(row.n_features)}</td>
            <td>{date(row.created)}</td>
            <td>
              {!props.readOnly && (
                <Button
                  kind="quiet"
                  keyName="Backspace"
                  act="delete"
                  label={`Delete probe ${row.number}`}
                  onClick={() =>
                    void remove("The probe", () => deleteProbe(row.number), props.again)
                  }
                >
                  Delete
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
