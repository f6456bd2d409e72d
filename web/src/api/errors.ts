// Errors that the page did not expect, told to the server's log (`GET /api/log`).
//
// Nothing that anybody wrote goes there. An address names its graph by its prompt, so only the kind
// of page is told; a message may quote what was read, so only those are told that are known to be
// about code, up to their first quote; of the stack, files of the page and places in them.

import { file } from "../file/file.ts";
import type { PageError } from "../wire.ts";
import { ApiError, send } from "./client.ts";

/** So many of one page: a loop that fails must not fill the log. */
const MOST = 10;
const FRAMES = 8;

/** Pages by the first part of their addresses. */
const PAGES = ["", "new", "g", "cmp", "recurring", "features", "f", "probe", "m", "help"];

/** Messages that browsers make of code alone. */
const OF_CODE = [
  /^Cannot (read|set) propert(y|ies) of (undefined|null)/,
  /^Cannot destructure property/,
  /^(can't access property|undefined is not|null is not)/,
  /^[\w.$[\]()]+ is (not (a function|a constructor|iterable|defined)|undefined|null)/,
  /^(Maximum call stack|too much recursion|Invalid array length|Array buffer allocation failed)/,
  /^(Failed to fetch dynamically imported module|error loading dynamically imported module)/i,
];

/** What is told of an error; null if the server knows of it, or it is none. */
export function told(why: unknown, path: string): PageError | null {
  if (why instanceof ApiError || (why as { name?: unknown } | null)?.name === "AbortError") {
    return null;
  }
  const [, first = "", , third] = path.split("/");
  const kind = PAGES.includes(first) ? `/${first}` : "/…";
  const page = third === "figure" ? `${kind}/figure` : kind;
  if (!(why instanceof Error)) return { name: "no error", message: null, page, frames: [] };
  const name = /^\w{1,40}$/.test(why.name) ? why.name : "Error";
  const isOfCode = OF_CODE.some((pattern) => pattern.test(why.message));
  const message = isOfCode ? why.message.split(/["'`“‘]/)[0].slice(0, 200) : null;
  const places = (why.stack ?? "").matchAll(/\/(?:assets|src)\/([\w./-]+\.[jt]sx?):(\d+):(\d+)/g);
  const frames = [...places].map(([, name, row, column]) => `${name}:${row}:${column}`);
  return { name, message, page, frames: frames.slice(0, FRAMES) };
}

const sent = new Set<string>();

/** Tells the server, once of each error; who cannot tell it goes on without. */
export function tell(why: unknown): void {
  const error = told(why, location.pathname);
  if (file || !error || sent.size >= MOST || sent.has(JSON.stringify(error))) return;
  sent.add(JSON.stringify(error));
  send("/api/log", { body: error }).catch(() => undefined);
}

export function listenForErrors(): void {
  window.addEventListener("error", (event) => tell(event.error));
  window.addEventListener("unhandledrejection", (event) => tell(event.reason));
}
