// The browser of features: by model, layer and index.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { models as askModels, status as askStatus } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { count } from "../ui/numbers.ts";
import { Button, Empty, Failure, Field, Skeleton } from "../ui/parts.tsx";
import { go } from "../ui/router.ts";

export function Features(): JSX.Element {
  const { state, again } = useLoad(
    async (signal) => ({ models: await askModels(signal), status: await askStatus(signal) }),
    [],
  );
  const chosen = useSignal("");
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={5} />;
  if (load.is === "failed")
    return <Failure what="Models could not be listed" why={load.why} again={again} />;
  const { models, status } = load.value;
  const model =
    models.find((one) => one.name === (chosen.value || status.default_model)) ?? models[0];
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    go(
      `/f/${encodeURIComponent(model.name)}/${Number(data.get("layer"))}/${Number(data.get("index"))}`,
    );
  };
  return (
    <div class="sheet narrow">
      <h1>Features</h1>
      {!status.features && (
        <Empty>
          No examples were collected for the dictionaries that are served, so a feature's page has
          nothing to show yet. In a graph, every feature still has its activation, inputs and
          outputs.
        </Empty>
      )}
      {model ? (
        <form class="card row" onSubmit={open}>
          <Field label="Model">
            <select
              value={model.name}
              onChange={(event) => (chosen.value = event.currentTarget.value)}
            >
              {models.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}
                </option>
              ))}
            </select>
          </Field>
          <Field label={`Layer, 0 to ${model.n_layers - 1}`}>
            <input name="layer" type="number" min="0" max={model.n_layers - 1} value="0" required />
          </Field>
          <Field label={`Feature, 0 to ${count(model.dictionary.n_features - 1)}`}>
            <input
              name="index"
              type="number"
              min="0"
              max={model.dictionary.n_features - 1}
              value="0"
              required
            />
          </Field>
          <Button type="submit" kind="primary">
            Open
          </Button>
        </form>
      ) : (
        <Empty>No model is served.</Empty>
      )}
    </div>
  );
}
