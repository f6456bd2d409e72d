// Views renamed, deleted, and put back.
//
// A view under another name is another page to this one, with its own queue of saves. So what is
// not saved yet is saved before its view goes, and the address goes along with the view.

import { sentence } from "../api/client.ts";
import { deleteView, nameView } from "../api/endpoints.ts";
import { remove } from "../library/Trash.tsx";
import type { Saver } from "../state/saver.ts";
import { match, place, setQuery } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import { MAIN } from "./address.ts";
import { changed, viewName } from "./views.ts";

/** A view of a graph; the saver is that of the view which is shown. */
interface Named {
  graph: string;
  name: string;
  saver: Pick<Saver, "flush" | "state"> | null;
}

/** Whether this window shows a view. */
function isShown(graph: string, name: string): boolean {
  const { path, query } = place.peek();
  return match("/g/:id", path)?.id === graph && (query.get("view") ?? MAIN) === name;
}

/** Shows another view in the place of one, if that is shown. */
function follow(graph: string, from: string, to: string): void {
  changed.value++;
  if (isShown(graph, from)) setQuery({ view: to === MAIN ? null : to });
}

/** Saves what waits; false, with a word, if something still does. */
async function isSaved({ graph, name, saver }: Named): Promise<boolean> {
  if (!saver || !isShown(graph, name)) return true;
  await saver.flush();
  const is = saver.state.peek().is === "saved";
  if (!is) toast("The view is not saved yet; try again when it is.");
  return is;
}

export async function renameView(view: Named, text: string): Promise<void> {
  const to = viewName(text);
  if (to === view.name || to === "") return;
  if (await isSaved(view)) await put(view.graph, view.name, to, false);
}

async function put(graph: string, from: string, to: string, isUndo: boolean): Promise<void> {
  try {
    await nameView(graph, from, to);
    follow(graph, from, to);
    const undo = isUndo ? null : () => void put(graph, to, from, true);
    toast(isUndo ? `The view is called ${to} again.` : `The view ${from} is now ${to}.`, undo);
  } catch (failure) {
    toastFailure(`Not renamed: ${sentence(failure)}.`);
  }
}

export async function dropView(view: Named): Promise<void> {
  const { graph, name } = view;
  if (!(await isSaved(view))) return;
  const was = isShown(graph, name);
  let isThere = true;
  await remove(
    `The view ${name}`,
    () => deleteView(graph, name),
    () => {
      isThere = !isThere;
      if (!isThere) follow(graph, name, MAIN);
      else if (was) follow(graph, MAIN, name);
      else changed.value++;
    },
  );
}
