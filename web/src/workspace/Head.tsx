// The top of the workspace: the prompt, the outputs, undo, views, share, export.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { exportUrl, pageUrl } from "../api/endpoints.ts";
import { encodeView } from "../state/link.ts";
import type { Saver } from "../state/saver.ts";
import { copyText } from "../ui/clipboard.ts";
import { keyLabel, section, useActions } from "../ui/keys.ts";
import { lazy } from "../ui/lazy.tsx";
import { useMore } from "../ui/more.tsx";
import { percent, tokenText } from "../ui/numbers.ts";
import { Button, Chip, Segments } from "../ui/parts.tsx";
import { openPopover, Popover } from "../ui/popover.tsx";
import { go } from "../ui/router.ts";
import type { ProvenanceRow } from "../wire.ts";
import { graphAddress, MAIN } from "./address.ts";
import { copyPage, copyPruned } from "./exports.ts";
import { lacking } from "./lacking.ts";
import type { Workspace } from "./model.ts";
import { type Mode, mode } from "./room.ts";

const Lacks = lazy(async () => (await import("./Lacks.tsx")).Lacks);
const Versions = lazy(async () => (await import("./Versions.tsx")).Versions);

const MODES: readonly { value: Mode; text: string; title: string }[] = [
  { value: "graph", text: "Graph", title: "The graph on a canvas" },
  { value: "list", text: "List", title: "The same nodes as a list" },
];

export function Head(props: { work: Workspace; saver: Saver | null }): JSX.Element {
  const { work, saver } = props;
  const { head, viewName } = work;
  const undo = work.undoTitle.value;
  const redo = work.redoTitle.value;
  const versions = useSignal(false);
  const saves = (): boolean => !work.readOnly;
  useActions(
    section("Document", [
      ["Shift+v", "Views and versions", () => (versions.value = true), saves],
      ["Shift+s", "Share: copy a link that carries this view", () => void share(work), saves],
      ["Shift+e", "Export…", () => openPopover(EXPORT), saves],
      ["Shift+f", "Figure", () => go(figureOf(work)), saves],
    ]),
  );
  return (
    <div class="bar-row">
      <h1 class="clip" title={head.value?.text}>
        {head.value ? <Prompt work={work} /> : "Loading…"}
      </h1>
      {head.value && <Imported of={head.value.provenance} />}
      <Lacking work={work} />
      <Targets work={work} />
      <span class="row no-print">
        <Segments
          label="View of the graph"
          value={mode.value}
          options={MODES}
          onChange={(value) => {
            mode.value = value;
          }}
        />
        <Button
          kind="quiet"
          keyName="mod+z"
          title={undo ? `Undo: ${undo}` : "Nothing to undo"}
          label="Undo"
          disabled={!undo}
          onClick={() => work.undo()}
        >
          ↶
        </Button>
        <Button
          kind="quiet"
          keyName="mod+Shift+z"
          title={redo ? `Redo: ${redo}` : "Nothing to redo"}
          label="Redo"
          disabled={!redo}
          onClick={() => work.redo()}
        >
          ↷
        </Button>
        {!work.readOnly && (
          <>
            <Button kind="quiet" keyName="Shift+v" onClick={() => (versions.value = true)}>
              {viewName === MAIN ? "Versions" : viewName}
            </Button>
            <Button
              kind="quiet"
              keyName="Shift+s"
              title="Copy a link that carries this view"
              onClick={() => void share(work)}
            >
              Share
            </Button>
            <ExportMenu work={work} saver={saver} />
          </>
        )}
      </span>
      {versions.value && (
        <Versions work={work} saver={saver} onClose={() => (versions.value = false)} />
      )}
    </div>
  );
}

/** What an imported file has and the graph has not; nothing if nothing is missing. */
function Imported({ of: { imported, passed_over } }: { of: ProvenanceRow }): JSX.Element | null {
  if (!passed_over) return null;
  const title = `The imported file${imported ? ` (${imported})` : ""} has nodes of kinds that are not known here, and their links; the graph has not`;
  return (
    <Chip tone="warn" title={title}>
      imported without {passed_over}
    </Chip>
  );
}

/** What is not here of what the graph is about; a click says what to do. */
function Lacking({ work }: { work: Workspace }): JSX.Element | null {
  const open = useSignal(false);
  const texts = lacking(work.head.value, work.nUnseen.value);
  const isPart = !work.readOnly && texts.length > 0;
  const show = (): boolean => (open.value = true);
  useActions(section("Document", [["Shift+a", "What is not here…", show, () => isPart]]));
  if (!isPart) return null;
  return (
    <>
      {texts.map((text) => (
        <button
          key={text}
          type="button"
          class="chip warn"
          title={`What to do (${keyLabel("Shift+a")})`}
          onClick={show}
        >
          {text}
        </button>
      ))}
      {open.value && <Lacks work={work} onClose={() => (open.value = false)} />}
    </>
  );
}

function Prompt({ work }: { work: Workspace }): JSX.Element | null {
  const head = work.head.value;
  if (!head) return null;
  return (
    <>
      {tokenText(head.text)}
      {head.title && <span class="muted normal"> {head.title}</span>}
    </>
  );
}

/** Outputs that are shown before somebody asks for the rest. */
const TARGETS = 5;

/** The explained outputs; a click selects one. */
function Targets({ work }: { work: Workspace }): JSX.Element {
  const names = work.names.value;
  const pack = work.pack.value;
  const nodes = work.targets.value;
  const { rows, more } = useMore(nodes, TARGETS);
  if (!names || !pack || nodes.length === 0) return <span />;
  const last = Math.max(...nodes.map((node) => pack.pos[node]));
  return (
    <span class="tokens" role="group" aria-label="Explained outputs">
      {rows.map((node) => {
        const p = names.targetProbability(node);
        const elsewhere = pack.pos[node] === last ? "" : ` at “${names.token(pack.pos[node])}”`;
        return (
          <button
            key={node}
            type="button"
            class="token"
            aria-pressed={work.selection.value.includes(node)}
            title={p === null ? undefined : "p: the probability that the model gives it"}
            onClick={() => work.select([node])}
          >
            {names.short(node)}
            {elsewhere} {p === null ? "" : `p ${percent(p)}`}
          </button>
        );
      })}
      {more}
    </span>
  );
}

async function share(work: Workspace): Promise<void> {
  const code = await encodeView(work.view.peek(), work.selection.peek());
  await copyText(
    `${location.origin}${graphAddress(work.id, MAIN)}#${code}`,
    "Link copied. It carries this view, and opens where this graph is served.",
  );
}

const EXPORT = "export";

const figureOf = (work: Workspace): string => graphAddress(work.id, work.viewName, "/figure");

function ExportMenu({ work, saver }: { work: Workspace; saver: Saver | null }): JSX.Element {
  const url = (format: string): string =>
    exportUrl(work.id, format, work.viewName, work.view.value.filters);
  return (
    <Popover
      id={EXPORT}
      text="Export"
      title={`(${keyLabel("Shift+e")})`}
      // What is exported is the saved view.
      onOpen={() => void saver?.flush()}
    >
      <a href={url("connectome")} download>
        Graph file, with this view
      </a>
      <a href={pageUrl(work.id, work.viewName)} download>
        Page: this view in one HTML file that opens from disk
      </a>
      <CopyItem what="the page" onClick={() => void copyPage(work)} />
      <a href={url("json")} download>
        JSON for circuit-tracer and Neuronpedia, with this view, pruned as shown
      </a>
      <CopyItem what="the JSON" onClick={() => void copyPruned(work, "json")} />
      <a href={url("csv")} download>
        Edges as CSV, pruned as shown
      </a>
      <CopyItem what="the CSV" onClick={() => void copyPruned(work, "csv")} />
      <a href={figureOf(work)}>Figure: SVG, PDF, PNG</a>
    </Popover>
  );
}

function CopyItem({ what, onClick }: { what: string; onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="menu-copy" onClick={onClick}>
      Copy {what} as a command
    </button>
  );
}
