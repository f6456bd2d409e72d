// The library: every graph, what was done with it, and the work that is under way.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { graphs as askGraphs, status as askStatus } from "../api/endpoints.ts";
import { ask } from "../ui/ask.tsx";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, promptText } from "../ui/numbers.ts";
import { Button, Chip, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { lastUndo } from "../ui/toast.tsx";
import type { GraphRow } from "../wire.ts";
import { Jobs } from "./Jobs.tsx";
import { openAddress, opened, openFiles } from "./open.ts";
import { Row } from "./Row.tsx";
import { Trash } from "./Trash.tsx";

export function Library(): JSX.Element {
  const { state, again } = useLoad((signal) => askGraphs(signal), [], [opened.value]);
  const text = useSignal("");
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
        <input
          id="search"
          type="search"
          placeholder="Search prompts, models, tags"
          aria-label="Search graphs"
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
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
      {load.is === "ready" && load.value.length > 0 && (
        <Rows
          rows={load.value}
          text={text.value}
          onClear={() => (text.value = "")}
          onChange={again}
        />
      )}
      <Trash of={load} onChange={again} />
    </div>
  );
}

function Rows(props: {
  rows: GraphRow[];
  text: string;
  onClear: () => void;
  onChange: () => void;
}): JSX.Element {
  const words = props.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = props.rows.filter((row) => {
    const all = [
      row.title,
      promptText(row.tokens),
      row.target,
      row.model,
      row.dictionary,
      ...row.tags,
      row.id,
    ];
    const where = all.join(" ").toLowerCase();
    return words.every((word) => where.includes(word));
  });
  return (
    <>
      <ul class="graphs">
        {found.map((row) => (
          <Row key={row.id} row={row} onChange={props.onChange} />
        ))}
      </ul>
      {found.length < props.rows.length && (
        <p class="row">
          <Chip onRemove={props.onClear} removeLabel="Show all">
            {count(props.rows.length - found.length)} do not match “{props.text}”
          </Chip>
        </p>
      )}
    </>
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
