// What a validation said of the circuit's edges.

import type { Group } from "../state/document.ts";
import { plain } from "../ui/numbers.ts";
import type { Run, RunRow, VerdictName } from "../wire.ts";

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
    const key = `${source}>${box}`;
    const test = { verdict, name, dose: result.doses[dose] };
    tests.set(key, [...(tests.get(key) ?? []), test]);
  }
  return new Map([...tests].map(([key, list]) => [key, judged(list)]));
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
