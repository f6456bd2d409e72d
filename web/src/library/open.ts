// Opening what a person brings: graph files, and addresses of other pages.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { graphs, head, importGraph, pack } from "../api/endpoints.ts";
import { readPack } from "../graph/pack.ts";
import { readAddress, viewOf } from "../state/foreign.ts";
import { encodeView } from "../state/link.ts";
import { count } from "../ui/numbers.ts";
import { go } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import type { GraphRow } from "../wire.ts";

/** Rises with every file that was opened, for lists to be read again. */
export const opened = signal(0);
/** Whether something is being dragged over the page. */
export const dropping = signal(false);

/** Takes what it wants of dropped files; the others are opened as graphs. */
type Taker = (files: readonly File[]) => File[];
let taker: Taker | null = null;

/** Lets a page that is shown have its files before the library. */
export function useTaken(take: Taker): void {
  useEffect(() => {
    taker = take;
    return () => {
      taker = null;
    };
  });
}

/** The view that an address of another page becomes; one's own work stays as it is. */
const ADDRESS_VIEW = "address";

export async function openFiles(files: Iterable<File>): Promise<void> {
  for (const file of files) {
    try {
      const { id, known } = await importGraph(file, file.name);
      toast(known ? `${file.name} was here already.` : `${file.name} opened.`);
      go(`/g/${id}`);
    } catch (failure) {
      toastFailure(`${file.name} was not opened: ${sentence(failure)}.`);
    }
  }
  opened.value++;
}

/** Opens the graph that an address of Neuronpedia or circuit-tracer names, as it shows it. */
export async function openAddress(text: string): Promise<void> {
  const address = readAddress(text.trim());
  if (!address) {
    toast("This address names no graph: one with “slug=” is expected.");
    return;
  }
  try {
    const row = (await graphs()).find((candidate) => isNamed(candidate, address.slug));
    if (!row) {
      const hint = "Download its JSON there, drop it here, then open the address again.";
      toast(`The graph “${address.slug}” is not here. ${hint}`);
      return;
    }
    const [bytes, about] = await Promise.all([pack(row.id, 1), head(row.id)]);
    const { view, selection, missing } = viewOf(address, readPack(bytes), about.targets);
    go(`/g/${row.id}?view=${ADDRESS_VIEW}#${await encodeView(view, selection)}`);
    if (missing.length > 0)
      toast(`${count(missing.length)} of its nodes are not in this graph: ${some(missing)}.`);
  } catch (failure) {
    toastFailure(`The address was not opened: ${sentence(failure)}.`);
  }
}

function isNamed(row: GraphRow, slug: string): boolean {
  return row.id === slug || row.title === slug || row.imported?.includes(`\`${slug}\``) === true;
}

function some(ids: readonly string[]): string {
  return ids.length > 3 ? `${ids.slice(0, 3).join(", ")}, …` : ids.join(", ");
}

/** Files and addresses may be dropped on every page. */
export function useDrop(): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      const kinds = event.dataTransfer?.types ?? [];
      if (!kinds.includes("Files") && !kinds.includes("text/uri-list")) return;
      event.preventDefault();
      dropping.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) dropping.value = false;
    };
    const drop = (event: DragEvent): void => {
      const { dataTransfer } = event;
      if (!dropping.peek() || !dataTransfer) return;
      event.preventDefault();
      dropping.value = false;
      const files = [...dataTransfer.files];
      if (files.length > 0) void openFiles(taker?.(files) ?? files);
      else void openAddress(dataTransfer.getData("text/uri-list"));
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
}
