// A job under way: its stage and the time that is left, and a way to stop it.

import type { JSX } from "preact";
import { STOP } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { count, seconds } from "../ui/numbers.ts";
import { Button, Progress } from "../ui/parts.tsx";
import { stopJob } from "../ui/stop.ts";
import type { Job } from "../wire.ts";

export function JobRow({ job }: { job: Job }): JSX.Element {
  useActions(STOP);
  return (
    <div class="job" data-row={job.state === "running" ? "now" : ""}>
      <span class="grow clip">{job.title}</span>
      <span class="muted">
        {job.state === "queued" ? "waiting" : job.stage}
        {job.total > 0 && ` ${count(job.done)} of ${count(job.total)}`}
        {job.eta_secs !== null && `, ${seconds(job.eta_secs)} left`}
      </span>
      <Progress done={job.done} total={job.total} label={job.title} />
      <Button kind="quiet" keyName="mod+." act="stop" onClick={() => void stopJob(job.id)}>
        Stop, keep what there is
      </Button>
    </div>
  );
}
