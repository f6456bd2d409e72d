// A graph of the library: what it is, its title and tags, and the way out.

import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import { deleteGraph, patchGraph } from "../api/endpoints.ts";
import { tallyText } from "../tests/verdicts.ts";
import { ask } from "../ui/ask.tsx";
import { count, counted, date, percent, promptText, score, tokenText } from "../ui/numbers.ts";
import { Button, Chip } from "../ui/parts.tsx";
import { toast, toastFailure } from "../ui/toast.tsx";
import type { CircuitTests, GraphPatch, GraphRow } from "../wire.ts";
import { Thumbnail } from "./Thumbnail.tsx";
import { remove } from "./Trash.tsx";

interface RowProps {
  row: GraphRow;
  onChange: () => void;
  /** Whether the graph is drawn above its facts. */
  picture: boolean;
}

export function Row({ row, onChange, picture }: RowProps): JSX.Element {
  return (
    <li class="graph-row" data-row="">
      {picture && <Thumbnail id={row.id} />}
      <a href={`/g/${row.id}`} class="graph-link">
        <span class="graph-prompt">
          {row.title && <strong>{row.title} </strong>}
          {promptText(row.tokens)}
          <span class="muted"> → </span>
          <strong>{tokenText(row.target)}</strong>{" "}
          <span class="muted" title="p: the probability that the model gives it">
            {/* A contrast or a feature has no probability; its weight is 1. */}
            {row.target_weight < 1 && `p ${percent(row.target_weight)}`}
            {row.n_targets > 1 && ` and ${row.n_targets - 1} more`}
          </span>
        </span>
        <span class="graph-facts">
          <span title="model, dictionary">
            {[row.model, row.dictionary].filter(Boolean).join(", ")}
          </span>
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
          {row.tested && (
            <span title={testedTitle(row.tested)}>edges tested {tallyText(row.tested)}</span>
          )}
          <span>{date(row.created)}</span>
          {row.imported && <Chip>imported: {row.imported}</Chip>}
          {row.partial && <Chip tone="warn">partial</Chip>}
          {row.tags.map((tag) => (
            <Chip key={tag}>{tag}</Chip>
          ))}
        </span>
      </a>
      <Button
        kind="quiet"
        keyName="e"
        act="edit"
        onClick={() => void retitle(row, onChange)}
        title="Title and tags"
      >
        Edit
      </Button>
      <Button
        kind="quiet"
        keyName="Backspace"
        act="delete"
        onClick={() => void remove("The graph", () => deleteGraph(row.id), onChange)}
        label={`Delete ${promptText(row.tokens)}`}
        title="Delete"
      >
        ✕
      </Button>
    </li>
  );
}

/** What the signs of a row's tests mean, and of what they are. */
export function testedTitle({ run, supported, weak, contradicted }: CircuitTests): string {
  const all = counted(supported + weak + contradicted, "edge");
  return `Of the circuit that is saved, ${all} by test #${run}: ✓ supported, ✗ contradicted, ○ weak`;
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
      toastFailure(`Not changed: ${sentence(failure)}.`);
    }
  };
  if (text === now) return;
  const before = { title: row.title, tags: row.tags };
  await put({ title, tags }, "Title and tags changed.", () => {
    void put(before, "Title and tags are as they were.", null);
  });
}
