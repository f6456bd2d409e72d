// Exports as commands of the program.

import type { Filters } from "../state/document.ts";
import { graphFile, line, runFile } from "../ui/shell.ts";

/** The page in one file, to the last byte; without a view, the graph file's own groups. */
export function pageCommand(
  id: string,
  of: { view: string | null; runs: readonly number[]; index: string | null },
): string {
  const words = ["connectome", "export", graphFile(id), "--format", "html"];
  if (of.view !== null) words.push("--view", of.view);
  for (const run of of.runs) words.push("--run", runFile(id, run));
  if (of.index !== null) words.push("--features", of.index);
  return line([...words, "--output", `${id}.html`]);
}

/** The pruned graph for the pages of others. */
export function jsonCommand(
  id: string,
  filters: Pick<Filters, "nodeThreshold" | "edgeThreshold">,
): string {
  const { nodeThreshold, edgeThreshold } = filters;
  const pruned = ["--node-threshold", nodeThreshold, "--edge-threshold", edgeThreshold];
  const words = ["connectome", "export", graphFile(id), "--format", "json", ...pruned];
  return line([...words, "--slug", id, "--output", `${id}.json`]);
}
