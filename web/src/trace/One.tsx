// One prompt: its text, what the model makes of it, and its trace.

import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { trace } from "../api/endpoints.ts";
import { JobRow } from "../library/JobRow.tsx";
import { copyCommand } from "../ui/command.tsx";
import { CopyAs } from "../ui/copyAs.tsx";
import { section, useActions } from "../ui/keys.ts";
import { Button, Field } from "../ui/parts.tsx";
import type { ModelRow } from "../wire.ts";
import { ChatTurn } from "./ChatTurn.tsx";
import { Forecasts } from "./Forecasts.tsx";
import { isOfBatch } from "./queue.ts";
import { command, promptAsk, type Request, traceAsk, whyNotTraced } from "./request.ts";
import { running } from "./running.ts";
import { Advanced, System } from "./Settings.tsx";
import { Targets } from "./Targets.tsx";

export interface FormProps {
  request: Request;
  onChange: (to: Partial<Request>) => void;
  model: ModelRow;
  models: readonly ModelRow[];
}

interface OneProps extends FormProps {
  /** The same request as it is when the server has answered. */
  now: Signal<Request>;
}

export function One({ request, now, onChange, model, models }: OneProps): JSX.Element {
  const job = running.of(null);
  const whyNot = whyNotTraced(request);
  const asked = () => ({ path: "/api/graphs", body: traceAsk(request) });
  const run = async (): Promise<void> => {
    await running.start(null, () => trace(traceAsk(request)), asked());
  };
  const copy = () => void copyCommand(command(request, models));
  useActions(
    section("New trace", [
      ["mod+Enter", "Trace", () => void run(), () => whyNot === null],
      ["y", "Copy as a command", copy],
    ]),
  );
  useEffect(() => {
    // A graph of a batch opens nothing: it is one of many.
    void running.adopt(null, isOfBatch);
  }, []);
  return (
    <>
      {request.ids ? (
        <p class="row card">
          <span class="grow">The text comes from a graph, as {request.ids.length} tokens.</span>
          <Button
            keyName="x"
            act="write"
            onClick={() => onChange({ ids: null, position: null, text: model.example ?? "" })}
          >
            Write one instead
          </Button>
        </p>
      ) : (
        <Field label={request.chat ? "What the user says" : "Prompt"}>
          <textarea
            class="prompt"
            rows={3}
            spellcheck={false}
            value={request.text}
            placeholder={model.example ?? "A text that the model goes on with"}
            onInput={(event) => onChange({ text: event.currentTarget.value, position: null })}
          />
        </Field>
      )}
      {model.chat && (
        <>
          <ChatTurn request={now} />
          <System request={request} onChange={onChange} />
        </>
      )}
      <Forecasts request={request} prompt={promptAsk(request)} onChange={onChange}>
        <Targets request={request} onChange={onChange} />
      </Forecasts>
      <Advanced request={request} onChange={onChange} />
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
          <CopyAs of="New trace" keys asked={asked} />
        </div>
      )}
    </>
  );
}
