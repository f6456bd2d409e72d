// The form of a new trace as one value, and what it becomes: a request, or a command.

import type { PromptAsk, TargetsAsk, TraceAsk } from "../wire.ts";

export interface Request {
  model: string;
  text: string;
  /** Tokens instead of a text, from a token strip. */
  ids: number[] | null;
  chat: boolean;
  targets: TargetsAsk;
  /** Position of the targets; the last if null. */
  position: number | null;
  expand: "certified" | "exhaustive" | "budget";
  tolerance: number;
  maxNodes: number;
}

export function promptAsk(request: Request): PromptAsk {
  const { model, text, ids, chat } = request;
  return { model, text: ids ? null : text, ids, chat, system: null };
}

export function traceAsk(request: Request): TraceAsk {
  const expand: TraceAsk["expand"] =
    request.expand === "certified"
      ? { kind: "certified", tolerance: request.tolerance }
      : request.expand === "budget"
        ? { kind: "budget", max_feature_nodes: request.maxNodes }
        : { kind: "exhaustive" };
  const { targets } = request;
  // The wire's integer is a number in JSON.
  const position = request.position as unknown as TraceAsk["position"];
  return { prompt: promptAsk(request), targets, position, expand, title: null };
}

/** The same trace on the command line (`connectome trace --help`). */
export function command(request: Request): string {
  const parts = ["connectome trace", quoted(request.text), "--model", quoted(request.model)];
  if (request.chat) parts.push("--chat");
  if (request.expand === "exhaustive") parts.push("--exhaustive");
  if (request.expand === "certified" && request.tolerance !== 0.01)
    parts.push("--tolerance", String(request.tolerance));
  if (request.expand === "budget") parts.push("--max-feature-nodes", String(request.maxNodes));
  if (request.position !== null) parts.push("--position", String(request.position));
  return parts.join(" ");
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
