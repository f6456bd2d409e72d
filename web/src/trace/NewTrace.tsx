// A new trace: prompt and model, what to explain, what it will take; of one prompt or of many.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { models as askModels, status as askStatus } from "../api/endpoints.ts";
import { useTaken } from "../library/open.ts";
import { modelText } from "../models/words.ts";
import { acts } from "../ui/acts.ts";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { Empty, Failure, Field, Segments, Skeleton } from "../ui/parts.tsx";
import { place } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import type { ModelRow } from "../wire.ts";
import { Batch } from "./Batch.tsx";
import { BatchList } from "./BatchList.tsx";
import { One } from "./One.tsx";
import { holdsPrompts, isText, promptsOf, type Source } from "./prompts.ts";
import { adoptBatch, batch, isUnderWay } from "./queue.ts";
import { type Request, readStart, SALIENT } from "./request.ts";

export function NewTrace(): JSX.Element {
  const { state, again } = useLoad(
    async (abort) => ({ models: await askModels(abort), status: await askStatus(abort) }),
    [],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} />;
  if (load.is === "failed")
    return <Failure what="Models could not be listed" why={load.why} again={again} />;
  const { models, status } = load.value;
  if (models.length === 0)
    return <Empty>No model is served; start `connectome serve --model FOLDER`.</Empty>;
  return <TraceForm models={models} usual={status.default_model} />;
}

type Mode = "one" | "batch";

const MODES: readonly { value: Mode; text: string }[] = [
  { value: "one", text: "one prompt" },
  { value: "batch", text: "a batch" },
];

function TraceForm({ models, usual }: { models: ModelRow[]; usual: string }): JSX.Element {
  const { query } = place.value;
  const start = readStart(query);
  const first = models.find((one) => one.name === (query.get("model") ?? usual)) ?? models[0];
  const request = useSignal<Request>({
    model: first.name,
    text: query.get("text") ?? (start.ids ? "" : (first.example ?? "")),
    chat: false,
    system: "",
    ...start,
    expand: "certified",
    tolerance: 0.01,
    maxNodes: 7500,
  });
  const mode = useSignal<Mode>("one");
  const source = useSignal<Source>({ name: null, text: "" });
  const now = request.value;
  const set = (to: Partial<Request>): void => {
    request.value = { ...request.value, ...to };
  };
  const model = models.find((one) => one.name === now.model) ?? first;
  const take = (name: string, text: string): void => {
    const taken = takenSource(name, text);
    if (!taken) return;
    source.value = taken;
    mode.value = "batch";
  };
  useFiles(take);
  const choose = (to: Mode): void => {
    // What was written for one is the first of many.
    if (to === "batch" && source.value.text === "" && !now.ids) {
      source.value = { name: null, text: now.text };
    }
    mode.value = to;
  };
  useActions(
    section("New trace", [
      ["b", "One prompt or a batch", () => choose(mode.value === "one" ? "batch" : "one")],
    ]),
  );
  useActions(
    acts("New trace", [
      ["e", "Estimate what it takes", "estimate"],
      ["x", "Write the prompts instead", "write"],
      ["Shift+e", "Edit the file's prompts as text", "as text"],
      ["u", "Take what the user says", "user"],
    ]),
  );
  useEffect(() => {
    document.title = "New trace · Connectome";
    adoptBatch();
    // Who comes with a prompt in the address means that one.
    if (isUnderWay(batch.peek()) && place.peek().query.size === 0) mode.value = "batch";
  }, []);
  const form = { request: now, onChange: set, model, models };
  return (
    <div class="sheet">
      <div class="head-row">
        <h1>New trace</h1>
        <Segments label="How many prompts" value={mode.value} options={MODES} onChange={choose} />
        <span class="grow" />
        <Field label="Model and dictionary">
          <select
            value={now.model}
            onChange={(event) => {
              const to = models.find((one) => one.name === event.currentTarget.value) ?? model;
              set({
                model: to.name,
                ids: null,
                position: null,
                targets: SALIENT,
                ...(now.text === (model.example ?? "") ? { text: to.example ?? "" } : {}),
              });
            }}
          >
            {models.map((one) => (
              <option key={one.name} value={one.name}>
                {modelText(one, models)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {mode.value === "one" ? (
        <One {...form} now={request} />
      ) : (
        <Batch {...form} source={source} onFile={(file) => void readFile(file, take)} />
      )}
      <BatchList />
    </div>
  );
}

/** What a file has of prompts; lines of text are there to be written on. */
function takenSource(name: string, text: string): Source | null {
  try {
    const { lines } = promptsOf({ name, text });
    if (lines.length === 0) throw new Error("it has no prompts");
    return { name: isText(name) ? null : name, text };
  } catch (failure) {
    toastFailure(`${name} was not read: ${sentence(failure)}.`);
    return null;
  }
}

type Take = (name: string, text: string) => void;

async function readFile(file: File, take: Take): Promise<void> {
  try {
    take(file.name, await file.text());
  } catch (failure) {
    toastFailure(`${file.name} was not read: ${sentence(failure)}.`);
  }
}

/** Takes a file of prompts that is dropped on the page; others are graphs. */
function useFiles(take: Take): void {
  useTaken((files) => {
    const [file, ...others] = files.filter(({ name }) => holdsPrompts(name));
    if (!file) return [...files];
    if (others.length > 0) toast(`Only ${file.name} was read: a batch is of one file.`);
    void readFile(file, take);
    return files.filter(({ name }) => !holdsPrompts(name));
  });
}
