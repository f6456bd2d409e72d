// The prompt as the model sees it, what it would say next, and what a trace takes: live.

import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { estimate as askEstimate, forward } from "../api/endpoints.ts";
import { Chances } from "../tokens/Chances.tsx";
import type { Load } from "../ui/load.ts";
import { bytes, count, raw, seconds, tokenText } from "../ui/numbers.ts";
import { Button, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import type { Estimate, Forward, PromptAsk } from "../wire.ts";
import { HELD } from "./held.ts";
import { type Request, SALIENT } from "./request.ts";

const WAIT_MS = 200;

interface ForecastsProps {
  request: Request;
  prompt: PromptAsk;
  onChange: (to: Partial<Request>) => void;
  children: ComponentChildren;
}

export function Forecasts({ request, prompt, onChange, children }: ForecastsProps): JSX.Element {
  const state = useSignal<Load<Forward>>({ is: "loading" });
  const key = JSON.stringify(prompt);
  const empty = request.ids === null && request.text === "";
  // `key` is the whole prompt.
  useEffect(() => {
    if (empty) return;
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      forward({ prompt, top_k: 10, watch: [] }, abort.signal).then(
        (value) => {
          state.value = { is: "ready", value };
        },
        (why) => {
          if (!abort.signal.aborted) state.value = { is: "failed", why };
        },
      );
    }, WAIT_MS);
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [key]);
  const load = state.value;
  if (empty)
    return <Empty>Write a prompt to see its tokens and what the model would say next.</Empty>;
  if (load.is === "loading") return <Skeleton lines={4} label="Running the model" />;
  if (load.is === "failed") return <Failure what="The model was not run" why={load.why} />;
  const { tokens, positions, notes } = load.value;
  const pos = Math.min(request.position ?? positions.length - 1, positions.length - 1);
  return (
    <>
      <section aria-label="Tokens">
        <div class="tokens" role="group" aria-label="Explain what comes after">
          {tokens.map((token, place) => (
            <button
              key={place}
              type="button"
              class="token"
              aria-pressed={place === pos}
              title={`token ${token.id}, position ${place}`}
              onClick={() => onChange({ position: place === tokens.length - 1 ? null : place })}
            >
              {tokenText(token.text)}
            </button>
          ))}
        </div>
        <p class="note">
          {count(tokens.length)} tokens. Click one to explain what comes after it.
          {notes.length > 0 && ` ${notes.join(" ")}`}
        </p>
      </section>
      <div class="cards">
        {children}
        <NextToken value={load.value} pos={pos} request={request} onChange={onChange} />
        <Cost prompt={prompt} promptKey={key} />
      </div>
    </>
  );
}

function NextToken(props: {
  value: Forward;
  pos: number;
  request: Request;
  onChange: (to: Partial<Request>) => void;
}): JSX.Element {
  const { value, pos, request, onChange } = props;
  const forecast = value.positions[pos];
  const given = request.targets.kind === "given" ? request.targets.targets : [];
  const isTarget = (id: number): boolean =>
    given.some((one) => one.kind === "token" && one.id === id);
  const toggle = (id: number): void => {
    const rest = given.filter((one) => !(one.kind === "token" && one.id === id));
    const targets = isTarget(id) ? rest : [...given, { kind: "token" as const, id }];
    onChange({
      targets: targets.length > 0 ? { kind: "given", targets } : SALIENT,
    });
  };
  return (
    <section class="card">
      <h2>After “{tokenText(value.tokens[pos].text).trim()}”</h2>
      <Chances forecast={forecast} isPressed={isTarget} onToggle={toggle} />
      <p class="note">entropy {raw(forecast.entropy_bits)} bits. Click a token to explain it.</p>
    </section>
  );
}

function Cost({ prompt, promptKey }: { prompt: PromptAsk; promptKey: string }): JSX.Element {
  const found = useSignal<{ key: string; load: Load<Estimate> } | null>(null);
  const ask = (): void => {
    found.value = { key: promptKey, load: { is: "loading" } };
    const set = (load: Load<Estimate>): void => {
      found.value = { key: promptKey, load };
    };
    askEstimate(prompt).then(
      (value) => set({ is: "ready", value }),
      (why: unknown) => set({ is: "failed", why }),
    );
  };
  const now = found.value?.key === promptKey ? found.value.load : null;
  return (
    <section class="card">
      <h2>What it takes</h2>
      {now === null && (
        <Empty
          action={
            <Button keyName="e" act="estimate" onClick={ask}>
              Estimate
            </Button>
          }
        >
          Encodes the prompt and times some rows, without tracing.
        </Empty>
      )}
      {now?.is === "loading" && <Skeleton lines={3} label="Timing some rows" />}
      {now?.is === "failed" && <Failure what="No estimate" why={now.why} again={ask} />}
      {now?.is === "ready" && (
        <dl class="facts-list">
          <div>
            <dt>active features</dt>
            <dd>{count(now.value.n_active)}</dd>
          </div>
          <div>
            <dt>time, all rows</dt>
            <dd>at most {seconds(now.value.seconds)}</dd>
          </div>
          <div>
            <dt>memory, beside model and graph</dt>
            <dd>{bytes(now.value.held_bytes)}</dd>
          </div>
          <div>
            <dt>graph file</dt>
            <dd>at most {bytes(now.value.bytes)}</dd>
          </div>
        </dl>
      )}
      {now?.is === "ready" && <p class="note">{HELD}</p>}
    </section>
  );
}
