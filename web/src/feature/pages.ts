// Parts of a long list that the server has: asked for as they come into sight, and kept for a while.

import { signal } from "@preact/signals";

/** Rows of one request. */
export const PART = 100;
/** So many are kept: twenty thousand rows. */
const MOST_PARTS = 200;

type Ask<T> = (
  offset: number,
  limit: number,
  signal: AbortSignal,
) => Promise<{ total: number; rows: readonly T[] }>;

export class Pages<T> {
  /** `null` before the first answer. */
  readonly total = signal<number | null>(null);
  readonly failed = signal<unknown>(null);
  /** Rises when rows came. */
  readonly round = signal(0);
  private readonly parts = new Map<number, readonly T[]>();
  private readonly asked = new Map<number, AbortController>();

  private wanted: readonly [from: number, to: number] = [0, 1];

  constructor(private readonly ask: Ask<T>) {}

  row(at: number): T | undefined {
    return this.parts.get(Math.floor(at / PART))?.[at % PART];
  }

  /** Asks for the parts of these rows that are not here; others, if they are under way, no more. */
  need(from: number, to: number): void {
    this.wanted = [from, to];
    const first = Math.floor(Math.max(0, from) / PART);
    const last = Math.floor(Math.max(from, to - 1) / PART);
    for (const [part, abort] of this.asked) {
      if (part >= first && part <= last) continue;
      abort.abort();
      this.asked.delete(part);
    }
    for (let part = first; part <= last; part++) {
      if (!this.parts.has(part) && !this.asked.has(part)) void this.bring(part);
    }
  }

  /** Once more what could not be had. */
  again(): void {
    this.failed.value = null;
    this.need(...this.wanted);
  }

  close(): void {
    for (const abort of this.asked.values()) abort.abort();
    this.asked.clear();
  }

  private async bring(part: number): Promise<void> {
    const abort = new AbortController();
    this.asked.set(part, abort);
    try {
      const { total, rows } = await this.ask(part * PART, PART, abort.signal);
      if (abort.signal.aborted) return;
      this.parts.set(part, rows);
      const [oldest] = this.parts.keys();
      if (this.parts.size > MOST_PARTS) this.parts.delete(oldest);
      this.failed.value = null;
      this.total.value = total;
      this.round.value++;
    } catch (why) {
      if (!abort.signal.aborted) this.failed.value = why;
    } finally {
      if (this.asked.get(part) === abort) this.asked.delete(part);
    }
  }
}
