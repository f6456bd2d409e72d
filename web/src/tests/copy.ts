// Copies a test as a command, with what it has to know of another graph.

import { sentence } from "../api/client.ts";
import { head as askHead, pack as askPack } from "../api/endpoints.ts";
import { shapeOf } from "../graph/layout.ts";
import { type Pack, readPack } from "../graph/pack.ts";
import { copyCommand } from "../ui/command.tsx";
import { IN_FOLDER } from "../ui/shell.ts";
import { toastFailure } from "../ui/toast.tsx";
import type { GraphHead, RunAsk } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { interveneCommand, meetsInSweep, type Of, validateCommand } from "./command.ts";

function of(head: GraphHead, pack: Pack): Of {
  const tokens = head.tokens.map((token) => token.id);
  return { id: head.id, pack, tokens, nLayers: shapeOf(pack).nLayers };
}

async function otherOf(id: string): Promise<Of> {
  const [head, bytes] = await Promise.all([askHead(id), askPack(id, 0)]);
  return of(head, readPack(bytes));
}

export async function copyRun(work: Workspace, ask: RunAsk): Promise<void> {
  const [head, pack] = [work.head.value, work.pack.value];
  if (!head || !pack) return;
  const here = of(head, pack);
  try {
    if (ask.kind === "validate") {
      await copyCommand(validateCommand(ask, here), `${IN_FOLDER} It tests a copy of the graph.`);
      return;
    }
    const there = ask.swap ? await otherOf(ask.swap.graph) : null;
    // The command line takes one or the other.
    const lacks = [
      ask.sweep && ask.n_tokens > 0 ? "It sweeps, and writes no text." : "",
      meetsInSweep(ask, here) ? "Where changes of one feature meet, another may hold." : "",
    ];
    const more = [IN_FOLDER, ...lacks].filter(Boolean).join(" ");
    await copyCommand(interveneCommand(ask, here, there), more);
  } catch (failure) {
    toastFailure(`Not copied: ${sentence(failure)}.`);
  }
}
