// Every prompt of a batch as the model sees it, before anything is traced: how many tokens it has,
// and which of them the model cannot take.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, GONE, sentence } from "../api/client.ts";
import { tokenize } from "../api/endpoints.ts";
import { entryPrompt } from "./batch.ts";
import type { Line } from "./prompts.ts";
import type { Request } from "./request.ts";
import { askTurnIn } from "./texts.ts";

/** What the server says of a prompt: its tokens, or why it is refused. */
export type Seen =
  | {
      nTokens: number;
      notes: readonly string[];
      /** Whether it is a chat turn already, which the tick wraps in another. */
      isTurn?: boolean;
    }
  | { why: string };

export interface Checked {
  /** By prompt; those that are not here yet are being asked for. */
  seen: ReadonlyMap<string, Seen>;
  /** Why asking was given up; null if it was not. */
  failed: unknown;
  again: () => void;
}

const WAIT_MS = 300;
/** Requests at once: a browser has six connections, and other parts of the page ask, too. */
const AT_ONCE = 4;

/** Asks for each prompt once; what was known before a line was changed stays. */
export function useChecked(lines: readonly Line[], request: Request): Checked {
  const state = useSignal<{ of: string; seen: ReadonlyMap<string, Seen>; failed: unknown }>({
    of: "",
    seen: new Map(),
    failed: null,
  });
  const round = useSignal(0);
  const { model, chat, system } = request;
  const of = JSON.stringify([model, chat, system]);
  const seen = state.value.of === of ? state.value.seen : new Map<string, Seen>();
  const texts = lines.map(({ text }) => text);
  useEffect(() => {
    const abort = new AbortController();
    const known = new Map([...seen].filter(([text]) => texts.includes(text)));
    state.value = { of, seen: known, failed: null };
    const rest = texts.filter((text) => !known.has(text));
    const work = async (): Promise<void> => {
      for (let text = rest.shift(); text !== undefined; text = rest.shift()) {
        const found = await see(request, text, abort.signal);
        if (abort.signal.aborted) return;
        const { seen: before, failed } = state.peek();
        state.value = { of, seen: new Map(before).set(text, found), failed };
      }
    };
    const failed = (why: unknown): void => {
      if (!abort.signal.aborted) state.value = { ...state.peek(), failed: why };
      abort.abort();
    };
    const timer = window.setTimeout(() => {
      for (let n = 0; n < AT_ONCE; n++) work().catch(failed);
    }, WAIT_MS);
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [of, keyOf(texts), round.value]);
  const again = (): void => {
    round.value++;
  };
  return { seen, failed: state.value.failed, again };
}

/** Prompts as one text that no others give: a prompt of a file may have line breaks itself. */
export function keyOf(texts: readonly string[]): string {
  return JSON.stringify(texts);
}

async function see(request: Request, text: string, signal: AbortSignal): Promise<Seen> {
  try {
    const { tokens, notes } = await tokenize(entryPrompt(request, text), signal);
    if (!request.chat) return { nTokens: tokens.length, notes };
    const said = await askTurnIn(request.model, text, signal).catch(() => null);
    return { nTokens: tokens.length, notes, isTurn: said !== null };
  } catch (why) {
    // What a prompt is refused for is told of it; all else is no fault of its own.
    const isRefused = why instanceof ApiError && why.status !== GONE && why.status < 500;
    if (!isRefused) throw why;
    return { why: sentence(why) };
  }
}

/** How many are a chat turn already, and are wrapped twice. */
export function nTurns(lines: readonly Line[], seen: ReadonlyMap<string, Seen>): number {
  const found = lines.map(({ text }) => seen.get(text));
  return found.filter((one) => one !== undefined && "isTurn" in one && one.isTurn).length;
}

export interface Summary {
  /** Those that can be traced. */
  good: Line[];
  /** Those that the model cannot take, and why. */
  bad: { line: number; why: string }[];
  /** Those of which it is not known yet. */
  nLeft: number;
  nTokens: number;
  longest: number;
  /** What is to be said of every prompt alike. */
  notes: string[];
}

export function summed(lines: readonly Line[], seen: ReadonlyMap<string, Seen>): Summary {
  const good: Line[] = [];
  const bad: Summary["bad"] = [];
  const sizes: number[] = [];
  const notes = new Map<string, number>();
  for (const one of lines) {
    const found = seen.get(one.text);
    if (!found) continue;
    if ("why" in found) {
      bad.push({ line: one.line, why: found.why });
      continue;
    }
    good.push(one);
    sizes.push(found.nTokens);
    for (const note of found.notes) notes.set(note, (notes.get(note) ?? 0) + 1);
  }
  const ofAll = [...notes].filter(([, n]) => n > 1 && n === good.length);
  return {
    good,
    bad,
    nLeft: lines.length - good.length - bad.length,
    nTokens: sizes.reduce((sum, size) => sum + size, 0),
    longest: Math.max(0, ...sizes),
    notes: ofAll.map(([note]) => note),
  };
}
