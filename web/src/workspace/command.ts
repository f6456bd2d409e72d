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

/** The pruned graph for the pages of others, or its edges as a table. */
export function prunedCommand(
  id: string,
  format: "json" | "csv",
  of: { view: string | null; filters: Pick<Filters, "nodeThreshold" | "edgeThreshold"> },
): string {
  const { nodeThreshold, edgeThreshold } = of.filters;
  const words = ["connectome", "export", graphFile(id), "--format", format];
  words.push("--node-threshold", String(nodeThreshold), "--edge-threshold", String(edgeThreshold));
  if (of.view !== null) words.push("--view", of.view);
  if (format === "json") words.push("--slug", id);
  return line([...words, "--output", `${id}.${format}`]);
}
