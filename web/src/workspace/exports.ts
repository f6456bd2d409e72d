// Copies exports as commands.

import { sentence } from "../api/client.ts";
import { runs as askRuns, indexPath, viewRemote } from "../api/endpoints.ts";
import { copyCommand } from "../ui/command.tsx";
import { IN_FOLDER } from "../ui/shell.ts";
import { toast } from "../ui/toast.tsx";
import { jsonCommand, pageCommand } from "./command.ts";
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
    toast(`Not copied: ${sentence(failure)}.`);
  }
}

export async function copyJson(work: Workspace): Promise<void> {
  const command = jsonCommand(work.id, work.view.value.filters);
  await copyCommand(command, `${IN_FOLDER} It leaves this view's pins, groups and names out.`);
}
