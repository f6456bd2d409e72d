// Jobs that failed: they stay in the library until somebody puts them away, in this browser.

import { signal } from "@preact/signals";
import { keepList, keyOf, listIn } from "../api/asked.ts";
import { isFinal } from "../api/endpoints.ts";
import { toast } from "../ui/toast.tsx";
import type { Job } from "../wire.ts";

const KEY = "connectome.put-away";
/** As many as the server keeps jobs. */
const MOST = 200;

/** Those that somebody put away. */
export const putAway = signal<readonly string[]>(listIn<string>(KEY));

/** Jobs that ended with an error, be it that the server went; what a person stopped is none. */
export function failedOf(jobs: readonly Job[], away: readonly string[]): Job[] {
  return jobs.filter((job) => isFinal(job) && job.error !== null && !away.includes(keyOf(job)));
}

/** Leaves jobs out of the list. */
export function leaveOut(jobs: readonly Job[]): void {
  // Another window may have put some away.
  const others = [...new Set([...listIn<string>(KEY), ...putAway.peek()])];
  putAway.value = [...others, ...jobs.map(keyOf)].slice(-MOST);
  keepList(KEY, putAway.peek());
}

/** Puts jobs away, and offers them again. */
export function dismiss(jobs: readonly Job[]): void {
  leaveOut(jobs);
  const back = new Set(jobs.map(keyOf));
  const what = jobs.length === 1 ? "It is" : "They are";
  toast(`${what} put away.`, () => {
    putAway.value = putAway.peek().filter((key) => !back.has(key));
    keepList(KEY, putAway.peek());
  });
}

const WORDS = { trace: "New trace with it", run: "Open its graph", probe: "New probe with it" };

/** Where a job that cannot be sent again as it was is started anew. */
export function anewUrl({ kind, title, graph }: Job): { href: string; text: string } | null {
  const text = WORDS[kind];
  if (kind === "trace") return { href: `/new?${new URLSearchParams({ text: title })}`, text };
  if (kind === "probe") return { href: `/probe?${new URLSearchParams({ template: title })}`, text };
  return graph === null ? null : { href: `/g/${encodeURIComponent(graph)}`, text };
}
