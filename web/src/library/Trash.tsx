// What was deleted: put back at once by the message's Undo, or later from the foot of the library.

import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import { emptyTrash, putBack, trash } from "../api/endpoints.ts";
import { acts } from "../ui/acts.ts";
import { sure } from "../ui/ask.tsx";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, date } from "../ui/numbers.ts";
import { Button, Failure } from "../ui/parts.tsx";
import { toast, toastFailure } from "../ui/toast.tsx";
import type { Deleted, TrashRow } from "../wire.ts";

/** Deletes something, and offers to put it back. */
export async function remove(
  what: string,
  deleting: () => Promise<Deleted>,
  onChange: () => void,
): Promise<void> {
  try {
    const { trash: name } = await deleting();
    onChange();
    toast(`${what} is deleted.`, () => void restore(name, onChange));
  } catch (failure) {
    toastFailure(`Not deleted: ${sentence(failure)}.`);
  }
}

async function restore(name: string, onChange: () => void): Promise<void> {
  try {
    await putBack(name);
    onChange();
    toast("It is back.");
  } catch (failure) {
    toastFailure(`Not put back: ${sentence(failure)}.`);
  }
}

/** What a deleted thing is; tests and views are of a graph, which their names in the trash have. */
export function kindText({ kind, name }: TrashRow): string {
  const [, graph, number] = /^run-(.+)-(\d+)$/.exec(name) ?? [];
  if (graph) return `test ${Number(number)} of the graph ${graph}`;
  const [, of] = /^view-([^_]+)_/.exec(name) ?? [];
  return of ? `view of the graph ${of}` : kind;
}

/** Deleted graphs, probes, tests and views; nothing if there are none. `of` changes when there may be others. */
export function Trash({ of, onChange }: { of: unknown; onChange: () => void }): JSX.Element | null {
  const { state, again } = useLoad((signal) => trash(signal), [], [of]);
  useActions(
    acts("What was deleted and has the focus", [
      ["p", "Put it back", "put back"],
      ["Shift+Backspace", "Remove it for good…", "remove"],
    ]),
  );
  const rows = state.value.is === "ready" ? state.value.value : [];
  const changed = (): void => {
    again();
    onChange();
  };
  const forGood = async (row: TrashRow): Promise<void> => {
    const words = `“${row.title}” cannot be put back after that.`;
    if (!(await sure("Remove for good?", words, "Remove for good"))) return;
    try {
      await emptyTrash(row.name);
      again();
    } catch (failure) {
      toastFailure(`Not removed: ${sentence(failure)}.`);
    }
  };
  if (state.value.is === "failed")
    return (
      <Failure what="What was deleted could not be read" why={state.value.why} again={again} />
    );
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>{count(rows.length)} deleted</summary>
      <p class="muted">Kept for {rows[0].kept_days} days, graphs with their views and runs.</p>
      <ul class="graphs">
        {rows.map((row) => (
          <li key={row.name} class="graph-row" data-row="">
            <span class="graph-link">
              <span class="graph-prompt">{row.title}</span>
              <span class="graph-facts">
                <span>{kindText(row)}</span>
                <span>deleted {date(row.deleted)}</span>
              </span>
            </span>
            <Button
              kind="quiet"
              keyName="p"
              act="put back"
              label={`Put back ${row.title}`}
              onClick={() => void restore(row.name, changed)}
            >
              Put back
            </Button>
            <Button
              kind="quiet"
              keyName="Shift+Backspace"
              act="remove"
              label={`Remove ${row.title} for good`}
              title="Remove for good"
              onClick={() => void forGood(row)}
            >
              ✕
            </Button>
          </li>
        ))}
      </ul>
    </details>
  );
}
