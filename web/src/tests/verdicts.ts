// What validations said of the circuit's edges: the newest one, and the one in the graph file.
//
// The rules of `verdictsOf` and `newestValidation` stand once more in
// `crates/connectome-server/src/store/tested.rs`, which counts for the library: of the main view as
// it was saved. Here they follow edits that are not saved yet, which the server has not seen, and
// give words as well. Change both together.

import type { Group } from "../state/document.ts";
import { count, plain } from "../ui/numbers.ts";
import type { Run, RunRow, VerdictName, VerdictsRow } from "../wire.ts";

/** Where tests of one edge differ, the first of these is the edge's verdict. */
const WORST_FIRST: readonly VerdictName[] = ["contradicted", "weak", "supported"];

/** Beside the colour, which alone would not do. */
export const MARKS: Record<VerdictName, string> = {
  supported: "✓",
  weak: "○",
  contradicted: "✗",
};

export interface EdgeVerdict {
  verdict: VerdictName;
  /** What every test of the edge said. */
  words: string;
  /** Whether the graph came with it. */
  ofFile?: true;
}

/** Edges by `source>target`. */
export type Verdicts = ReadonlyMap<string, EdgeVerdict>;

/** The newest validation that ran to its end, or else the newest; rows come the newest first. */
export function newestValidation(rows: readonly RunRow[]): number | null {
  const found = rows.filter((row) => row.validates);
  return (found.find((row) => !row.partial) ?? found[0])?.number ?? null;
}

/**
 * Verdicts on edges between boxes. An explained output counts for the box that it is in. A group
 * that has changed since was not tested.
 */
export function verdictsOf(
  { ask, result }: Run,
  boxes: readonly Group[],
  targets: readonly { node: number; label: string }[],
): Verdicts {
  if (ask.kind !== "validate" || result.kind !== "validate") return new Map();
  const tested = new Map(ask.groups.map((group) => [group.id, group.nodes]));
  const isAsTested = (box: Group): boolean => sameNodes(tested.get(box.id) ?? [], box.nodes);
  const known = new Map(boxes.filter(isAsTested).map((box) => [box.id, box.name]));
  const columns = result.columns.map((column) => {
    const target = targets[Number(/^target:(\d+)$/.exec(column)?.[1] ?? -1)];
    if (!target)
      return { box: known.has(column) ? column : null, name: known.get(column) ?? column };
    const box = boxes.find((one) => one.nodes.includes(target.node));
    return { box: box?.id ?? null, name: target.label };
  });
  const tests = new Map<string, Test[]>();
  for (const { case: row, column, dose, verdict } of result.cells) {
    const source = result.cases[row]?.group ?? null;
    const { box, name } = columns[column];
    if (source === null || !known.has(source) || box === null || box === source) continue;
    add(tests, `${source}>${box}`, { verdict, name, dose: result.doses[dose] });
  }
  return new Map([...tests].map(([key, list]) => [key, judged(list)]));
}

/**
 * Verdicts that the graph file holds. Its sources were changed one by one, which says nothing of a
 * group that is changed as a whole: only a box of one node has them.
 */
export function verdictsInFile(
  { edges, dose }: VerdictsRow,
  boxes: readonly Group[],
  nameOf: (node: number) => string,
): Verdicts {
  const boxOf = new Map(boxes.flatMap((box) => box.nodes.map((node) => [node, box])));
  const tests = new Map<string, Test[]>();
  for (const { source, target, verdict } of edges) {
    const [from, to] = [boxOf.get(source), boxOf.get(target)];
    if (!from || !to || from === to || from.nodes.length > 1) continue;
    add(tests, `${from.id}>${to.id}`, { verdict, name: nameOf(target), dose });
  }
  return new Map(
    [...tests].map(([key, list]) => {
      const { verdict, words } = judged(list);
      return [key, { verdict, words: `${words}, from the file`, ofFile: true }];
    }),
  );
}

function add(tests: Map<string, Test[]>, key: string, test: Test): void {
  tests.set(key, [...(tests.get(key) ?? []), test]);
}

/** An edge's mark; in brackets where the file has it. */
export function markOf({ verdict, ofFile }: EdgeVerdict): string {
  return ofFile ? `(${MARKS[verdict]})` : MARKS[verdict];
}

/** One cell of the matrix; the name is the column's. */
interface Test {
  verdict: VerdictName;
  name: string;
  dose: number;
}

function judged(tests: readonly Test[]): EdgeVerdict {
  const verdict = WORST_FIRST.find((one) => tests.some((test) => test.verdict === one)) ?? "weak";
  const isOne = new Set(tests.map((test) => test.name)).size === 1;
  const words = tests.map((test) => {
    const what = `${test.verdict} at ${plain(test.dose)} ×`;
    return isOne ? what : `${test.name} ${what}`;
  });
  return { verdict, words: words.join(", ") };
}

export function sameNodes(a: readonly number[], b: readonly number[]): boolean {
  const left = new Set(a);
  return left.size === new Set(b).size && b.every((node) => left.has(node));
}

/** How many of some edges have each verdict, and how many were not tested. */
export function tallied(
  edges: readonly { source: string; target: string }[],
  verdicts: Verdicts,
): Record<VerdictName | "untested", number> {
  const tally = { supported: 0, weak: 0, contradicted: 0, untested: 0 };
  for (const { source, target } of edges) {
    tally[verdicts.get(`${source}>${target}`)?.verdict ?? "untested"]++;
  }
  return tally;
}

/** `8✓ 1✗`; what no edge has is left out. */
export function talliedText(verdicts: Iterable<Pick<EdgeVerdict, "verdict">>): string {
  const tally = { supported: 0, contradicted: 0, weak: 0 };
  for (const { verdict } of verdicts) tally[verdict]++;
  return tallyText(tally);
}

/** The same of edges that are counted already. */
export function tallyText(tally: Record<VerdictName, number>): string {
  return (["supported", "contradicted", "weak"] as const)
    .filter((verdict) => tally[verdict] > 0)
    .map((verdict) => `${count(tally[verdict])}${MARKS[verdict]}`)
    .join(" ");
}
