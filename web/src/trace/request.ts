// The form of a new trace as one value, and what it becomes: a request, or a command.

import { featureId } from "../feature/shape.ts";
import { partsOf } from "../models/words.ts";
import { quoted } from "../ui/shell.ts";
import type { ModelRow, PromptAsk, TargetAsk, TargetsAsk, TraceAsk } from "../wire.ts";

export interface Request {
  model: string;
  text: string;
  /** Tokens instead of a text, from a token strip. */
  ids: number[] | null;
  chat: boolean;
  /** In a chat, what the system says before; empty for nothing. */
  system: string;
  targets: TargetsAsk;
  /** Position of the targets; the last if null. */
  position: number | null;
  expand: "certified" | "exhaustive" | "budget";
  tolerance: number;
  maxNodes: number;
}

/** The likely tokens. */
export const SALIENT: TargetsAsk = { kind: "salient", max: 10, probability: 0.95 };

/** What the form is opened with: some tokens, and what is to be explained after one of them. */
export interface Start {
  model: string;
  ids: readonly number[];
  position: number;
  /** The likely tokens if there are none. */
  targets?: readonly TargetAsk[];
}

/** The address of the form; tokens stand there as ids, features as `L2/46@7` with their position. */
export function newTraceUrl({ model, ids, position, targets = [] }: Start): string {
  const query = new URLSearchParams({ model, ids: ids.join(",") });
  if (position < ids.length - 1) query.set("position", String(position));
  const named = targets.flatMap((one) => {
    if (one.kind === "token") return [String(one.id)];
    return one.kind === "feature" ? [`${featureId(one)}@${position}`] : [];
  });
  if (named.length > 0) query.set("target", named.join(","));
  return `/new?${query}`;
}

/** What such an address says. A feature's position is that of all targets; what is none is left. */
export function readStart(query: URLSearchParams): Pick<Request, "ids" | "position" | "targets"> {
  const ids = query.get("ids");
  let position = query.get("position");
  const targets: TargetAsk[] = [];
  for (const part of query.get("target")?.split(",") ?? []) {
    const [, layer, index, pos] = /^L?(\d+)\/(\d+)(?:@(\d+))?$/.exec(part) ?? [];
    if (layer) targets.push({ kind: "feature", layer: Number(layer), index: Number(index) });
    else if (/^\d+$/.test(part)) targets.push({ kind: "token", id: Number(part) });
    position = pos ?? position;
  }
  return {
    ids: ids ? ids.split(",").map(Number) : null,
    position: position && /^\d+$/.test(position) ? Number(position) : null,
    targets: targets.length > 0 ? { kind: "given", targets } : SALIENT,
  };
}

export function promptAsk(request: Request): PromptAsk {
  const { model, text, ids, chat } = request;
  return { model, text: ids ? null : text, ids, chat, system: systemOf(request) };
}

function systemOf({ ids, chat, system }: Request): string | null {
  return chat && !ids && system.trim() !== "" ? system : null;
}

export function traceAsk(request: Request): TraceAsk {
  const expand: TraceAsk["expand"] =
    request.expand === "certified"
      ? { kind: "certified", tolerance: request.tolerance }
      : request.expand === "budget"
        ? { kind: "budget", max_feature_nodes: request.maxNodes }
        : { kind: "exhaustive" };
  const { targets, position } = request;
  return { prompt: promptAsk(request), targets, position, expand, title: null };
}

/** Why the request cannot be traced; `null` if it can. */
export function whyNotTraced({ ids, text }: Request): string | null {
  return ids === null && text.trim() === "" ? "Write a prompt first." : null;
}

/**
 * What the user says in a text that is a chat turn already, `null` if it is none: in a turn it
 * would be wrapped twice. `empty` and `wrapped` are the tokens of the turns of nothing and of the
 * text; the template puts before it what they begin with alike.
 */
export function turnIn(
  text: string,
  empty: readonly string[],
  wrapped: readonly string[],
): string | null {
  const n = empty.findIndex((token, at) => token !== wrapped[at]);
  if (n < 0) return null;
  const words = (tokens: readonly string[]): string[] =>
    tokens.map((token) => token.trim()).filter(Boolean);
  const before = words(empty.slice(0, n));
  // A token to begin with stands before every text, and need not be written in it.
  const unwritten = /^<.+>$/.test(before[0] ?? "") ? before.slice(1) : before;
  const rest = without(text, before) ?? without(text, unwritten);
  if (unwritten.length === 0 || rest === null) return null;
  return (without(rest, words(empty.slice(n)).reverse(), true) ?? rest).trim();
}

/** A text without words that it begins with, or, from last to first, ends with. */
function without(text: string, words: readonly string[], atEnd = false): string | null {
  let left = text.trim();
  for (const word of words) {
    if (atEnd ? !left.endsWith(word) : !left.startsWith(word)) return null;
    left = (atEnd ? left.slice(0, -word.length) : left.slice(word.length)).trim();
  }
  return left;
}

/** What the command line takes for granted. */
const USUAL = { max: 10, probability: 0.95, tolerance: 0.01 };

/** The same trace on the command line (`connectome trace --help`). */
export function command(request: Request, served: readonly Pick<ModelRow, "name">[] = []): string {
  const prompt = request.ids ? ["--token-ids", request.ids.join(",")] : [quoted(request.text)];
  const { model, dictionary } = partsOf(request.model, served);
  const parts = ["connectome trace", ...prompt, "--model", quoted(model)];
  if (dictionary !== null) parts.push("--transcoder", quoted(dictionary));
  if (request.chat) parts.push("--chat");
  const system = systemOf(request);
  if (system !== null) parts.push("--system", quoted(system));
  parts.push(...targetFlags(request.targets));
  if (request.expand === "exhaustive") parts.push("--exhaustive");
  if (request.expand === "certified" && request.tolerance !== USUAL.tolerance)
    parts.push("--tolerance", String(request.tolerance));
  if (request.expand === "budget") parts.push("--max-feature-nodes", String(request.maxNodes));
  if (request.position !== null) parts.push("--position", String(request.position));
  return parts.join(" ");
}

function targetFlags(targets: TargetsAsk): string[] {
  if (targets.kind === "salient") {
    const flags: string[] = [];
    if (targets.max !== USUAL.max) flags.push("--max-n-logits", String(targets.max));
    if (targets.probability !== USUAL.probability)
      flags.push("--desired-logit-prob", String(targets.probability));
    return flags;
  }
  return targets.targets.flatMap(targetFlag);
}

function targetFlag(target: TargetAsk): string[] {
  switch (target.kind) {
    case "token":
      return ["--target", `id:${target.id}`];
    case "contrast":
      return ["--contrast", `id:${target.plus}`, `id:${target.minus}`];
    case "feature":
      return ["--feature", featureId(target)];
  }
}
