// Requests: the one place that speaks HTTP.
//
// Every failure becomes an `ApiError` with the server's sentence and hint, or says that the
// server is gone. Nothing here retries: the page says what happened and lets a person decide,
// but for `online`, which asks the server again until it answers.

import { signal } from "@preact/signals";
import { answerOf } from "../file/answers.ts";
import { file, NEEDS_SERVER } from "../file/file.ts";

/** What failed, in the server's words. */
export class ApiError extends Error {
  readonly status: number;
  readonly hint: string | null;

  constructor(what: string, hint: string | null, status: number) {
    super(what);
    this.status = status;
    this.hint = hint;
  }
}

/** Status of an answer that never came. */
export const GONE = 0;

/** False while the server does not answer. */
export const online = signal(true);

/** Status of what a page in a file cannot answer. */
const NOT_HERE = 501;

const RETRY_MS = 1500;

export interface Asked {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Statuses of 400 and above that are answers and no errors. */
  answers?: number[];
}

/** Sends one request; answers of 400 and above become an `ApiError`. */
export async function send(path: string, asked: Asked = {}): Promise<Response> {
  if (file) {
    const answer = answerOf(file, path, asked.body);
    if (!answer) throw new ApiError(NEEDS_SERVER, null, NOT_HERE);
    return answer;
  }
  const raw = asked.body instanceof ArrayBuffer || asked.body instanceof Blob;
  const headers: Record<string, string> = { ...asked.headers };
  let body: BodyInit | null = null;
  if (raw) {
    headers["content-type"] = "application/octet-stream";
    body = asked.body as BodyInit;
  } else if (asked.body !== undefined) {
    headers["content-type"] = "application/json";
    body = JSON.stringify(asked.body);
  }
  let response: Response;
  try {
    response = await fetch(path, {
      method: asked.method ?? (asked.body === undefined ? "GET" : "POST"),
      headers,
      body,
      signal: asked.signal ?? null,
      credentials: "same-origin",
    });
  } catch (failure) {
    if (asked.signal?.aborted) throw failure;
    lost();
    throw new ApiError("the server does not answer", "Start `connectome serve` again.", GONE);
  }
  online.value = true;
  if (!response.ok && !asked.answers?.includes(response.status)) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { what: string; hint?: string | null } };
    return new ApiError(error.what, error.hint ?? null, response.status);
  } catch {
    return new ApiError(`the server answered ${response.status}`, null, response.status);
  }
}

/** One request whose answer is JSON. */
export async function json<T>(path: string, asked: Asked = {}): Promise<T> {
  const response = await send(path, asked);
  return (await response.json()) as T;
}

/** Hears how many of an answer's bytes are here. */
export type OnPart = (here: number, total: number) => void;

/** An answer's bytes. Of one that is packed on its way the size is not known, and nobody hears. */
export async function bytesOf(response: Response, onPart?: OnPart): Promise<ArrayBuffer> {
  const { headers, body } = response;
  const total = headers.has("content-encoding") ? 0 : Number(headers.get("content-length"));
  if (!onPart || !body || !total) return response.arrayBuffer();
  const all = new Uint8Array(total);
  const reader = body.getReader();
  let here = 0;
  for (;;) {
    const { done, value } = await reader.read();
    // What broke off is as long as it is, and says so when it is read.
    if (done) return here === total ? all.buffer : all.buffer.slice(0, here);
    all.set(value, here);
    here += value.length;
    onPart(here, total);
  }
}

let waiting = false;

function lost(): void {
  online.value = false;
  if (waiting) return;
  waiting = true;
  const ask = async (): Promise<void> => {
    try {
      const response = await fetch("/api/status", { credentials: "same-origin" });
      online.value = response.ok;
    } catch {
      online.value = false;
    }
    if (online.value) waiting = false;
    else window.setTimeout(() => void ask(), RETRY_MS);
  };
  window.setTimeout(() => void ask(), RETRY_MS);
}

/** A sentence for a person, whatever was thrown. */
export function sentence(failure: unknown): string {
  if (failure instanceof ApiError) return failure.message;
  return failure instanceof Error ? failure.message : String(failure);
}

/** What failed and what may help, as sentences that end: of what was thrown, or of a job. */
export function whyText(why: unknown): string {
  const { what, hint } = Object(why) as { what?: string; hint?: string | null };
  const parts = [what ?? sentence(why), hint];
  return parts.flatMap((part) => (part ? part.replace(/[.]?$/, ".") : [])).join(" ");
}
