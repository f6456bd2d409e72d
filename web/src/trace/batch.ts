// A batch: many prompts traced with the same settings, one job each, and how far each is.
//
// The server knows jobs and graphs, not batches: which of them belong together is kept here, and
// by the browser for after a reload. A job is known by its id and the time it was made, as another
// server in the same place gives the same ids.

import type { FailureBody, Job, PromptAsk, TraceAsk } from "../wire.ts";
import type { Line } from "./prompts.ts";
import { promptAsk, type Request, traceAsk } from "./request.ts";

/** The server keeps its last 200 jobs: all of a batch must be among them. */
export const MOST_PROMPTS = 150;
/** The server lays so many graphs side by side. */
export const MOST_RECURRING = 64;

export type EntryState = Job["state"] | "unsent" | "lost";

/** One prompt of a batch. */
export interface Entry extends Line {
  state: EntryState;
  job: string | null;
  /** When its job was made; null before the server told. */
  created: number | null;
  graph: string | null;
  /** Whether the graph has fewer rows than were asked for. */
  partial: boolean;
  error: Pick<FailureBody, "what" | "hint"> | null;
}

export interface Batch {
  /** The form that all were started from, without a prompt. */
  request: Request;
  entries: Entry[];
}

const UNSENT = {
  state: "unsent",
  job: null,
  created: null,
  graph: null,
  partial: false,
  error: null,
} as const;

export function newBatch(request: Request, lines: readonly Line[]): Batch {
  const entries = lines.map(({ line, text }) => ({ line, text, ...UNSENT }));
  return { request: requestOf(request, ""), entries };
}

/** The form for one of the prompts: its own last token, as no other position means the same. */
export function requestOf(request: Request, text: string): Request {
  return { ...request, text, ids: null, position: null };
}

export function entryAsk({ request }: Pick<Batch, "request">, text: string): TraceAsk {
  return traceAsk(requestOf(request, text));
}

export function entryPrompt(request: Request, text: string): PromptAsk {
  return promptAsk(requestOf(request, text));
}

/** Whether nothing more comes of it. */
export function isEnded({ state }: Pick<Entry, "state">): boolean {
  return state !== "unsent" && state !== "queued" && state !== "running";
}

const FORGOTTEN = {
  what: "the server does not know this job any more",
  hint: "If it made a graph, it is in the library.",
};

/**
 * The batch as the server's jobs have it. `asked` are the jobs that were there when the server was
 * asked: one that was started since is not in the answer, and not lost.
 */
export function withJobs(batch: Batch, jobs: readonly Job[], asked: ReadonlySet<string>): Batch {
  const known = new Map(jobs.map((job) => [job.id, job]));
  const entries = batch.entries.map((entry): Entry => {
    if (entry.job === null || isEnded(entry)) return entry;
    const job = known.get(entry.job);
    const isOther = entry.created !== null && job?.created !== entry.created;
    if (!job || isOther) {
      return asked.has(entry.job) ? { ...entry, state: "lost", error: FORGOTTEN } : entry;
    }
    return {
      ...entry,
      state: job.state,
      created: job.created,
      graph: job.result?.graph ?? null,
      partial: job.result?.partial ?? false,
      error: job.error,
    };
  });
  return { ...batch, entries };
}

/** Those that ended without a graph, to be started once more. */
export function untraced(batch: Batch): Entry[] {
  return batch.entries.filter((entry) => entry.state === "unsent" || isFruitless(entry));
}

function isFruitless(entry: Entry): boolean {
  return isEnded(entry) && entry.graph === null;
}

export function sentAgain(batch: Batch): Batch {
  const entries = batch.entries.map((entry) =>
    isFruitless(entry) ? { line: entry.line, text: entry.text, ...UNSENT } : entry,
  );
  return { ...batch, entries };
}

/** The batch with one entry changed. */
export function withEntry(batch: Batch, at: number, to: Partial<Entry>): Batch {
  return {
    ...batch,
    entries: batch.entries.map((entry, place) => (place === at ? { ...entry, ...to } : entry)),
  };
}

/** Graphs in the order of their prompts, each once: alike prompts may be one to the model. */
export function graphsOf(batch: Batch): string[] {
  return [...new Set(batch.entries.flatMap(({ graph }) => graph ?? []))];
}

export function recurringUrl(graphs: readonly string[]): string {
  return `/recurring?g=${graphs.slice(0, MOST_RECURRING).map(encodeURIComponent).join(",")}`;
}

export function compareUrl([a, b]: readonly string[]): string {
  return `/cmp?${new URLSearchParams({ a, b })}`;
}

/** How many of what, as `3 of 12 traced, 1 failed`; those that wait are the rest. */
export function tally(batch: Batch): string {
  const n = (is: (entry: Entry) => boolean): number => batch.entries.filter(is).length;
  const nTraced = n(({ graph }) => graph !== null);
  const parts = [`${nTraced} of ${batch.entries.length} traced`];
  const tell = (words: string, is: (entry: Entry) => boolean): void => {
    const found = n((entry) => entry.graph === null && is(entry));
    if (found > 0) parts.push(`${found} ${words}`);
  };
  tell("failed", ({ state }) => state === "failed");
  tell("stopped", ({ state }) => state === "cancelled");
  tell("lost", ({ state }) => state === "lost");
  tell("not started", ({ state }) => state === "unsent");
  return parts.join(", ");
}

/** A batch that was kept, or `null` if it is none that this page could go on with. */
export function readBatch(text: string | null): Batch | null {
  try {
    const read = JSON.parse(text ?? "null") as Partial<Batch> | null;
    const isWhole =
      typeof read?.request?.model === "string" &&
      Array.isArray(read.entries) &&
      read.entries.every((one) => typeof one.text === "string" && typeof one.state === "string");
    return isWhole ? (read as Batch) : null;
  } catch {
    return null;
  }
}
