// A page of an index: filtered and sorted by the server.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { featureQuery } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { count, percent, raw } from "../ui/numbers.ts";
import { Button, Choice, Empty, Failure, Field, Skeleton } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import type { FeatureSet, FeatureSort } from "../wire.ts";
import { NamedCells } from "./NamedCells.tsx";
import { featureId } from "./shape.ts";

const ROWS = 50;
const TYPING_MS = 250;

const SORTS: readonly { value: FeatureSort; text: string }[] = [
  { value: "index", text: "layer and number" },
  { value: "frequency", text: "most frequent first" },
  { value: "rarest", text: "rarest first" },
  { value: "max", text: "largest activation first" },
];

export function FeatureList({ set }: { set: FeatureSet }): JSX.Element {
  const { query } = place.value;
  const label = query.get("label") ?? "";
  const layer = query.get("layer");
  const sort = SORTS.find((one) => one.value === query.get("sort"))?.value ?? "index";
  const page = Math.max(0, Number(query.get("page") ?? 0) || 0);
  const { state, stale, again } = useLoad(
    (signal) =>
      featureQuery(
        {
          set: set.name,
          label: label || null,
          layer: layer === null ? null : Number(layer),
          sort,
          offset: page * ROWS,
          limit: ROWS,
        },
        signal,
      ),
    [set.name],
    [label, layer, sort, page],
  );
  const load = state.value;
  return (
    <div class="stack">
      <div class="row">
        <LabelField label={label} />
        <Field label="Layer">
          <select
            value={layer ?? ""}
            onChange={(event) => setQuery({ layer: event.currentTarget.value, page: null })}
          >
            <option value="">all</option>
            {Array.from({ length: set.n_layers }, (_, at) => (
              <option key={at} value={String(at)}>
                {at}
              </option>
            ))}
          </select>
        </Field>
        <Choice
          label="Order"
          value={sort}
          options={SORTS}
          onChange={(sort) => setQuery({ sort, page: null })}
        />
      </div>
      {load.is === "loading" && <Skeleton lines={8} />}
      {load.is === "failed" && (
        <Failure what="Features could not be listed" why={load.why} again={again} />
      )}
      {load.is === "ready" && !stale && load.value.total === 0 && (
        <Empty>
          {label ? `No name holds “${label}”.` : "No feature of this layer fired on the text."}
        </Empty>
      )}
      {load.is === "ready" && load.value.total > 0 && (
        <div class="stack" aria-busy={stale}>
          <table class="features">
            <thead>
              <tr>
                <th>feature</th>
                <th>name</th>
                <th class="number">fires on</th>
                <th class="number">largest</th>
              </tr>
            </thead>
            <tbody>
              {load.value.rows.map((row) => (
                <tr key={featureId(row)}>
                  <NamedCells set={set.name} row={row} />
                  <td class="number">{percent(row.frequency)}</td>
                  <td class="number">{raw(row.max)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Pages page={page} rows={load.value.rows.length} total={load.value.total} />
        </div>
      )}
    </div>
  );
}

/** Asks the server when the typing rests. */
function LabelField({ label }: { label: string }): JSX.Element {
  const typed = useSignal(label);
  useEffect(() => {
    if (typed.value === label) return undefined;
    const timer = window.setTimeout(() => setQuery({ label: typed.value, page: null }), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [typed.value, label]);
  return (
    <Field label="Name holds">
      <input
        type="search"
        value={typed.value}
        placeholder="capital"
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
    </Field>
  );
}

function Pages(props: { page: number; rows: number; total: number }): JSX.Element {
  const { page, rows, total } = props;
  const from = page * ROWS;
  return (
    <p class="row">
      <Button disabled={page === 0} onClick={() => setQuery({ page: String(page - 1) })}>
        ← Before
      </Button>
      <span>
        {count(from + 1)} to {count(from + rows)} of {count(total)}
      </span>
      <Button disabled={from + rows >= total} onClick={() => setQuery({ page: String(page + 1) })}>
        Next →
      </Button>
    </p>
  );
}
