// The workspace of one graph: loads it, keeps it saved, and lays out its panes.

import { effect, untracked, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { head as askHead, viewRemote } from "../api/endpoints.ts";
import { isReadOnly } from "../api/readOnly.ts";
import { setAtHand } from "../feature/finds.ts";
import { named } from "../feature/naming.ts";
import { file } from "../file/file.ts";
import { Camera } from "../graph/camera.ts";
import type { Command } from "../state/commands.ts";
import { emptyView, readView } from "../state/document.ts";
import { rebase, startHistory } from "../state/history.ts";
import { decodeView } from "../state/link.ts";
import { Saver, type Shown } from "../state/saver.ts";
import { within } from "../state/within.ts";
import { takeTest } from "../tests/link.ts";
import { lazy } from "../ui/lazy.tsx";
import { bytes, nodesText } from "../ui/numbers.ts";
import { Failure, Progress, Skeleton } from "../ui/parts.tsx";
import { place } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { Head } from "./Head.tsx";
import { useKeys } from "./keys.ts";
import { rememberGraph, takePin } from "./last.ts";
import {
  type Packing,
  until,
  useComplete,
  useKept,
  usePack,
  useSpoken,
  useUrl,
  useValidation,
} from "./loading.ts";
import { Workspace } from "./model.ts";
import { Panes } from "./Panes.tsx";
import { StatusBar } from "./StatusBar.tsx";
import { changed as viewsChanged } from "./views.ts";
import { alone, useFamily } from "./windows.ts";

const Tour = lazy(async () => (await import("../help/Tour.tsx")).Tour);

interface WorkspacePageProps {
  id: string;
  viewName: string;
}

export function WorkspacePage({ id, viewName }: WorkspacePageProps): JSX.Element {
  const work = useMemo(() => new Workspace(id, viewName, file !== null), [id, viewName]);
  const camera = useMemo(() => new Camera(), []);
  const failed = useSignal<unknown>(null);
  const round = useSignal(0);
  // A file saves nothing.
  const saver = useMemo(
    () =>
      file
        ? null
        : new Saver(`${id}.${viewName}`, viewRemote(id, viewName), shownBy(work), isReadOnly),
    [id, viewName, work],
  );

  // `round` asks again.
  useLayoutEffect(() => {
    failed.value = null;
    const abort = new AbortController();
    askHead(id, abort.signal).then(
      (head) => {
        work.head.value = head;
        setAtHand.value = head.feature_set;
        if (!file) rememberGraph(head, viewName);
        document.title = `${head.title || head.text} · Connectome`;
      },
      (why) => {
        if (!abort.signal.aborted) failed.value = why;
      },
    );
    return () => abort.abort();
  }, [id, round.value]);

  // The head has the names of features and of views.
  useEffect(() => {
    if (work.head.peek() === null) return;
    const abort = new AbortController();
    askHead(id, abort.signal).then(
      (head) => (work.head.value = head),
      // What is shown stays, under its former names.
      () => undefined,
    );
    return () => abort.abort();
  }, [work, named.value, viewsChanged.value]);

  useLayoutEffect(() => {
    if (!saver) {
      work.history.value = startHistory(readView(file?.view) ?? emptyView());
      work.opened.value = true;
      return;
    }
    const stop = work.onCommand((command) => saver.add(command));
    void open(saver, work).finally(() => {
      if (!work.left.peek()) work.opened.value = true;
    });
    return () => {
      stop();
      saver.close();
    };
  }, [saver, work]);
  useEffect(() => {
    void takeTest(work);
    const stop = takePin(work);
    return () => {
      stop();
      setAtHand.value = null;
      work.destroy();
    };
  }, [work]);

  const packing = usePack(work);
  useKept(work);
  useComplete(work);
  useValidation(work);
  useSpoken(work);
  useUrl(work);
  useFamily(work);
  useKeys(work, camera, saver);

  const one = alone();
  if (failed.value !== null) {
    return (
      <div class="sheet narrow">
        <Failure
          what="This graph could not be opened"
          why={failed.value}
          again={() => {
            round.value++;
          }}
        />
        {!file && (
          <p>
            <a href="/">All graphs</a>
          </p>
        )}
      </div>
    );
  }
  return (
    <div class="workspace">
      <Head work={work} saver={saver} />
      {(one === null || one === "graph") && <FilterBar work={work} />}
      {packing.value.is === "failed" ? (
        <Failure
          what="The graph's nodes could not be loaded"
          why={packing.value.why}
          again={packing.again}
        />
      ) : work.names.value ? (
        <Panes work={work} camera={camera} />
      ) : (
        <Coming of={packing} />
      )}
      <StatusBar work={work} saver={saver} />
      <Touring />
    </div>
  );
}

/** What the saver reads and sets. */
function shownBy(work: Workspace): Shown {
  return {
    view: () => work.view.peek(),
    rebase: (theirs, unsaved) => {
      work.history.value = rebase(work.history.peek(), theirs, unsaved);
    },
    isNew: () => takeFileGroups(work),
  };
}

/** What is loading, with its bytes where they are known. */
function Coming({ of }: { of: Packing }): JSX.Element {
  const [here, total] = of.part.value;
  return (
    <div class="grow">
      {total > 0 && (
        <p class="coming">
          <Progress done={here} total={total} label="Loading the graph" />
          {bytes(here)} of {bytes(total)}
        </p>
      )}
      <Skeleton lines={12} label="Loading the graph" />
    </div>
  );
}

/** The tour, if the address asks for it. */
function Touring(): JSX.Element | null {
  return place.value.query.get("tour") === null ? null : <Tour />;
}

/** A graph file may hold groups and pins: they are the first view, unless one was saved. */
function takeFileGroups(work: Workspace): void {
  const stop = effect(() => {
    const head = work.head.value;
    if (!head) return;
    const { groups, pinned } = head;
    if (groups.length + pinned.length > 0) {
      const pins = [...pinned, ...groups.flatMap((group) => group.nodes)];
      untracked(() =>
        work.do({
          do: "several",
          title: "groups of the file",
          commands: [
            { do: "pin", nodes: pins },
            ...groups.map((group): Command => ({ do: "group", group })),
          ],
        }),
      );
    }
    queueMicrotask(() => stop());
  });
}

/** Opens the saved view, then what a link carries: as a change that can be undone. */
async function open(saver: Saver, work: Workspace): Promise<void> {
  const { hash } = place.peek();
  try {
    await saver.open();
  } catch (failure) {
    toastFailure(
      `The saved view could not be opened: ${sentence(failure)}. It is kept on the server.`,
    );
  }
  const linked = await decodeView(hash);
  if (!linked) return;
  await until(() => work.head.value !== null || work.left.value);
  const nNodes = work.head.peek()?.counts.nodes;
  if (nNodes === undefined || work.left.peek()) return;
  const { view, nMissing } = within(linked.view, nNodes);
  if (nMissing > 0) {
    toast(`The link has ${nodesText(nMissing)} that this graph has not: left out.`);
  }
  work.take(view);
  work.select(linked.selection);
}
