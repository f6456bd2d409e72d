// The models that are served: what they are, their cards, their example prompts.

import type { JSX } from "preact";
import { models as askModels, status as askStatus } from "../api/endpoints.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count } from "../ui/numbers.ts";
import { Chip, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import type { ModelRow } from "../wire.ts";
import { Markdown } from "./Markdown.tsx";
import { kindText } from "./words.ts";

export function Models(): JSX.Element {
  const { state, again } = useLoad(
    async (signal) => ({ models: await askModels(signal), status: await askStatus(signal) }),
    [],
  );
  useActions(
    acts("The model that has the focus, or the usual one", [
      ["t", "Trace with it", "trace"],
      ["e", "Trace its example", "example"],
      ["c", "Its card", "card"],
      ["Shift+c", "The card of its dictionary", "dictionary"],
    ]),
  );
  const load = state.value;
  return (
    <div class="sheet">
      <h1>Models</h1>
      {load.is === "loading" && <Skeleton lines={8} />}
      {load.is === "failed" && (
        <Failure what="Models could not be listed" why={load.why} again={again} />
      )}
      {load.is === "ready" && (
        <>
          {load.value.models.length === 0 && <Empty>No model is served.</Empty>}
          {load.value.models.map((model) => (
            <ModelCard
              key={model.name}
              model={model}
              usual={model.name === load.value.status.default_model}
            />
          ))}
          <p class="muted">
            {load.value.status.version}, bound to {load.value.status.host}
            {load.value.status.read_only ? ", read only" : ""}.
          </p>
        </>
      )}
    </div>
  );
}

function ModelCard({ model, usual }: { model: ModelRow; usual: boolean }): JSX.Element {
  const { dictionary } = model;
  const facts: [string, string][] = [
    ["family", model.family],
    ["layers", count(model.n_layers)],
    ["width", count(model.d_model)],
    ["vocabulary", count(model.n_vocab)],
    ["dictionary", `${dictionary.name}, ${kindText(dictionary.kind)}`],
    ["features a layer", count(dictionary.n_features)],
  ];
  return (
    <section class="card stack" data-row={usual ? "now" : ""}>
      <div class="head-row">
        <h2>{model.name}</h2>
        {usual && <Chip>used where none is named</Chip>}
        {model.shipped && <Chip>inside the program</Chip>}
        {model.chat && <Chip>chat</Chip>}
        <span class="grow" />
        <a
          class="button"
          data-act="trace"
          title="(t)"
          href={`/new?model=${encodeURIComponent(model.name)}`}
        >
          Trace with it
        </a>
      </div>
      {model.about && <p>{model.about}</p>}
      <dl class="facts-list wide">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {model.example && (
        <p>
          <span class="muted">Example: </span>
          <a
            data-act="example"
            title="(e)"
            href={`/new?model=${encodeURIComponent(model.name)}&text=${encodeURIComponent(model.example)}`}
          >
            {model.example}
          </a>
        </p>
      )}
      {model.card && (
        <details>
          <summary data-act="card">Card of the model</summary>
          <Markdown text={model.card} />
        </details>
      )}
      {dictionary.card && (
        <details>
          <summary data-act="dictionary">Card of the dictionary</summary>
          <Markdown text={dictionary.card} />
        </details>
      )}
    </section>
  );
}
