// Versions of a view: every save is one. An old one is opened as a change that can be undone.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import { version, versions, viewRemote } from "../api/endpoints.ts";
import { readView } from "../state/document.ts";
import { Conflict } from "../state/saver.ts";
import { ask } from "../ui/ask.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useLoad } from "../ui/load.ts";
import { bytes, count, date } from "../ui/numbers.ts";
import { Button, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { go } from "../ui/router.ts";
import { toast } from "../ui/toast.tsx";
import { graphAddress, MAIN } from "./address.ts";
import type { Workspace } from "./model.ts";

/** Versions that are listed at once: a view that is worked on has thousands. */
const ROWS = 100;

interface VersionsProps {
  work: Workspace;
  onClose: () => void;
}

export function Versions({ work, onClose }: VersionsProps): JSX.Element {
  const { viewName } = work;
  const { state, again } = useLoad(
    (signal) => versions(work.id, viewName, signal),
    [work.id, viewName],
  );
  const load = state.value;
  const rows = useSignal(ROWS);
  const views = new Set([MAIN, viewName, ...(work.head.value?.views ?? [])]);
  const open = async (number: number): Promise<void> => {
    try {
      const view = readView(await version(work.id, viewName, number));
      if (!view) throw new Error("it was written by a newer page");
      work.take(view);
      onClose();
      toast(`Version ${number} opened. Undo goes back.`);
    } catch (failure) {
      toast(`Version ${number} was not opened: ${sentence(failure)}.`);
    }
  };
  return (
    <Dialog title="Views and versions" onClose={onClose}>
      <div class="row">
        {[...views].map((name) => (
          <Button
            key={name}
            pressed={name === viewName}
            onClick={() => go(graphAddress(work.id, name))}
          >
            {name}
          </Button>
        ))}
        <Button kind="quiet" onClick={() => void nameView(work)}>
          Save as…
        </Button>
      </div>
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

/** Saves the present view under a name of its own and goes on there. */
export async function nameView(work: Workspace): Promise<void> {
  const given = await ask("Save this view as", "Name: small letters, digits, hyphens", "", "Save");
  if (!given) return;
  const name = given
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 64);
  try {
    await viewRemote(work.id, name).save(work.view.peek(), null);
    const head = work.head.peek();
    if (head) work.head.value = { ...head, views: [...new Set([...head.views, name])] };
    go(graphAddress(work.id, name) + location.hash);
    toast(`Saved as ${name}.`);
  } catch (failure) {
    const taken = failure instanceof Conflict;
    toast(taken ? `There is a view ${name} already.` : `Not saved: ${sentence(failure)}.`);
  }
}
