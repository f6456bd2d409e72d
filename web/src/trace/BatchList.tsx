// A batch under way or done: each prompt with how far it is, and where its graphs lead.

import type { JSX } from "preact";
import { STOP } from "../ui/acts.ts";
import { section, useActions } from "../ui/keys.ts";
import { useMore } from "../ui/more.tsx";
import { count, seconds, tokenText } from "../ui/numbers.ts";
import { Button, Chip, Progress } from "../ui/parts.tsx";
import { go } from "../ui/router.ts";
import { stopJob } from "../ui/stop.ts";
import type { Job } from "../wire.ts";
import {
  type Batch,
  compareUrl,
  type Entry,
  graphsOf,
  isEnded,
  MOST_RECURRING,
  recurringUrl,
  tally,
  untraced,
} from "./batch.ts";
import { batch, forgetBatch, isUnderWay, retryBatch, sending, stages, stopBatch } from "./queue.ts";

/** Rows that are listed first, beside what runs and what failed. */
const FIRST = 12;

export function BatchList(): JSX.Element | null {
  const now = batch.value;
  return now && <List now={now} />;
}

function List({ now }: { now: Batch }): JSX.Element {
  const isBusy = sending.value || isUnderWay(now);
  const graphs = graphsOf(now);
  const rest = untraced(now);
  const canFollow = !isBusy && graphs.length > 1;
  const { rows, more } = useMore(now.entries, FIRST, ({ state }) => {
    return state === "running" || state === "failed" || state === "lost";
  });
  useActions([
    ...STOP,
    ...section("Batch", [
      ["s", "Stop all of the batch", () => void stopBatch(), () => isBusy],
      [
        "a",
        "Trace what gave no graph again",
        () => void retryBatch(),
        () => !isBusy && rest.length > 0,
      ],
      ["Shift+x", "Put the list away", forgetBatch, () => !isBusy],
      ["w", "What recurs in its graphs", () => go(recurringUrl(graphs)), () => canFollow],
      ["c", "Compare two of its graphs", () => go(compareUrl(graphs)), () => canFollow],
    ]),
  ]);
  return (
    <section class="card stack" aria-label="Batch">
      <div class="head-row">
        <h2>Batch</h2>
        <span class="muted" role="status">
          {tally(now)}
        </span>
        <span class="grow" />
        {isBusy ? (
          <Button keyName="s" title="What has rows keeps them" onClick={() => void stopBatch()}>
            Stop all
          </Button>
        ) : (
          <Button
            kind="quiet"
            keyName="Shift+x"
            title="Graphs stay in the library"
            onClick={forgetBatch}
          >
            Put the list away
          </Button>
        )}
      </div>
      {isBusy && (
        <Progress
          done={now.entries.filter(isEnded).length}
          total={now.entries.length}
          label="Batch"
        />
      )}
      <ol class="batch">
        {rows.map((entry) => (
          <Row key={entry.line} entry={entry} stage={stages.value.get(entry.job ?? "")} />
        ))}
      </ol>
      {more}
      {!isBusy && (
        <div class="row">
          {graphs.length > 1 && (
            <>
              <Button kind="primary" keyName="w" onClick={() => go(recurringUrl(graphs))}>
                What recurs
              </Button>
              <Button keyName="c" onClick={() => go(compareUrl(graphs))}>
                {graphs.length === 2 ? "Compare both" : "Compare two of them"}
              </Button>
            </>
          )}
          {rest.length > 0 && (
            <Button keyName="a" onClick={() => void retryBatch()}>
              Trace {rest.length === 1 ? "the one" : `the ${count(rest.length)}`} without a graph
            </Button>
          )}
          {graphs.length > MOST_RECURRING && (
            <span class="muted">
              The first {MOST_RECURRING} of {count(graphs.length)} graphs are laid side by side.
            </span>
          )}
        </div>
      )}
    </section>
  );
}

function Row({ entry, stage }: { entry: Entry; stage: Job | undefined }): JSX.Element {
  const { line, text, state, job } = entry;
  return (
    <li class="job" data-row={state === "running" ? "now" : ""}>
      <span class="muted batch-line" title="Its line">
        {line}
      </span>
      <span class="grow clip" title={text}>
        {tokenText(text)}
      </span>
      <Outcome entry={entry} stage={stage} />
      {state === "running" && stage && (
        <Progress done={stage.done} total={stage.total} label={text} />
      )}
      {(state === "running" || state === "queued") && job !== null && (
        <Button
          kind="quiet"
          keyName="mod+."
          act="stop"
          label={`Stop line ${line}`}
          onClick={() => void stopJob(job)}
        >
          Stop
        </Button>
      )}
    </li>
  );
}

function Outcome({ entry, stage }: { entry: Entry; stage: Job | undefined }): JSX.Element {
  const { graph, partial, state, error } = entry;
  if (graph !== null) {
    return (
      <span class="row">
        {partial && <Chip tone="warn">partial</Chip>}
        <a href={`/g/${encodeURIComponent(graph)}`}>Open its graph</a>
      </span>
    );
  }
  if (state === "failed" || state === "lost") {
    return (
      <span class="batch-why">
        <Chip tone="bad">{state}</Chip> {error?.what}. {error?.hint}
      </span>
    );
  }
  return <span class="muted">{waits(entry, stage)}</span>;
}

function waits({ state, error }: Entry, stage: Job | undefined): string {
  if (state === "unsent") return "not started";
  if (state === "cancelled") return error ? `stopped: ${error.what}` : "stopped";
  if (state !== "running" || !stage) return "waiting";
  const done = stage.total > 0 ? ` ${count(stage.done)} of ${count(stage.total)}` : "";
  const left = stage.eta_secs === null ? "" : `, ${seconds(stage.eta_secs)} left`;
  return `${stage.stage}${done}${left}`;
}
