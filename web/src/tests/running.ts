// Tests under way, and which of the measured ones is shown.

import { signal } from "@preact/signals";
import { sentence } from "../api/client.ts";
import { Running } from "../api/running.ts";
import { toast } from "../ui/toast.tsx";

/** The run that is shown, if a person chose one or it came last. */
export const shown = signal<{ graph: string; number: number } | null>(null);
/** Goes up whenever a test ended: lists of runs are asked for again. */
export const finished = signal(0);

export const running = new Running("run", {
  ended: ({ state, error, graph, result }) => {
    if (state === "failed") toast(`The test failed: ${error?.what ?? "no reason was given"}.`);
    if (graph && result?.run) shown.value = { graph, number: result.run };
    finished.value++;
  },
  failed: (why) => {
    toast(`The test was not run: ${sentence(why)}.`);
    finished.value++;
  },
});
