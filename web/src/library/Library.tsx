// The library: every graph, what was done with it, and the work that is under way.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { graphs as askGraphs, status as askStatus } from "../api/endpoints.ts";
import { ask } from "../ui/ask.tsx";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { Button, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { lastUndo } from "../ui/toast.tsx";
import { Found } from "./Found.tsx";
import { Jobs } from "./Jobs.tsx";
import { openAddress, opened, openFiles } from "./open.ts";
import { nextLayout } from "./shown.ts";
import { Trash } from "./Trash.tsx";

export function Library(): JSX.Element {
  const { state, again } = useLoad((signal) => askGraphs(signal), [], [opened.value]);
  const load = state.value;
  useEffect(() => {
    document.title = "Connectome";
  }, []);
  const address = async (): Promise<void> => {
    const label = "Of a graph on Neuronpedia or on circuit-tracer's page, with its pins and groups";
    const answer = await ask("Open an address", label, "", "Open");
    if (answer) await openAddress(answer);
  };
  useActions(
    section("Library", [
      ["/", "Search graphs", () => document.getElementById("search")?.focus()],
      ["o", "Open a graph file…", () => document.getElementById("open-file")?.click()],
      ["a", "Open an address…", () => void address()],
      ["t", "Thumbnails, or a list", nextLayout],
      [
        "mod+z",
        "Undo the last change, while its message is shown",
        () => lastUndo()?.(),
        () => lastUndo() !== null,
      ],
    ]),
  );
  return (
    <div class="sheet">
      <div class="head-row">
        <h1>Library</h1>
        <span class="grow" />
        <label class="button">
          Open file…
          <input
            id="open-file"
            class="only-read"
            type="file"
            accept=".connectome,.graph,.json,.pt"
            multiple
            onChange={(event) => void openFiles(event.currentTarget.files ?? [])}
          />
        </label>
        <Button keyName="a" onClick={() => void address()}>
          Open address…
        </Button>
      </div>
      <Jobs onFinished={again} />
      {load.is === "loading" && <Skeleton lines={8} label="Loading the library" />}
      {load.is === "failed" && (
        <Failure what="The library could not be read" why={load.why} again={again} />
      )}
      {load.is === "ready" && load.value.length === 0 && <FirstSteps />}
      {load.is === "ready" && load.value.length > 0 && <Found rows={load.value} onChange={again} />}
      <Trash of={load} onChange={again} />
    </div>
  );
}

function FirstSteps(): JSX.Element {
  const { state } = useLoad((signal) => askStatus(signal), []);
  const tour = state.value.is === "ready" ? state.value.value.tour : null;
  return (
    <div class="cards">
      <section class="card">
        <h2>Trace a prompt</h2>
        <Empty
          action={
            <a class="button primary" href="/new">
              New trace
            </a>
          }
        >
          Ask by what steps a model arrives at a word.
        </Empty>
      </section>
      <section class="card">
        <h2>Open a graph file</h2>
        <Empty>Drop a file anywhere on any page: ours, circuit-tracer's or Neuronpedia's.</Empty>
      </section>
      {tour && (
        <section class="card">
          <h2>See an example</h2>
          <Empty action={<a href={`/g/${tour}`}>Open the example</a>}>
            A traced graph came with the program.
          </Empty>
        </section>
      )}
    </div>
  );
}
