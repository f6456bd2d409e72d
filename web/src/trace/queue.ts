// The batch under way: started prompt by prompt, followed in the server's list of jobs, kept by the
// browser.
//
// All jobs are looked at in one request: a stream of events for each would take every connection
// that a browser has for one server. Whoever leaves the page loses nothing, as the server works on.

import { effect, signal } from "@preact/signals";
import { ApiError, GONE, sentence } from "../api/client.ts";
import { jobs as askJobs, trace } from "../api/endpoints.ts";
import { go, place } from "../ui/router.ts";
import { stopJob } from "../ui/stop.ts";
import { toast } from "../ui/toast.tsx";
import type { Job } from "../wire.ts";
import {
  type Batch,
  entryAsk,
  graphsOf,
  isEnded,
  newBatch,
  readBatch,
  recurringUrl,
  sentAgain,
  tally,
  withEntry,
  withJobs,
} from "./batch.ts";
import type { Line } from "./prompts.ts";
import type { Request } from "./request.ts";

const KEY = "connectome.batch";
const EVERY_MS = 1000;

/** The last batch that was started, until its list is put away. */
export const batch = signal<Batch | null>(null);
/** Its jobs as they were last seen, for their stages. */
export const stages = signal<ReadonlyMap<string, Job>>(new Map());
/** Whether prompts are being sent to the server. */
export const sending = signal(false);
/** Whether somebody stopped it: the request that is on its way still has to be answered. */
let isStopped = false;

/** Whether work of it is under way. */
export function isUnderWay(now: Batch | null): boolean {
  return now?.entries.some((entry) => entry.job !== null && !isEnded(entry)) ?? false;
}

/** Whether a job is one of the batch. */
export function isOfBatch(job: Pick<Job, "id">): boolean {
  return batch.peek()?.entries.some((entry) => entry.job === job.id) ?? false;
}

let isKept = false;

/** Finds the batch of before a reload, or of another window, and follows it. */
export function adoptBatch(): void {
  if (!isUnderWay(batch.peek()) && !sending.peek()) {
    batch.value = readBatch(localStorage.getItem(KEY)) ?? batch.peek();
  }
  if (!isKept) {
    isKept = true;
    effect(() => keep(batch.value));
  }
  void look();
}

function keep(now: Batch | null): void {
  try {
    if (now) localStorage.setItem(KEY, JSON.stringify(now));
    else localStorage.removeItem(KEY);
  } catch {
    // A browser without room still shows the batch as long as the page is open.
  }
}

export async function startBatch(request: Request, lines: readonly Line[]): Promise<void> {
  adoptBatch();
  if (sending.peek() || isUnderWay(batch.peek())) {
    toast("A batch is under way; start another when it is done.");
    return;
  }
  batch.value = newBatch(request, lines);
  await send();
}

/** Starts those that gave no graph once more. */
export async function retryBatch(): Promise<void> {
  const now = batch.peek();
  if (!now || sending.peek()) return;
  batch.value = sentAgain(now);
  await send();
}

/** Puts the list away; its graphs stay in the library. */
export function forgetBatch(): void {
  const before = batch.peek();
  batch.value = null;
  toast("The list is put away; its graphs are in the library.", () => {
    batch.value ??= before;
  });
}

/**
 * Every prompt that was not sent; one that is refused is named, and the others go on. Ends where
 * the list was put away meanwhile: another one in its place is not written into.
 */
async function send(): Promise<void> {
  const of = batch.peek()?.request;
  const ours = (): Batch | null => (batch.peek()?.request === of ? batch.peek() : null);
  const set = (at: number, to: Partial<Batch["entries"][number]>): void => {
    const now = ours();
    if (now) batch.value = withEntry(now, at, to);
  };
  sending.value = true;
  isStopped = false;
  for (let at = 0; !isStopped && at < (ours()?.entries.length ?? 0); at++) {
    const now = ours();
    const entry = now?.entries[at];
    if (!now || entry?.state !== "unsent") continue;
    try {
      const { job } = await trace(entryAsk(now, entry.text));
      set(at, { state: "queued", job });
      if (isStopped) void stopJob(job);
      void look();
    } catch (why) {
      // The others would fail, too, and can be started when the server is back.
      if (why instanceof ApiError && why.status === GONE) break;
      const hint = why instanceof ApiError ? why.hint : null;
      set(at, { state: "failed", error: { what: sentence(why), hint } });
    }
  }
  sending.value = false;
  tellEnd();
}

/** Stops all that is under way; what waits goes first, so that none of it begins. */
export async function stopBatch(): Promise<void> {
  isStopped = true;
  const now = batch.peek();
  if (!now) return;
  const stopped = now.entries.map((entry) =>
    entry.state === "unsent" ? { ...entry, state: "cancelled" as const } : entry,
  );
  batch.value = { ...now, entries: stopped };
  for (const { job } of now.entries.toReversed().filter((entry) => !isEnded(entry))) {
    if (job !== null && !(await stopJob(job))) return;
  }
}

let isLooking = false;

/** Looks at the server's jobs until all of the batch have ended. */
async function look(): Promise<void> {
  if (isLooking) return;
  isLooking = true;
  while (isUnderWay(batch.peek())) {
    const asked = new Set(batch.peek()?.entries.flatMap(({ job }) => job ?? []));
    try {
      const jobs = await askJobs();
      stages.value = new Map(jobs.map((job) => [job.id, job]));
      const now = batch.peek();
      if (now) batch.value = withJobs(now, jobs, asked);
    } catch {
      // The banner says that the server is gone; the next look may find it again.
    }
    if (!isUnderWay(batch.peek())) tellEnd();
    else await new Promise((later) => setTimeout(later, EVERY_MS));
  }
  isLooking = false;
}

function tellEnd(): void {
  const now = batch.peek();
  // On its own page the list says so.
  if (!now || sending.peek() || isUnderWay(now) || place.peek().path === "/new") return;
  const graphs = graphsOf(now);
  const recurs = graphs.length > 1 ? () => go(recurringUrl(graphs)) : null;
  toast(`The batch is done: ${tally(now)}.`, recurs, "What recurs");
}
