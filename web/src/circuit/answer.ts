// The server's circuit of the boxes, and the scores of the one before.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { circuit as askCircuit } from "../api/endpoints.ts";
import type { Circuit, Scores } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";

const WAIT_MS = 120;

export interface Answered {
  circuit: Circuit;
  /** Scores before the circuit was last changed; `null` where nothing was drawn before. */
  before: Scores | null;
}

/** Asks whenever boxes change, a while after the last change. */
export function useCircuit(work: Workspace): { found: Answered | null; why: string | null } {
  const found = useSignal<Answered | null>(null);
  const why = useSignal<string | null>(null);
  const answered = useRef("");
  const boxes = work.boxes.value;
  const key = boxes.map((box) => `${box.id}:${box.nodes.join(",")}`).join(";");
  // `key` is all that the answer depends on.
  useEffect(() => {
    if (boxes.length === 0) {
      found.value = null;
      return;
    }
    const abort = new AbortController();
    const wait = window.setTimeout(() => {
      askCircuit(work.id, boxes, abort.signal).then(
        (circuit) => {
          const last = found.peek();
          // Asked again for the same boxes, it says nothing of a change.
          const before = answered.current === key ? last?.before : last?.circuit.scores;
          answered.current = key;
          found.value = { circuit, before: before ?? null };
          work.circuit.value = circuit;
          why.value = null;
        },
        (failure) => {
          if (!abort.signal.aborted) why.value = sentence(failure);
        },
      );
    }, WAIT_MS);
    return () => {
      window.clearTimeout(wait);
      abort.abort();
    };
  }, [key, work]);
  return { found: found.value, why: why.value };
}
