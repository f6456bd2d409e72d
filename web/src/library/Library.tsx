// The library: every graph, what was done with it, and the work that is under way.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { sentence } from "../api/client.ts";
import {
  graphs as askGraphs,
  status as askStatus,
  deleteGraph,
  patchGraph,
} from "../api/endpoints.ts";
import { ask } from "../ui/ask.tsx";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, date, percent, promptText, score, tokenText } from "../ui/numbers.ts";
import { Button, Chip, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { lastUndo, toast } from "../ui/toast.tsx";
import type { GraphPatch, GraphRow } from "../wire.ts";
import { Jobs } from "./Jobs.tsx";
import { openAddress, opened, openFiles } from "./open.ts";

export function Library(): JSX.Element {
  const { state, again } = useLoad((signal) => askGraphs(signal), [opened.value]);
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
  useActions([
    {
      key: "/",
      title: "Search graphs",
      section: "Library",
      run: () => document.getElementById("search")?.focus(),
    },
    {
      key: "o",
      title: "Open a graph file…",
      section: "Library",
      run: () => document.getElementById("open-file")?.click(),
    },
    { key: null, title: "Open an address…", section: "Library", run: () => void address() },
    {
      key: "mod+z",
      title: "Undo the last change, while its message is shown",
      section: "Library",
      run: () => lastUndo()?.(),
      enabled: () => lastUndo() !== null,
    },
  ]);
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
        <Button onClick={() => void address()}>Open address…</Button>
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

function Row({ row, onChange }: { row: GraphRow; onChange: () => void }): JSX.Element {
  const remove = async (): Promise<void> => {
    if (!window.confirm(`Delete the graph of “${promptText(row.tokens)}” with its views and runs?`))
      return;
    try {
      await deleteGraph(row.id);
      onChange();
    } catch (failure) {
      toast(`Not deleted: ${sentence(failure)}.`);
    }
  };
  return (
    <li class="graph-row">
      <a href={`/g/${row.id}`} class="graph-link">
        <span class="graph-prompt">
          {row.title && <strong>{row.title} </strong>}
          {promptText(row.tokens)}
          <span class="muted"> → </span>
          <strong>{tokenText(row.target)}</strong>{" "}
          <span class="muted">
            {percent(row.target_weight)}
            {row.n_targets > 1 && ` and ${row.n_targets - 1} more`}
          </span>
        </span>
        <span class="graph-facts">
          <span>{row.model}</span>
          <span>
            {count(row.n_nodes)} nodes, {count(row.n_edges)} edges
          </span>
          <span>replacement {score(row.scores.replacement.value)}</span>
          <span>completeness {score(row.scores.completeness.value)}</span>
          <span>
            {row.n_runs > 0
              ? `${count(row.n_runs)} tests`
              : row.has_circuit
                ? "circuit"
                : "no circuit yet"}
          </span>
          <span>{date(row.created)}</span>
          {row.imported && <Chip>imported: {row.imported}</Chip>}
          {row.partial && <Chip tone="warn">partial</Chip>}
          {row.tags.map((tag) => (
            <Chip key={tag}>{tag}</Chip>
          ))}
        </span>
      </a>
      <Button kind="quiet" onClick={() => void retitle(row, onChange)} title="Title and tags">
        Edit
      </Button>
      <Button
        kind="quiet"
        onClick={() => void remove()}
        label={`Delete ${promptText(row.tokens)}`}
        title="Delete"
      >
        ✕
      </Button>
    </li>
  );
}

/** Asks for a title and tags: words, and words after `#`. */
async function retitle(row: GraphRow, onChange: () => void): Promise<void> {
  const now = [row.title, ...row.tags.map((tag) => `#${tag}`)].filter(Boolean).join(" ");
  const text = await ask("Title and tags", "Title, then tags as #two-hop #checked", now, "Keep");
  if (text === null) return;
  const tags = [...text.matchAll(/#(\S+)/g)].map(([, tag]) => tag);
  const title = text.replaceAll(/#\S+/g, "").trim();
  const put = async (to: GraphPatch, told: string, undo: (() => void) | null): Promise<void> => {
    try {
      await patchGraph(row.id, to);
      onChange();
      toast(told, undo);
    } catch (failure) {
      toast(`Not changed: ${sentence(failure)}.`);
    }
  };
  if (text === now) return;
  const before = { title: row.title, tags: row.tags };
  await put({ title, tags }, "Title and tags changed.", () => {
    void put(before, "Title and tags are as they were.", null);
  });
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
