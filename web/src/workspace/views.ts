// Saved views by their names.

import { signal } from "@preact/signals";
import { sentence } from "../api/client.ts";
import { viewRemote } from "../api/endpoints.ts";
import { Conflict } from "../state/saver.ts";
import { ask } from "../ui/ask.tsx";
import { go } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import { graphAddress } from "./address.ts";
import type { Workspace } from "./model.ts";

/** Goes up whenever views have other names: what lists them asks again. */
export const changed = signal(0);

/** A name as addresses have it; empty if nothing of a text is left. */
export function viewName(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-+|-+$/g, "").slice(0, 64);
}

/** Saves the present view under a name of its own and goes on there. */
export async function nameView(work: Workspace): Promise<void> {
  const given = await ask("Save this view as", "Name: small letters, digits, hyphens", "", "Save");
  const name = viewName(given ?? "");
  if (name === "") return;
  try {
    await viewRemote(work.id, name).save(work.view.peek(), null);
    const head = work.head.peek();
    if (head) work.head.value = { ...head, views: [...new Set([...head.views, name])] };
    go(graphAddress(work.id, name) + location.hash);
    toast(`Saved as ${name}.`);
  } catch (failure) {
    const taken = failure instanceof Conflict;
    if (taken) toast(`There is a view ${name} already.`);
    else toastFailure(`Not saved: ${sentence(failure)}.`);
  }
}
