// The foot: counts, what is certain, and whether everything is saved.

import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import type { Saver } from "../state/saver.ts";
import { count, percent } from "../ui/numbers.ts";
import { Button } from "../ui/parts.tsx";
import { Ago } from "./Ago.tsx";
import { Clashing } from "./Clashing.tsx";
import type { Workspace } from "./model.ts";
import { Tested } from "./Tested.tsx";

interface StatusBarProps {
  work: Workspace;
  /** `null` where nothing is saved. */
  saver: Saver | null;
}

export function StatusBar({ work, saver }: StatusBarProps): JSX.Element {
  const head = work.head.value;
  const pack = work.pack.value;
  const kept = work.kept.value;
  return (
    <footer class="status">
      {head && (
        <>
          <span>
            {count(head.counts.nodes)} nodes, {count(head.counts.edges)} edges
          </span>
          {kept && <span>{count(kept.nEdges)} edges kept</span>}
          {kept && kept.nUndetermined > 0 && (
            <span title="Nodes that rows which were not computed might add or remove">
              {count(kept.nUndetermined)} nodes undetermined
            </span>
          )}
          <span title="Influence on the outputs whose origin is not known">
            {percent(head.extent.unresolved)} unresolved
          </span>
          {pack && work.partial.value && (
            <span>
              {count(pack.nEdges)} strongest of {count(pack.nEdgesTotal)} edges here
            </span>
          )}
          <span class="clip">
            {head.provenance.model.name} · {head.provenance.dictionary.name}
          </span>
          {head.extent.partial && <strong>a part of the rows that were asked for</strong>}
        </>
      )}
      <span class="grow" />
      {saver && <Clashing work={work} saver={saver} />}
      <Tested work={work} />
      {saver ? (
        <Saved saver={saver} />
      ) : (
        <span role="status">a file to read: nothing is saved</span>
      )}
    </footer>
  );
}

function Saved({ saver }: { saver: Saver }): JSX.Element | null {
  const state = saver.state.value;
  switch (state.is) {
    case "loading":
      return <span role="status">loading the view…</span>;
    case "saved":
      return (
        <span>
          <span role="status">saved</span> {state.at !== null && <Ago at={state.at} />}
        </span>
      );
    case "saving":
      return <span role="status">saving…</span>;
    case "waiting":
      return <span role="status">kept in this browser, not saved yet</span>;
    // The head says so.
    case "read only":
      return null;
    case "failed":
      return (
        <span role="status" class="negative">
          not saved: {sentence(state.why)}{" "}
          <Button kind="quiet" onClick={() => void saver.flush()}>
            Try again
          </Button>
        </span>
      );
  }
}
