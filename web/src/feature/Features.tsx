// The browser of features: by name, layer and strength, or by what fires on a text.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { status as askStatus, featureSets } from "../api/endpoints.ts";
import { partsOf } from "../models/words.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count } from "../ui/numbers.ts";
import { Button, Empty, Failure, Field, Segments, Skeleton } from "../ui/parts.tsx";
import { go, place, setQuery } from "../ui/router.ts";
import type { FeatureSet } from "../wire.ts";
import { NO_FILTERS } from "./asked.ts";
import { Found } from "./Found.tsx";
import { FeatureList } from "./List.tsx";
import { NoIndex } from "./NoIndex.tsx";
import { featureUrl, readFeatures } from "./shape.ts";

export function Features(): JSX.Element {
  const { state, again } = useLoad(
    async (signal) => ({ ...(await featureSets(signal)), status: await askStatus(signal) }),
    [],
  );
  useEffect(() => {
    document.title = "Features · Connectome";
  }, []);
  useActions(acts("Features", [["o", "Open one by its number", "open"]]));
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={5} />;
  if (load.is === "failed")
    return <Failure what="Dictionaries could not be listed" why={load.why} again={again} />;
  const { sets, skipped, status } = load.value;
  const { query } = place.value;
  const wanted = query.get("set") ?? status.default_model;
  const set = sets.find((one) => one.name === wanted) ?? sets[0];
  const by = query.get("text") === null ? "name" : "text";
  return (
    <div class="sheet">
      <div class="head-row">
        <h1>Features</h1>
        <span class="grow" />
        {set && <Chooser sets={sets} set={set} />}
      </div>
      {!set && <Empty>No model is served, and no index of features is here.</Empty>}
      {set && !set.index && <NoIndex set={set} again={again} />}
      {set?.index && <Facts set={set} />}
      {set && (
        <>
          <div class="row">
            {set.is_run && (
              <Segments
                label="Find features"
                value={by}
                options={[
                  { value: "name", text: "By name and layer" },
                  { value: "text", text: "By what fires on a text" },
                ]}
                onChange={(to) => setQuery({ text: to === "text" ? " " : null })}
              />
            )}
            <span class="grow" />
            <Jump set={set} />
          </div>
          {by === "text" && set.is_run ? (
            <Found key={set.name} set={set} />
          ) : (
            set.index && <FeatureList key={set.name} set={set} />
          )}
        </>
      )}
      {skipped.length > 0 && (
        <section class="card stack">
          <h2>Files that are not used</h2>
          {skipped.map((file) => (
            <p key={file.path}>
              <code>{file.path}</code>: {file.why}.
            </p>
          ))}
        </section>
      )}
    </div>
  );
}

function Chooser({ sets, set }: { sets: readonly FeatureSet[]; set: FeatureSet }): JSX.Element {
  return (
    <Field label="Model and dictionary">
      <select
        value={set.name}
        // Numbers of another dictionary are in other units, and its layers are others.
        onChange={(event) => setQuery({ ...NO_FILTERS, set: event.currentTarget.value })}
      >
        {sets.map((one) => (
          <option key={one.name} value={one.name}>
            {partsOf(one.name, sets).model}
            {one.name === one.dictionary ? "" : ` · ${one.dictionary}`}
            {one.index ? "" : " (nothing collected)"}
          </option>
        ))}
      </select>
    </Field>
  );
}

function Facts({ set }: { set: FeatureSet }): JSX.Element | null {
  const { index } = set;
  if (!index) return null;
  const all = set.n_layers * set.n_features;
  return (
    <p class="facts">
      <span>
        {count(index.n_fired)} of {count(all)} features fired
      </span>
      <span>{count(index.n_named)} have a name</span>
      {index.n_tokens > 0 && (
        <span>
          {count(index.n_tokens)} tokens read{index.model && ` with ${index.model}`}
        </span>
      )}
      <span class="muted clip" title={index.path}>
        {index.path}
      </span>
    </p>
  );
}

/** Opens a feature by its number. */
function Jump({ set }: { set: FeatureSet }): JSX.Element {
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem("feature");
    if (!(field instanceof HTMLInputElement)) return;
    const found = readFeatures(field.value)?.[0];
    const fits = found && found.layer < set.n_layers && found.index < set.n_features;
    const last = `L${set.n_layers - 1}/${set.n_features - 1}`;
    field.setCustomValidity(fits ? "" : `L0/0 to ${last}`);
    if (fits) go(featureUrl(set.name, found));
    else field.reportValidity();
  };
  return (
    <form class="row" onSubmit={open}>
      <input
        name="feature"
        data-act="open"
        size={10}
        placeholder="L2/370"
        aria-label="Open a feature by its number"
        onInput={(event) => event.currentTarget.setCustomValidity("")}
      />
      <Button type="submit">Open</Button>
    </form>
  );
}
