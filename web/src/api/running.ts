// Jobs that a page started: they outlive the page that shows them, and a reload finds them again.

import { signal } from "@preact/signals";
import type { Asked } from "../ui/snippets.ts";
import type { Job, JobKind, JobStarted } from "../wire.ts";
import { jobs as askJobs, follow, isFinal } from "./endpoints.ts";

interface Ends {
  ended: (last: Job) => void;
  failed: (why: unknown) => void;
}

/** The jobs of one kind, at most one for each graph; those of no graph are one place. */
export class Running {
  private readonly jobs = signal<ReadonlyMap<string | null, Job>>(new Map());
  /** Where a job is started or followed: its first state comes later. */
  private readonly taken = new Set<string | null>();

  constructor(
    private readonly kind: JobKind,
    private readonly ends: Ends,
  ) {}

  /** What runs now. */
  of(graph: string | null): Job | null {
    return this.jobs.value.get(graph) ?? null;
  }

  /**
   * Starts a job, unless one runs, and follows it to its end. With `asked`, its request, it can be
   * tried again from the library if it fails.
   */
  async start(
    graph: string | null,
    begin: () => Promise<JobStarted>,
    asked?: Asked,
  ): Promise<void> {
    if (this.taken.has(graph)) return;
    this.taken.add(graph);
    let last: Job;
    try {
      const { job } = await begin();
      last = await follow(job, (step) => {
        // Without the code of it there is a link instead of another try.
        if (asked && !this.of(graph))
          import("./asked.ts")
            .then(({ keepAsked }) => keepAsked(step, asked))
            .catch(() => undefined);
        this.set(graph, step);
      });
    } catch (why) {
      this.ends.failed(why);
      return;
    } finally {
      this.taken.delete(graph);
      this.set(graph, null);
    }
    this.ends.ended(last);
  }

  /**
   * Follows a job that runs already: one of before a reload, or of another window, but none that
   * somebody else follows.
   */
  async adopt(graph: string | null, isOthers: (job: Job) => boolean = () => false): Promise<void> {
    let found: Job | null;
    try {
      const jobs = (await askJobs()).filter((job) => !isOthers(job));
      found = unfinished(jobs, this.kind, graph);
    } catch {
      // The banner says that the server is gone.
      return;
    }
    if (found) {
      const { id } = found;
      await this.start(graph, async () => ({ job: id }));
    }
  }

  private set(graph: string | null, job: Job | null): void {
    const next = new Map(this.jobs.peek());
    if (job) next.set(graph, job);
    else next.delete(graph);
    this.jobs.value = next;
  }
}

/** The oldest job that has not ended, as it is the one that runs; the list has the newest first. */
export function unfinished(jobs: readonly Job[], kind: JobKind, graph: string | null): Job | null {
  return jobs.findLast((job) => job.kind === kind && job.graph === graph && !isFinal(job)) ?? null;
}
