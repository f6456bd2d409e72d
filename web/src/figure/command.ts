// A figure as the command that draws the same bytes, for the folder of the workspace.

import { graphFile, line, runFile } from "../ui/shell.ts";
import type { FigureAsk } from "../wire.ts";

/** `connectome figure …`, for the workspace's folder; `index` names features, if there is one. */
export function figureCommand(ask: FigureAsk, index: string | null): string {
  const { options } = ask;
  const words = ["connectome", "figure", graphFile(ask.graph)];
  if (ask.view) words.push("--view", ask.view);
  words.push("--layout", options.layout);
  for (const run of ask.runs) words.push("--run", runFile(ask.graph, run));
  if (index !== null) {
    words.push("--features", index);
    if (!options.automatic_names) words.push("--no-automatic-names");
  }
  if (options.title) words.push(`--title=${options.title}`);
  words.push("--outputs", String(options.n_outputs));
  if (!options.baseline) words.push("--no-baseline");
  if (!options.percentages) words.push("--no-percentages");
  if (!options.prompt) words.push("--no-prompt");
  if (!options.footer) words.push("--no-footer");
  if (!options.tints) words.push("--no-tints");
  if (options.min_share > 0) words.push("--min-share", String(options.min_share));
  if (options.theme !== "reader") words.push("--theme", options.theme);
  if (options.width_mm !== null) words.push("--width", String(options.width_mm));
  if (ask.format === "png") words.push("--scale", String(options.scale));
  words.push("--output", `figure.${ask.format}`);
  return line(words);
}
