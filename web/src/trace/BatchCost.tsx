// What a batch takes: the estimate of each prompt, one after the other, and their sum.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { estimate as askEstimate } from "../api/endpoints.ts";
import { STOP } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { bytes, count, seconds } from "../ui/numbers.ts";
import { Button, Empty, Failure, Progress } from "../ui/parts.tsx";
import { entryPrompt } from "./batch.ts";
import { HELD } from "./held.ts";
import type { Line } from "./prompts.ts";
import type { Request } from "./request.ts";

interface Sum {
  /** Prompts that were estimated. */
  n: number;
  seconds: number;
  bytes: number;
  /** Of the prompt that holds most: one is traced after the other. */
  mostHeld: number;
  isAsking: boolean;
  failed: unknown;
}

const NONE: Sum = { n: 0, seconds: 0, bytes: 0, mostHeld: 0, isAsking: true, failed: null };

interface CostProps {
  lines: readonly Line[];
  request: Request;
}

export function BatchCost({ lines, request }: CostProps): JSX.Element {
  const { model, chat, system } = request;
  const key = JSON.stringify([model, chat, system, lines.map(({ text }) => text)]);
  const asked = useSignal<{ key: string; sum: Sum; abort: AbortController } | null>(null);
  // An estimate of other prompts is none of these.
  useEffect(() => () => asked.peek()?.abort.abort(), [key]);
  const ask = async (): Promise<void> => {
    const abort = new AbortController();
    const set = (to: Partial<Sum>): void => {
      const before = asked.peek()?.sum ?? NONE;
      if (!abort.signal.aborted) asked.value = { key, abort, sum: { ...before, ...to } };
    };
    asked.value = { key, abort, sum: NONE };
    for (const { text } of lines) {
      if (abort.signal.aborted) return;
      try {
        const found = await askEstimate(entryPrompt(request, text), abort.signal);
        const { n, seconds, bytes, mostHeld } = asked.peek()?.sum ?? NONE;
        set({
          n: n + 1,
          seconds: seconds + found.seconds,
          bytes: bytes + found.bytes,
          mostHeld: Math.max(mostHeld, found.held_bytes),
        });
      } catch (why) {
        set({ failed: why, isAsking: false });
        return;
      }
    }
    set({ isAsking: false });
  };
  const stop = (): void => {
    const now = asked.peek();
    now?.abort.abort();
    if (now) asked.value = { ...now, sum: { ...now.sum, isAsking: false } };
  };
  useActions(STOP);
  const sum = asked.value?.key === key ? asked.value.sum : null;
  return (
    <section class="card">
      <h2>What it takes</h2>
      {sum === null ? (
        <Empty
          action={
            <Button keyName="e" act="estimate" onClick={() => void ask()}>
              Estimate
            </Button>
          }
        >
          Encodes each prompt and times some rows, without tracing: about half a second each.
        </Empty>
      ) : (
        <>
          {sum.isAsking && (
            <div class="job">
              <span>
                {count(sum.n)} of {count(lines.length)} prompts
              </span>
              <Progress done={sum.n} total={lines.length} label="Estimating" />
              <Button kind="quiet" keyName="mod+." act="stop" onClick={stop}>
                Stop
              </Button>
            </div>
          )}
          {sum.failed !== null && (
            <Failure what="Not all were estimated" why={sum.failed} again={() => void ask()} />
          )}
          {sum.n > 0 && (
            <dl class="facts-list">
              <div>
                <dt>prompts</dt>
                <dd>
                  {count(sum.n)} of {count(lines.length)}
                </dd>
              </div>
              <div>
                <dt>time, all rows</dt>
                <dd>at most {seconds(sum.seconds)}</dd>
              </div>
              <div>
                <dt>memory of the largest, beside model and graph</dt>
                <dd>{bytes(sum.mostHeld)}</dd>
              </div>
              <div>
                <dt>graph files</dt>
                <dd>at most {bytes(sum.bytes)}</dd>
              </div>
            </dl>
          )}
          {sum.n > 0 && <p class="note">{HELD}</p>}
        </>
      )}
    </section>
  );
}
