// What is fetched around the document: nodes and edges, pruning, complete links, verdicts.

import { batch, effect, type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { type OnPart, online, sentence } from "../api/client.ts";
import {
  pack as askPack,
  run as askRun,
  runs as askRuns,
  edgesOf,
  prune,
} from "../api/endpoints.ts";
import { linksOf, shareOf, strongestFirst } from "../graph/edges.ts";
import { moreEdges, type Pack, readPack } from "../graph/pack.ts";
import { finished } from "../tests/running.ts";
import { newestValidation } from "../tests/verdicts.ts";
import { whenIdle } from "../ui/idle.ts";
import type { Load } from "../ui/load.ts";
import { percent } from "../ui/numbers.ts";
import { setHash } from "../ui/router.ts";
import { say, toastFailure } from "../ui/toast.tsx";
import type { Run } from "../wire.ts";
import { selectionHash } from "./address.ts";
import type { Workspace } from "./model.ts";
import { MOST_ASKED, MOST_EDGES } from "./rest.ts";

/** Edges of the first request: enough to see and walk; the rest follows when the page rests. */
const FIRST_EDGES = 30_000;

export interface Packing {
  value: Load<true>;
  /** Bytes of the first request that are here, and all. */
  part: Signal<readonly [here: number, total: number]>;
  again: () => void;
}

/** Fetches the strongest edges, shows them, then the rest. */
export function usePack(work: Workspace): Packing {
  const state = useSignal<Load<true>>({ is: "loading" });
  const part = useSignal<readonly [number, number]>([0, 0]);
  const round = useSignal(0);
  // `round` asks again. Before the first frame and not after it, as the answer takes as long.
  useLayoutEffect(() => {
    const abort = new AbortController();
    const run = async (): Promise<void> => {
      const onPart: OnPart = (...to) => (part.value = to);
      const first = readPack(await askPack(work.id, FIRST_EDGES, abort.signal, onPart));
      work.pack.value = first;
      state.value = { is: "ready", value: true };
      if (first.nEdges === first.nEdgesTotal || first.nEdgesTotal > MOST_EDGES) return;
      void restOfEdges(work, first, abort.signal);
    };
    run().catch((why: unknown) => {
      if (!abort.signal.aborted) state.value = { is: "failed", why };
    });
    return () => abort.abort();
  }, [work, round.value]);
  return {
    value: state.value,
    part,
    again: () => {
      state.value = { is: "loading" };
      round.value++;
    },
  };
}

/**
 * Ten megabytes at once with the first frame would take the machine from it, so the rest comes when
 * the page rests. What is shown stays if it does not come: the server is asked for each selection.
 */
async function restOfEdges(work: Workspace, first: Pack, signal: AbortSignal): Promise<void> {
  await new Promise<void>((rests) => whenIdle(rests));
  while (!signal.aborted) {
    try {
      const all = readPack(await askPack(work.id, first.nEdgesTotal, signal));
      work.pack.value = moreEdges(first, all);
      return;
    } catch (why) {
      if (signal.aborted) return;
      if (online.peek()) {
        toastFailure(`Only the strongest edges are here: ${sentence(why)}.`);
        work.restFailed.value = sentence(why);
        const round = work.edgesRound.peek();
        await until(() => work.edgesRound.value > round);
        work.restFailed.value = null;
      } else await until(() => online.value);
    }
  }
}

/** Waits for what signals say. */
export function until(is: () => boolean): Promise<void> {
  return new Promise((back) => {
    const stop = effect(() => {
      if (!is()) return;
      back();
      queueMicrotask(() => stop());
    });
  });
}

const PRUNE_WAIT_MS = 60;

/** Asks the server what the thresholds keep, and with which scores. */
export function useKept(work: Workspace): void {
  useEffect(() => {
    let abort = new AbortController();
    let timer = 0;
    let asked = "";
    const stop = effect(() => {
      // Known before the nodes are here, so that both are asked for at once.
      const nNodes = work.head.value?.counts.nodes;
      const round = work.pruneRound.value;
      if (!work.opened.value || !online.value) return;
      const { nodeThreshold, edgeThreshold } = work.view.value.filters;
      const keep = [...work.view.value.pins].sort((a, b) => a - b);
      const key = JSON.stringify([nodeThreshold, edgeThreshold, keep, round]);
      if (nNodes === undefined || key === asked) return;
      // The first answer is part of opening; later ones wait for a slider to rest.
      const wait = asked === "" ? 0 : PRUNE_WAIT_MS;
      asked = key;
      abort.abort();
      abort = new AbortController();
      const { signal } = abort;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        const ask = { node_threshold: nodeThreshold, edge_threshold: edgeThreshold, keep };
        prune(work.id, ask, nNodes, signal).then(
          (kept) =>
            batch(() => {
              work.kept.value = kept;
              work.notPruned.value = null;
            }),
          (why) => {
            if (signal.aborted) return;
            // Asked for again when the server is back.
            if (!online.value) asked = "";
            work.notPruned.value = sentence(why);
          },
        );
      }, wait);
    });
    return () => {
      stop();
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [work]);
}

/** While only the strongest edges are here, asks for all of the selection's. */
export function useComplete(work: Workspace): void {
  useEffect(() => {
    let abort = new AbortController();
    const stop = effect(() => {
      const selection = work.selection.value;
      const pack = work.pack.value;
      const adj = work.adjacency.value;
      // Asks again.
      void work.edgesRound.value;
      abort.abort();
      work.notComplete.value = null;
      if (!pack || !adj || !work.partial.value) return;
      if (selection.length === 0 || selection.length > MOST_ASKED) return;
      abort = new AbortController();
      const { signal } = abort;
      const inside = new Set(selection);
      const absIn = linksOf(pack, adj, selection).absIn;
      Promise.all(selection.map((node) => edgesOf(work.id, node, signal))).then(
        (answers) => {
          const inRaw = new Map<number, number>();
          const outRaw = new Map<number, number>();
          for (const answer of answers) {
            for (const { node, raw } of answer.inputs) {
              if (!inside.has(node)) inRaw.set(node, (inRaw.get(node) ?? 0) + raw);
            }
            for (const { node, raw } of answer.outputs) {
              if (!inside.has(node)) outRaw.set(node, (outRaw.get(node) ?? 0) + raw);
            }
          }
          const inputs = [...inRaw].map(([node, raw]) => ({
            node,
            raw,
            share: shareOf(raw, absIn),
          }));
          const outputs = [...outRaw].map(([node, raw]) => {
            return { node, raw, share: shareOf(raw, pack.absIn[node]) };
          });
          const links = { inputs: strongestFirst(inputs), outputs: strongestFirst(outputs), absIn };
          work.complete.value = { selection, links };
        },
        (why) => {
          if (!signal.aborted) work.notComplete.value = sentence(why);
        },
      );
    });
    return () => {
      stop();
      abort.abort();
    };
  }, [work]);
}

/** Asks for the newest validation, the least of what a workspace opens with, and after each test. */
export function useValidation(work: Workspace): void {
  useEffect(() => {
    let abort = new AbortController();
    let stop: () => void = () => undefined;
    const cancel = whenIdle(() => {
      stop = effect(() => {
        void finished.value;
        abort.abort();
        abort = new AbortController();
        const { signal } = abort;
        newest(work.id, signal).then(
          (run) => {
            if (!signal.aborted) work.validation.value = run;
          },
          // What was there stays; the list of tests says why it cannot be read.
          () => undefined,
        );
      });
    });
    return () => {
      cancel();
      stop();
      abort.abort();
    };
  }, [work]);
}

async function newest(graph: string, signal: AbortSignal): Promise<Run | null> {
  const number = newestValidation(await askRuns(graph, signal));
  return number === null ? null : await askRun(graph, number, signal);
}

/** Says the selection to screen readers. */
export function useSpoken(work: Workspace): void {
  useEffect(
    () =>
      effect(() => {
        const selection = work.selection.value;
        const names = work.names.value;
        const links = work.links.value;
        if (!names || selection.length === 0) return;
        const what =
          selection.length === 1 ? names.full(selection[0]) : `${selection.length} nodes selected`;
        const strongest = links?.inputs[0];
        const input = strongest
          ? `, strongest input ${names.full(strongest.node)} ${strongest.share < 0 ? "minus" : "plus"} ${percent(Math.abs(strongest.share))}`
          : "";
        say(`${what}${input}`);
      }),
    [work],
  );
}

/** The selection in the address, so that a link opens where it was copied. */
export function useUrl(work: Workspace): void {
  useEffect(() => {
    const given = new URLSearchParams(location.hash.slice(1)).get("s");
    if (given && work.selection.peek().length === 0) {
      work.select(
        given
          .split(",")
          .map(Number)
          .filter((node) => Number.isInteger(node) && node >= 0),
      );
    }
    let cancel: () => void = () => undefined;
    const stop = effect(() => {
      const nodes = work.selection.value;
      if (!work.columns.value) return;
      // A change of the address makes Chromium ask for the page's icon again, and draw it.
      cancel();
      cancel = whenIdle(() => setHash(selectionHash(nodes)));
    });
    return () => {
      stop();
      cancel();
    };
  }, [work]);
}
