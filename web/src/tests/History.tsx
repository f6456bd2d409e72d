// The measured tests of a graph: each is shown, renamed, deleted.

import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import { deleteRun, nameRun } from "../api/endpoints.ts";
import { readOnly } from "../api/readOnly.ts";
import { remove } from "../library/Trash.tsx";
import { acts } from "../ui/acts.ts";
import { ask } from "../ui/ask.tsx";
import { useActions } from "../ui/keys.ts";
import type { Load } from "../ui/load.ts";
import { date } from "../ui/numbers.ts";
import { Button, Failure } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import type { RunRow } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { finished } from "./running.ts";

export function History(props: {
  work: Workspace;
  load: Load<RunRow[]>;
  /** The one that is shown. */
  number: number | null;
  again: () => void;
}): JSX.Element | null {
  const { work, load, number } = props;
  useActions(
    acts("The test that has the focus, or is shown", [
      ["b n", "Rename it", "rename"],
      ["b d", "Delete it", "delete"],
    ]),
  );
  if (load.is === "failed")
    return <Failure what="Runs could not be listed" why={load.why} again={props.again} />;
  if (load.is === "loading" || load.value.length === 0) return null;
  return (
    <section aria-label="Runs">
      <h3>Runs</h3>
      <ul class="runs">
        {load.value.map((row) => (
          <li key={row.number} data-row={row.number === number ? "now" : ""}>
            <button
              type="button"
              class="link"
              aria-pressed={row.number === number}
              onClick={() => setQuery({ run: String(row.number) })}
              title={date(row.created)}
            >
              <span class="muted">#{row.number}</span>
              <span class="grow clip">{row.name}</span>
              {row.validates && <small>matrix</small>}
              {row.partial && <small>partial</small>}
            </button>
            {!work.readOnly && !readOnly.value && (
              <>
                <Button
                  kind="quiet"
                  keyName="b n"
                  act="rename"
                  title="Rename"
                  label={`Rename test ${row.number}`}
                  onClick={() => void rename(work.id, row)}
                >
                  ✎
                </Button>
                <Button
                  kind="quiet"
                  keyName="b d"
                  act="delete"
                  title="Delete"
                  label={`Delete test ${row.number}`}
                  onClick={() => void drop(work.id, row.number)}
                >
                  ✕
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

async function rename(graph: string, { number, name }: RunRow): Promise<void> {
  const text = await ask(`Name test ${number}`, "Name", name, "Rename");
  if (!text || text === name) return;
  const put = async (to: string, told: string, undo: (() => void) | null): Promise<void> => {
    try {
      await nameRun(graph, number, to);
      finished.value++;
      toast(told, undo);
    } catch (failure) {
      toastFailure(`Not renamed: ${sentence(failure)}.`);
    }
  };
  await put(text, `Test ${number} is renamed.`, () => {
    void put(name, `Test ${number} is called as it was.`, null);
  });
}

async function drop(graph: string, number: number): Promise<void> {
  await remove(
    `Test ${number}`,
    () => deleteRun(graph, number),
    () => {
      if (place.peek().query.get("run") === String(number)) setQuery({ run: null });
      finished.value++;
    },
  );
}
