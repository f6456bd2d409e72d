// Work under way: each job with its stage and the time that is left, and a way to stop it.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { jobs as askJobs, isFinal } from "../api/endpoints.ts";
import { useMore } from "../ui/more.tsx";
import { count, seconds } from "../ui/numbers.ts";
import { Button, Progress } from "../ui/parts.tsx";
import { stopJob } from "../ui/stop.ts";
import type { Job } from "../wire.ts";

const EVERY_MS = 1000;
/** A batch has a hundred jobs, and one of them runs. */
const FIRST = 6;

export function Jobs({ onFinished }: { onFinished: () => void }): JSX.Element | null {
  const list = useSignal<Job[]>([]);
  useEffect(() => {
    let timer = 0;
    const abort = new AbortController();
    const look = async (): Promise<void> => {
      try {
        const before = list.peek();
        list.value = (await askJobs(abort.signal)).filter((job) => !isFinal(job));
        const left = new Set(list.peek().map((job) => job.id));
        if (before.some((job) => !left.has(job.id))) onFinished();
      } catch {
        // The banner says that the server is gone; the next look may find it again.
      }
      if (!abort.signal.aborted) timer = window.setTimeout(() => void look(), EVERY_MS);
    };
    void look();
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [list, onFinished]);
  const { rows, more } = useMore(list.value, FIRST, ({ state }) => state === "running");
  if (list.value.length === 0) return null;
  return (
    <section class="card" aria-label="Under way">
      <h2>Under way</h2>
      {rows.map((job) => (
        <JobRow key={job.id} job={job} />
      ))}
      {more}
    </section>
  );
}

export function JobRow({ job }: { job: Job }): JSX.Element {
  return (
    <div class="job">
      <span class="grow clip">{job.title}</span>
      <span class="muted">
        {job.state === "queued" ? "waiting" : job.stage}
        {job.total > 0 && ` ${count(job.done)} of ${count(job.total)}`}
        {job.eta_secs !== null && `, ${seconds(job.eta_secs)} left`}
      </span>
      <Progress done={job.done} total={job.total} label={job.title} />
      <Button kind="quiet" onClick={() => void stopJob(job.id)}>
        Stop, keep what there is
      </Button>
    </div>
  );
}
