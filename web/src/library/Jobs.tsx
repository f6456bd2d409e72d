// Work under way, looked at each second, and what failed.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { jobs as askJobs, isFinal } from "../api/endpoints.ts";
import { useMore } from "../ui/more.tsx";
import type { Job } from "../wire.ts";
import { Failed } from "./Failed.tsx";
import { failedOf, putAway } from "./failed.ts";
import { JobRow } from "./JobRow.tsx";

const EVERY_MS = 1000;
/** A batch has a hundred jobs, and one of them runs. */
const FIRST = 6;

export function Jobs({ onFinished }: { onFinished: () => void }): JSX.Element {
  const list = useSignal<Job[]>([]);
  const ended = useSignal<Job[]>([]);
  useEffect(() => {
    let timer = 0;
    const abort = new AbortController();
    const look = async (): Promise<void> => {
      try {
        const before = list.peek();
        const all = await askJobs(abort.signal);
        list.value = all.filter((job) => !isFinal(job));
        const isEnded = all.filter(isFinal);
        // No new list of the same, whose rows would be drawn anew each second.
        if (idsOf(isEnded) !== idsOf(ended.peek())) ended.value = isEnded;
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
  return (
    <>
      {list.value.length > 0 && (
        <section class="card" aria-label="Under way">
          <h2>Under way</h2>
          {rows.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
          {more}
        </section>
      )}
      <Failed jobs={failedOf(ended.value, putAway.value)} />
    </>
  );
}

const idsOf = (jobs: readonly Job[]): string => jobs.map(({ id }) => id).join();
