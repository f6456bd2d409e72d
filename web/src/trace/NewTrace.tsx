// A new trace: prompt and model, what to explain, what it will take.

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError, sentence } from "../api/client.ts";
import { models as askModels, status as askStatus, trace } from "../api/endpoints.ts";
import { Running } from "../api/running.ts";
import { JobRow } from "../library/Jobs.tsx";
import { modelText } from "../models/words.ts";
import { copyCommand } from "../ui/command.tsx";
import { CopyAs } from "../ui/copyAs.tsx";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { Button, Chip, Empty, Failure, Field, Skeleton } from "../ui/parts.tsx";
import { go, place } from "../ui/router.ts";
import { toast } from "../ui/toast.tsx";
import type { ModelRow } from "../wire.ts";
import { Forecasts } from "./Forecasts.tsx";
import {
  command,
  promptAsk,
  type Request,
  readStart,
  SALIENT,
  traceAsk,
  whyNotTraced,
} from "./request.ts";
import { Targets } from "./Targets.tsx";
import { askTurnIn } from "./texts.ts";

const PATH = "/new";

const running = new Running("trace", {
  ended: ({ result, error }) => {
    if (!result?.graph) {
      const why = error?.what ?? "it was stopped before its first row";
      toast(`The trace ended without a graph: ${why}.`);
      return;
    }
    // Who went on to another page stays there.
    if (place.peek().path === PATH) go(`/g/${result.graph}`);
    else toast("The trace is done; its graph is in the library.");
  },
  failed: (why) => {
    const hint = why instanceof ApiError && why.hint ? ` ${why.hint}` : "";
    toast(`Not traced: ${sentence(why)}.${hint}`);
  },
});

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
  const now = request.value;
  const set = (to: Partial<Request>): void => {
    request.value = { ...request.value, ...to };
  };
  const model = models.find((one) => one.name === now.model) ?? first;
  const job = running.of(null);
  const whyNot = whyNotTraced(now);
  const run = async (): Promise<void> => {
    await running.start(null, () => trace(traceAsk(request.value)));
  };
  const copy = () => void copyCommand(command(request.value, models));
  useActions(
    section("New trace", [
      ["mod+Enter", "Trace", () => void run(), () => whyNot === null],
      ["y", "Copy as a command", copy],
    ]),
  );
  useEffect(() => {
    document.title = "New trace · Connectome";
    void running.adopt(null);
  }, []);
  return (
    <div class="sheet">
      <div class="head-row">
        <h1>New trace</h1>
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
      {now.ids ? (
        <p class="row card">
          <span class="grow">The text comes from a graph, as {now.ids.length} tokens.</span>
          <Button onClick={() => set({ ids: null, position: null, text: model.example ?? "" })}>
            Write one instead
          </Button>
        </p>
      ) : (
        <Field label={now.chat ? "What the user says" : "Prompt"}>
          <textarea
            class="prompt"
            rows={3}
            spellcheck={false}
            value={now.text}
            placeholder={model.example ?? "A text that the model goes on with"}
            onInput={(event) => set({ text: event.currentTarget.value, position: null })}
          />
        </Field>
      )}
      {model.chat && <ChatTurn request={request} />}
      {model.chat && now.chat && !now.ids && (
        <Field label="What the system says before, if anything">
          <input
            type="text"
            value={now.system}
            onInput={(event) => set({ system: event.currentTarget.value, position: null })}
          />
        </Field>
      )}
      <Forecasts request={now} prompt={promptAsk(now)} onChange={set}>
        <Targets request={now} onChange={set} />
      </Forecasts>
      <Advanced request={now} onChange={set} />
      {job ? (
        <section class="card" aria-label="Under way">
          <JobRow job={job} />
          <p class="note">
            The graph opens when it is written. Stopping keeps the rows that there are.
          </p>
        </section>
      ) : (
        <div class="row">
          <Button
            kind="primary"
            keyName="mod+Enter"
            title={whyNot ?? "Trace"}
            disabled={whyNot !== null}
            onClick={() => void run()}
          >
            Trace
          </Button>
          {whyNot && <span class="muted">{whyNot}</span>}
          <Button kind="quiet" keyName="y" onClick={copy}>
            Copy as a command
          </Button>
          <CopyAs
            of="New trace"
            keys
            asked={() => ({ path: "/api/graphs", body: traceAsk(request.value) })}
          />
        </div>
      )}
    </div>
  );
}

/**
 * Whether the text is what the user says in a chat. A text that is a turn already, as an example
 * may be, is never wrapped twice unseen: the tick takes what the user says in it, unticking gives
 * the text back, and a text that is written later is warned of.
 */
function ChatTurn({ request }: { request: Signal<Request> }): JSX.Element {
  const { model, text, chat, ids } = request.value;
  const before = useSignal<{ whole: string; said: string } | null>(null);
  const isText = chat && ids === null;
  const { state } = useLoad(
    (abort) => (isText ? askTurnIn(model, text, abort) : Promise.resolve(null)),
    [model, text, isText],
  );
  const said = state.value.is === "ready" && isText ? state.value.value : null;
  const take = (whole: string, part: string): void => {
    before.value = { whole, said: part };
    request.value = { ...request.peek(), text: part, position: null };
    toast("The text was a chat turn already: what the user says in it was taken.");
  };
  const tick = async (to: boolean): Promise<void> => {
    const back = before.peek();
    const isBack = !to && back !== null && back.said === text;
    request.value = { ...request.peek(), chat: to, ...(isBack ? { text: back.whole } : {}) };
    if (!to || ids !== null) return;
    const part = await askTurnIn(model, text).catch(() => null);
    const now = request.peek();
    if (part !== null && now.chat && now.text === text && now.model === model) take(text, part);
  };
  return (
    <div class="row">
      <label class="check">
        <input
          type="checkbox"
          checked={chat}
          onChange={(event) => void tick(event.currentTarget.checked)}
        />
        as a chat turn
      </label>
      {said !== null && (
        <>
          <Chip tone="warn">The text is a chat turn already, and is wrapped twice.</Chip>
          <Button onClick={() => take(text, said)}>Take what the user says</Button>
        </>
      )}
    </div>
  );
}

function Advanced({
  request,
  onChange,
}: {
  request: Request;
  onChange: (to: Partial<Request>) => void;
}): JSX.Element {
  return (
    <details class="card">
      <summary>Which features get rows</summary>
      <div class="form-grid">
        <Field label="Rule">
          <select
            value={request.expand}
            onChange={(event) =>
              onChange({ expand: event.currentTarget.value as Request["expand"] })
            }
          >
            <option value="certified">until little influence is unresolved</option>
            <option value="exhaustive">all of them</option>
            <option value="budget">a fixed number, by circuit-tracer's rule</option>
          </select>
        </Field>
        {request.expand === "certified" && (
          <Field label="Unresolved influence, share of the targets' weight">
            <input
              type="number"
              min="0.0001"
              max="0.5"
              step="0.001"
              value={request.tolerance}
              onInput={(event) => onChange({ tolerance: Number(event.currentTarget.value) })}
            />
          </Field>
        )}
        {request.expand === "budget" && (
          <Field label="Features at most">
            <input
              type="number"
              min="1"
              step="100"
              value={request.maxNodes}
              onInput={(event) => onChange({ maxNodes: Number(event.currentTarget.value) })}
            />
          </Field>
        )}
      </div>
    </details>
  );
}
