// What of a graph is not here, what is off without it, and the commands that bring it.

import type { JSX } from "preact";
import { featureSets } from "../api/endpoints.ts";
import { NoIndex } from "../feature/NoIndex.tsx";
import { Command } from "../ui/command.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useLoad } from "../ui/load.ts";
import { count } from "../ui/numbers.ts";
import { Failure, Skeleton } from "../ui/parts.tsx";
import { line } from "../ui/shell.ts";
import type { GraphHead } from "../wire.ts";
import type { Workspace } from "./model.ts";

export function Lacks({ work, onClose }: { work: Workspace; onClose: () => void }): JSX.Element {
  const head = work.head.value!;
  const n = work.nUnseen.value;
  return (
    <Dialog title="What is not here" onClose={onClose}>
      {!head.runnable && <NoModel head={head} />}
      {n > 0 && <NoExamples set={head.feature_set} n={n} of={head.counts.features} />}
    </Dialog>
  );
}

/** A served model and its dictionary by their names, of which a folder may have others. */
export function serveCommand({ model, dictionary }: GraphHead["provenance"]): string | null {
  if (model.name === "") return null;
  const name = model.name.split("@")[0];
  const pair = dictionary.name === "" ? name : `${name}=${dictionary.name}`;
  return line(["connectome", "serve", "--model", pair]);
}

function NoModel({ head }: { head: GraphHead }): JSX.Element {
  const { model } = head.provenance;
  const command = serveCommand(head.provenance);
  return (
    <section class="stack" aria-label="The model">
      <p>
        <strong>
          {model.name ? `The model ${model.name} is not here` : "Its model is not here"}
        </strong>
        : tests and live text are off. The graph, its circuit and the tests that were measured work
        as they are.
      </p>
      {head.not_runnable && <p class="muted">{head.not_runnable}.</p>}
      {command && (
        <>
          <p>Start the server with it, by the names of the hub or by their folders:</p>
          <Command text={command} />
        </>
      )}
    </section>
  );
}

function NoExamples(props: { set: string | null; n: number; of: number }): JSX.Element {
  const { set, n, of } = props;
  const { state, again } = useLoad(
    async (signal) => (set === null ? [] : (await featureSets(signal)).sets),
    [set],
  );
  const load = state.value;
  const found = load.is === "ready" ? load.value.find((one) => one.name === set) : undefined;
  return (
    <section class="stack" aria-label="Examples">
      <p>
        <strong>
          No examples for {count(n)} of {count(of)} features
        </strong>
        : no index of features that is here has them. Their activations and connections are there
        all the same.
      </p>
      {load.is === "loading" && <Skeleton lines={3} />}
      {load.is === "failed" && (
        <Failure what="Dictionaries could not be listed" why={load.why} again={again} />
      )}
      {load.is === "ready" &&
        (!found?.is_run ? (
          <>
            <p>
              Serve its model, or import an index that others made and start the server with it:
            </p>
            <Command text="connectome features import FOLDER --out their.features" />
            <Command text="connectome serve --features their.features" />
          </>
        ) : found.index ? (
          <>
            <p>
              The index <code>{found.index.path}</code> was collected without them. This collects
              anew:
            </p>
            <Command text={found.collect} />
          </>
        ) : (
          <NoIndex set={found} again={() => location.reload()} />
        ))}
    </section>
  );
}
