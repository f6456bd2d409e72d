// What failed, with its reason, until it is put away: the message of the moment is gone after a
// reload.

import type { JSX } from "preact";
import { askedOf, keepAsked } from "../api/asked.ts";
import { sentence, whyText } from "../api/client.ts";
import { askJob, startAgain } from "../api/endpoints.ts";
import { acts } from "../ui/acts.ts";
import { copyText } from "../ui/clipboard.ts";
import { useActions } from "../ui/keys.ts";
import { useMore } from "../ui/more.tsx";
import { date } from "../ui/numbers.ts";
import { Button } from "../ui/parts.tsx";
import type { Asked } from "../ui/snippets.ts";
import { toastFailure } from "../ui/toast.tsx";
import type { Job, JobKind } from "../wire.ts";
import { anewUrl, dismiss, leaveOut } from "./failed.ts";

const FIRST = 4;

const KINDS: Record<JobKind, string> = { trace: "trace", run: "test", probe: "probe" };

export function Failed({ jobs }: { jobs: readonly Job[] }): JSX.Element | null {
  const { rows, more } = useMore(jobs, FIRST);
  useActions(
    acts("Failed work", [
      ["Shift+a", "Try it again", "again"],
      ["y", "Copy its details", "details"],
      ["x", "Dismiss it", "dismiss"],
      ["Shift+x", "Dismiss all that failed", "dismiss all"],
    ]),
  );
  if (jobs.length === 0) return null;
  return (
    <section class="card" aria-label="Failed">
      <div class="head-row">
        <h2>Failed</h2>
        <span class="grow" />
        {jobs.length > 1 && (
          <Button kind="quiet" keyName="Shift+x" act="dismiss all" onClick={() => dismiss(jobs)}>
            Dismiss all {jobs.length}
          </Button>
        )}
      </div>
      {rows.map((job, at) => (
        <Row key={job.id} job={job} isFirst={at === 0} />
      ))}
      {more}
    </section>
  );
}

function Row({ job, isFirst }: { job: Job; isFirst: boolean }): JSX.Element {
  const asked = askedOf(job);
  const anew = anewUrl(job);
  const what = `${KINDS[job.kind]} of ${date(job.ended ?? job.created)}`;
  const details = `${job.title}\n${what}: ${whyText(job.error)}`;
  return (
    <div class="job" data-row={isFirst ? "now" : ""}>
      <span class="grow clip">{job.title}</span>
      <span class="muted">{what}</span>
      <span class="failed-why">{whyText(job.error)}</span>
      {asked ? (
        <Button keyName="Shift+a" act="again" onClick={() => void again(job, asked)}>
          Try again
        </Button>
      ) : (
        anew && (
          <a class="button" href={anew.href}>
            {anew.text}
          </a>
        )
      )}
      <Button
        kind="quiet"
        keyName="y"
        act="details"
        onClick={() => void copyText(details, "Details copied.")}
      >
        Copy details
      </Button>
      <Button kind="quiet" keyName="x" act="dismiss" onClick={() => dismiss([job])}>
        Dismiss
      </Button>
    </div>
  );
}

/** The same request once more: it stands among what is under way, and may fail again. */
async function again(job: Job, asked: Asked): Promise<void> {
  try {
    const { job: id } = await startAgain(asked);
    leaveOut([job]);
    keepAsked(await askJob(id), asked);
  } catch (why) {
    toastFailure(`Not started: ${sentence(why)}.`);
  }
}
