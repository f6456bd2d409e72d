// A test as commands that measure the same: `connectome intervene`, `connectome validate`.

import { KIND, type Pack } from "../graph/pack.ts";
import { written } from "../graph/written.ts";
import { graphFile, line } from "../ui/shell.ts";
import type { EditAsk, Group, InterveneAsk, SwapAsk, ValidateAsk } from "../wire.ts";
import { holdsLayers } from "./plan.ts";
import { featureName, leftOf, type Spots, spotsOf, spotsText } from "./spots.ts";

/** What a command has to know of a graph beside the request. */
export interface Of {
  id: string;
  pack: Pack;
  /** Ids of its tokens. */
  tokens: readonly number[];
  nLayers: number;
}

type Words = (string | number)[];

/** `connectome intervene …`; `there` is the graph of a swap. */
export function interveneCommand(ask: InterveneAsk, here: Of, there: Of | null): string {
  const words: Words = ["connectome", "intervene", "--graph", graphFile(here.id)];
  // Flags hold their values by `=`, as a name may begin with a dash.
  const bySweep = ask.sweep?.kind === "dose";
  const taken = ask.swap && there ? swapSpots(ask.swap, here, there) : new Map();
  const spots = ask.edits.map((edit) => spotsOf(edit, here.pack, here.tokens.length));
  for (const [at, edit] of ask.edits.entries()) {
    // It refuses two changes of one place, of which the server takes the last.
    const left = leftOf(spots[at], [...spots.slice(at + 1), taken]);
    const nodes = left ? spotsText(left, here.tokens.length) : places(edit, here.pack);
    if (nodes === "") continue;
    // An ablation is a setting to 0, and a sweep of its dose sets other values.
    const how = bySweep && edit.how === "ablate" ? "set" : edit.how;
    const value = how === "ablate" || bySweep ? "" : `=${edit.value}`;
    words.push(`--${how}=${nodes}${value}`);
  }
  if (ask.swap && there) words.push(...swapWords(ask.swap, here, there));
  words.push(...answerWords(ask, here, there));
  const watched = ask.groups.flatMap((group) => watchWord(group, here.pack));
  words.push(...(watched.length > 0 ? watched : ["--watch=none"]));
  if (ask.watch.length > 0) words.push("--tokens", ask.watch.map((id) => `id:${id}`).join(","));
  const pos = here.pack.pos[here.pack.kind.indexOf(KIND.target)];
  if (pos !== here.tokens.length - 1) words.push("--position", pos);
  words.push("--top", ask.top_k ?? 10);
  if (ask.sweep?.kind === "dose") words.push(`--sweep=dose=${ask.sweep.values.join(",")}`);
  else if (ask.sweep) words.push("--sweep", ask.sweep.kind.replace("_", "-"));
  else if (ask.n_tokens > 0) words.push("--generate", ask.n_tokens);
  return line(words);
}

const isFeature = (pack: Pack) => (node: number) => pack.kind[node] === KIND.feature;

/**
 * Features of an edit with where it holds. The command line refuses to change one twice at a
 * place, so a feature of several tokens stands once where an edit reaches all of them.
 */
function places({ nodes, positions }: EditAsk, pack: Pack): string {
  const at = (node: number): string => written(pack, node);
  const list = nodes.filter(isFeature(pack)).sort((a, b) => pack.pos[a] - pack.pos[b]);
  if (positions === "own") return [...new Set(list.map(at))].join(",");
  const firsts = new Map<string, string>();
  for (const node of list) {
    const [feature, pos] = at(node).split("@");
    if (!firsts.has(feature)) firsts.set(feature, positions === "all" ? "all" : `${pos}..`);
  }
  return [...firsts].map(([feature, place]) => `${feature}@${place}`).join(",");
}

/** Positions here of another prompt's. */
function shiftOf(swap: SwapAsk, here: Of, there: Of): number {
  return swap.from_end ? here.tokens.length - there.tokens.length : 0;
}

function swapSpots(swap: SwapAsk, here: Of, there: Of): Spots {
  const shift = shiftOf(swap, here, there);
  const own = { nodes: swap.nodes, positions: "own" } as const;
  const spots = spotsOf(own, there.pack, there.tokens.length);
  return new Map(
    [...spots].map(([name, all]) => [name, new Set([...all].map((pos) => pos + shift))]),
  );
}

/**
 * Whether a sweep of the position brings changes of one feature together that the command line,
 * which takes them by kind, may put in another order.
 */
export function meetsInSweep({ edits, sweep }: InterveneAsk, { pack, tokens }: Of): boolean {
  if (sweep?.kind !== "position") return false;
  const does = new Map<string, string>();
  for (const edit of edits) {
    const way = `${edit.how} ${edit.value}`;
    for (const name of spotsOf(edit, pack, tokens.length).keys()) {
      if ((does.get(name) ?? way) !== way) return true;
      does.set(name, way);
    }
  }
  return false;
}

/** Its nodes at the positions here that theirs belong to. */
function swapWords(swap: SwapAsk, here: Of, there: Of): Words {
  const shift = shiftOf(swap, here, there);
  const nodes = swap.nodes.filter(isFeature(there.pack)).map((node) => {
    return `${featureName(there.pack, node)}@${there.pack.pos[node] + shift}`;
  });
  const shared = Math.min(here.tokens.length, there.tokens.length);
  const pairs = Array.from({ length: shared }, (_, pos) => `${pos}=${pos}`).join(",");
  const align = swap.from_end ? "end" : pairs;
  return [
    `--swap=${nodes.join(",")}`,
    "--from-token-ids",
    there.tokens.join(","),
    "--align",
    align,
    ...(swap.times === 1 ? [] : [`--times=${swap.times}`]),
  ];
}

/** What answers. The page holds layers up to the last but one, the command line all of them. */
function answerWords(ask: InterveneAsk, here: Of, there: Of | null): Words {
  const words: Words = [];
  const mode = ask.mode ?? "open";
  if (mode !== "open") words.push("--mode", mode);
  if (holdsLayers(mode)) {
    const layersOf = (nodes: readonly number[], { pack }: Of): number[] =>
      nodes.filter(isFeature(pack)).map((node) => pack.layer[node]);
    const changed = ask.edits.flatMap((edit) => layersOf(edit.nodes, here));
    const taken = ask.swap && there ? layersOf(ask.swap.nodes, there) : [];
    const first = Math.min(...changed, ...taken);
    const [from, to] = ask.layers ?? [first, Math.max(here.nLayers - 1, first + 1)];
    words.push("--layers", `${from}..${ask.sweep?.kind === "end_layer" ? "" : to}`);
  }
  if (ask.attention === "free") words.push("--attention", "free");
  if (ask.norms === "frozen" && mode !== "direct") words.push("--norms", "frozen");
  return words;
}

function watchWord(group: Group, pack: Pack): string[] {
  const nodes = group.nodes.filter(isFeature(pack)).map((node) => written(pack, node));
  return nodes.length > 0 ? [`--watch=${plain(group.name)}=${nodes.join(",")}`] : [];
}

/** A name without what has a meaning in sets of nodes. */
function plain(name: string): string {
  return name.replace(/[,=@\p{Cc}\s]+/gu, " ").trim();
}

/**
 * `connectome validate …` on a copy of the graph that has the groups: the workspace's own file has
 * those that it was made with.
 */
export function validateCommand(ask: ValidateAsk, here: Of): string {
  const copy = `${here.id}.connectome`;
  const commands = [line(["cp", graphFile(here.id), copy])];
  const words: Words = ["connectome", "validate", copy, "--features", ask.n_features];
  const used = new Set<string>();
  for (const { name, nodes } of ask.groups) {
    // What is the name of a feature, or of another group, is none of this one.
    const asked = plain(name)
      .replace(/^(L?\d+\/\d+|none|)$/, "group $1")
      .trim();
    let own = asked;
    for (let n = 2; used.has(own); n++) own = `${asked} ${n}`;
    used.add(own);
    const members = nodes.map((node) => written(here.pack, node));
    commands.push(line(["connectome", "group", "--quiet", copy, "--", own, ...members]));
    words.push(`--supernode=${own}`);
  }
  for (const dose of ask.doses ?? []) words.push(`--dose=${dose}`);
  if (ask.seed) words.push("--seed", ask.seed);
  if (ask.rung) words.push("--rung", ask.rung);
  return [...commands, line(words)].join(" && ");
}
