// Copies exports as commands.

import { sentence } from "../api/client.ts";
import { runs as askRuns, indexPath, viewRemote } from "../api/endpoints.ts";
import { copyCommand } from "../ui/command.tsx";
import { IN_FOLDER } from "../ui/shell.ts";
import { toastFailure } from "../ui/toast.tsx";
import { pageCommand, prunedCommand } from "./command.ts";
import type { Workspace } from "./model.ts";

export async function copyPage(work: Workspace): Promise<void> {
  try {
    const [runs, saved, index] = await Promise.all([
      askRuns(work.id),
      viewRemote(work.id, work.viewName).load(),
      indexPath(work.head.value?.feature_set ?? null),
    ]);
    const numbers = runs.map((run) => run.number);
    const view = saved && work.viewName;
    await copyCommand(pageCommand(work.id, { view, runs: numbers, index }), IN_FOLDER);
  } catch (failure) {
    toastFailure(`Not copied: ${sentence(failure)}.`);
  }
}

export async function copyPruned(work: Workspace, format: "json" | "csv"): Promise<void> {
  try {
    const saved = await viewRemote(work.id, work.viewName).load();
    const view = saved && work.viewName;
    const command = prunedCommand(work.id, format, { view, filters: work.view.value.filters });
    await copyCommand(command, IN_FOLDER);
  } catch (failure) {
    toastFailure(`Not copied: ${sentence(failure)}.`);
  }
}
