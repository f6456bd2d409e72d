// Tests: change a node or a group, and see what was predicted beside what was measured.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { run as askRun, runs as askRuns, startRun } from "../api/endpoints.ts";
import { readOnly } from "../api/readOnly.ts";
import type { Group } from "../state/document.ts";
import { STOP } from "../ui/acts.ts";
import { CopyAs } from "../ui/copyAs.tsx";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, seconds } from "../ui/numbers.ts";
import { Button, Empty, Failure, Progress, Skeleton } from "../ui/parts.tsx";
import { place } from "../ui/router.ts";
import type { Asked } from "../ui/snippets.ts";
import { stopJob } from "../ui/stop.ts";
import { toast } from "../ui/toast.tsx";
import type { Job, RunAsk } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { allPlan, validateAsk } from "./all.ts";
import { copyRun } from "./copy.ts";
import { NO_DOSES } from "./doses.ts";
import { History } from "./History.tsx";
import { SELECTION, testable } from "./offered.ts";
import { PlanForm } from "./PlanForm.tsx";
import { interveneAsk, plan } from "./plan.ts";
import { RunResult } from "./RunResult.tsx";
import { finished, running } from "./running.ts";
import { TestAll } from "./TestAll.tsx";

export function TestsPane({ work }: { work: Workspace }): JSX.Element {
  const { head } = work;
  const boxes = testable(work);
  const job = running.of(work.id);
  useEffect(() => {
    if (!work.readOnly) void running.adopt(work.id);
  }, [work]);
  const list = useLoad((abort) => askRuns(work.id, abort), [work.id], [finished.value]);
  const load = list.state.value;
  const chosen = Number(place.value.query.get("run")) || null;
  const runs = (): boolean => job === null && head.value?.runnable === true && !readOnly.value;
  useActions(
    section("Tests", [
      ["mod+Enter", "Run the test", () => void runPlan(work, boxes), runs],
      ["Shift+i", "Test all groups", () => void runAll(work), () => runs() && boxes.length > 0],
      ["y", "Copy the test as a command", () => void copyPlan(work, boxes), runs],
    ]),
  );
  const asked = (): Asked | null => {
    const body = planned(work, boxes);
    return body && runsPath(work, body);
  };
  // The newest of a list from before a change may be the one that was deleted.
  const newest = load.is === "ready" && !list.stale ? load.value[0]?.number : undefined;
  const number = chosen ?? newest ?? null;
  return (
    <section class="tests" aria-label="Tests">
      <div class="tests-form">
        {readOnly.value ? (
          <Empty>New tests need a server that keeps them: this one is read only.</Empty>
        ) : head.value && !head.value.runnable ? (
          <Empty>
            New tests need the model that made this graph
            {head.value.not_runnable ? `: ${head.value.not_runnable}` : ""}.
          </Empty>
        ) : (
          <>
            <PlanForm
              work={work}
              boxes={boxes}
              busy={job !== null}
              onRun={() => void runPlan(work, boxes)}
              onCopy={() => void copyPlan(work, boxes)}
            />
            <p class="row note">
              Copy the test as
              <CopyAs of="Tests" keys asked={asked} />
            </p>
            <TestAll busy={job !== null} onRun={() => void runAll(work)} />
          </>
        )}
        {job && <JobLine job={job} />}
        <History work={work} load={load} number={number} again={list.again} />
      </div>
      <div class="tests-result" tabIndex={0} role="region" aria-label="Result of a test">
        {number === null && list.stale ? (
          <Skeleton lines={5} />
        ) : number === null ? (
          <Empty>
            Choose what to change and run it: each group shows what the graph predicts beside what
            the model did.
          </Empty>
        ) : (
          <OneRun work={work} number={number} />
        )}
      </div>
    </section>
  );
}

function OneRun({ work, number }: { work: Workspace; number: number }): JSX.Element {
  const { state, again } = useLoad(
    (abort) => askRun(work.id, number, abort),
    [work.id, number],
    [finished.value],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={5} />;
  if (load.is === "failed")
    return <Failure what={`Run ${number} could not be read`} why={load.why} again={again} />;
  return <RunResult work={work} run={load.value} />;
}

/** What the form says, as a request; none, with a word to whoever asked, if it changes nothing. */
function planned(work: Workspace, boxes: Group[]): RunAsk | null {
  const [pack, nLayers] = [work.columns.value, work.shape.value?.nLayers ?? 1];
  if (!pack) return null;
  const ask = interveneAsk(plan.value, boxes, work.view.value.watch, pack, nLayers);
  if (ask.edits.length === 0 && ask.swap === null) {
    toast("Choose what to change first.");
    return null;
  }
  if (ask.sweep?.kind === "dose" && ask.sweep.values.length === 0) {
    toast(NO_DOSES);
    return null;
  }
  return { kind: "intervene", ...ask };
}

async function runPlan(work: Workspace, boxes: Group[]): Promise<void> {
  const ask = planned(work, boxes);
  if (ask) await start(work, ask);
}

async function copyPlan(work: Workspace, boxes: Group[]): Promise<void> {
  const ask = planned(work, boxes);
  if (ask) await copyRun(work, ask);
}

/** Where a test is asked for. */
function runsPath({ id }: Workspace, body: RunAsk): Asked {
  return { path: `/api/graphs/${encodeURIComponent(id)}/runs`, body };
}

/** Every group of the circuit and the strongest features, each with controls like it. */
async function runAll(work: Workspace): Promise<void> {
  const groups = testable(work).filter(({ id }) => id !== SELECTION);
  const ask = validateAsk(allPlan.value, groups);
  if (ask.doses?.length === 0) toast(NO_DOSES);
  else await start(work, { kind: "validate", ...ask });
}

async function start(work: Workspace, ask: RunAsk): Promise<void> {
  await running.start(work.id, () => startRun(work.id, ask), runsPath(work, ask));
}

function JobLine({ job: now }: { job: Job }): JSX.Element {
  useActions(STOP);
  return (
    <div class="job" role="status">
      <span>
        {now.state === "queued" ? "waiting for other work" : now.stage}{" "}
        {now.total > 0 && `${count(now.done)} of ${count(now.total)}`}
        {now.eta_secs !== null && `, ${seconds(now.eta_secs)} left`}
      </span>
      <Progress done={now.done} total={now.total} label="Test" />
      <Button kind="quiet" keyName="mod+." act="stop" onClick={() => void stopJob(now.id)}>
        Stop, keep what there is
      </Button>
    </div>
  );
}
