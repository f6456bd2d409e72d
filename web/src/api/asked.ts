// Requests of jobs, kept by the browser: the server's record of a job has none, and what failed can
// only be tried again as it was with its request.

import type { Asked } from "../ui/snippets.ts";
import type { Job } from "../wire.ts";

const KEY = "connectome.asked";
/** A request of a probe or a test has some kilobytes. */
const MOST = 40;

type Kept = readonly (readonly [key: string, asked: Asked])[];

/** What tells a job from those of another workspace that was served at this address. */
export const keyOf = ({ id, created }: Pick<Job, "id" | "created">): string => `${id} ${created}`;

/** What the browser has under a name; nothing if it has none, or something else. */
export function listIn<T>(name: string): readonly T[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(name) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** Keeps a list there. Without room, what was kept before is what is left. */
export function keepList(name: string, list: readonly unknown[]): void {
  try {
    localStorage.setItem(name, JSON.stringify(list));
  } catch {
    // A browser without room has no requests to send again; the page says so by a link.
  }
}

export function keepAsked(job: Job, asked: Asked): void {
  const others = (listIn(KEY) as Kept).filter(([key]) => key !== keyOf(job));
  keepList(KEY, [...others.slice(1 - MOST), [keyOf(job), asked]]);
}

/** The request of a job, if this browser sent it. */
export function askedOf(job: Job): Asked | null {
  return (listIn(KEY) as Kept).find(([key]) => key === keyOf(job))?.[1] ?? null;
}
