// Views of a graph, and the versions of the one that is shown: every save is one. An old one is
// opened as a change that can be undone.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import { version, versions } from "../api/endpoints.ts";
import { readOnly } from "../api/readOnly.ts";
import { readView } from "../state/document.ts";
import type { Saver } from "../state/saver.ts";
import { ask } from "../ui/ask.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useLoad } from "../ui/load.ts";
import { bytes, count, date } from "../ui/numbers.ts";
import { Button, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { go } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import { graphAddress, MAIN } from "./address.ts";
import type { Workspace } from "./model.ts";
import { dropView, renameView } from "./renaming.ts";
import { nameView } from "./views.ts";

/** Versions that are listed at once: a view that is worked on has thousands. */
const ROWS = 100;

interface VersionsProps {
  work: Workspace;
  saver: Saver | null;
  onClose: () => void;
}

export function Versions({ work, saver, onClose }: VersionsProps): JSX.Element {
  const { viewName } = work;
  const { state, again } = useLoad(
    async (signal) => {
      // What was done a moment ago is a version, too; if it cannot be saved, the foot says so.
      await saver?.flush();
      return versions(work.id, viewName, signal);
    },
    [work.id, viewName],
  );
  const load = state.value;
  const rows = useSignal(ROWS);
  const open = async (number: number): Promise<void> => {
    try {
      const view = readView(await version(work.id, viewName, number));
      if (!view) throw new Error("it was written by a newer page");
      work.take(view);
      onClose();
      toast(`Version ${number} opened. Undo goes back.`);
    } catch (failure) {
      toastFailure(`Version ${number} was not opened: ${sentence(failure)}.`);
    }
  };
  return (
    <Dialog title="Views and versions" onClose={onClose}>
      <Views
        work={work}
        saver={saver}
        isSaved={load.is === "ready" && load.value.length > 0}
        onClose={onClose}
      />
      {load.is === "loading" && <Skeleton lines={4} />}
      {load.is === "failed" && (
        <Failure what="Versions could not be read" why={load.why} again={again} />
      )}
      {load.is === "ready" && load.value.length === 0 && (
        <Empty>Nothing was saved in this view yet.</Empty>
      )}
      {load.is === "ready" && load.value.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>version</th>
              <th>saved</th>
              <th class="number">size</th>
              <th>
                <span class="only-read">action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {load.value.slice(0, rows.value).map((row) => (
              <tr key={row.version}>
                <td>{row.version}</td>
                <td>{date(row.saved)}</td>
                <td class="number">{bytes(row.bytes)}</td>
                <td class="number">
                  <Button kind="quiet" onClick={() => void open(row.version)}>
                    Open
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {load.is === "ready" && load.value.length > rows.value && (
        <p class="row note">
          The newest {count(rows.value)} of {count(load.value.length)}.
          <Button kind="quiet" onClick={() => (rows.value += ROWS)}>
            {count(Math.min(ROWS, load.value.length - rows.value))} more
          </Button>
        </p>
      )}
    </Dialog>
  );
}

/** `isSaved`: whether the server has the view that is shown. */
function Views(props: VersionsProps & { isSaved: boolean }): JSX.Element {
  const { work, saver, isSaved, onClose } = props;
  const { id: graph, viewName } = work;
  const saved = new Set(work.head.value?.views ?? []);
  if (isSaved) saved.add(viewName);
  const rename = async (name: string): Promise<void> => {
    const label = "Name: small letters, digits, hyphens";
    const text = await ask(`Name the view ${name}`, label, name, "Rename");
    if (text) await renameView({ graph, name, saver }, text);
    // Under its new name it is another page.
    if (text && name === viewName) onClose();
  };
  const drop = async (name: string): Promise<void> => {
    if (name === viewName) onClose();
    await dropView({ graph, name, saver });
  };
  return (
    <section class="stack" aria-label="Views">
      <ul class="runs">
        {[...new Set([MAIN, viewName, ...saved])].map((name) => (
          <li key={name}>
            <button
              type="button"
              class="link"
              aria-pressed={name === viewName}
              onClick={() => go(graphAddress(graph, name))}
            >
              <span class="grow clip">{name}</span>
              {name === MAIN && <small>what the graph's address shows</small>}
              {!saved.has(name) && <small>not saved yet</small>}
            </button>
            {name !== MAIN && saved.has(name) && !readOnly.value && (
              <>
                <Button
                  kind="quiet"
                  title="Rename"
                  label={`Rename the view ${name}`}
                  onClick={() => void rename(name)}
                >
                  ✎
                </Button>
                <Button
                  kind="quiet"
                  title="Delete"
                  label={`Delete the view ${name}`}
                  onClick={() => void drop(name)}
                >
                  ✕
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
      {!readOnly.value && (
        <p>
          <Button kind="quiet" onClick={() => void nameView(work)}>
            Save as…
          </Button>
        </p>
      )}
    </section>
  );
}
