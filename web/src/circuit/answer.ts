// The server's circuit of the boxes, the scores of the one before, and the circuit with the members of
// groups that are open in place.

import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { online, sentence } from "../api/client.ts";
import { circuit as askCircuit } from "../api/endpoints.ts";
import type { Group } from "../state/document.ts";
import { later } from "../ui/lazy.tsx";
import type { Circuit, Scores } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";

const WAIT_MS = 120;

export interface Answered {
  circuit: Circuit;
  /** Scores before the circuit was last changed; `null` where nothing was drawn before. */
  before: Scores | null;
}

/** Why there was no answer, and how to ask again. */
interface Asking {
  why: string | null;
  again: () => void;
}

/** Asks whenever boxes change, a while after the last change, and when the server is back. */
function useAsked(
  work: Workspace,
  boxes: readonly Group[],
  took: (circuit: Circuit | null, key: string) => void,
): Asking {
  const why = useSignal<string | null>(null);
  const round = useSignal(0);
  const isHere = online.value;
  const key = boxes.map((box) => `${box.id}:${box.nodes.join(",")}`).join(";");
  // `key` is all that the answer depends on; `round` asks again.
  useEffect(() => {
    if (boxes.length === 0) {
      took(null, key);
      why.value = null;
      return;
    }
    if (!isHere) return;
    const abort = new AbortController();
    const wait = window.setTimeout(() => {
      askCircuit(work.id, boxes, abort.signal).then(
        (circuit) => {
          took(circuit, key);
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
  }, [key, work, isHere, round.value]);
  return { why: why.value, again: () => round.value++ };
}

export function useCircuit(work: Workspace): Asking & { found: Answered | null } {
  const found = useSignal<Answered | null>(null);
  const answered = useRef("");
  const asking = useAsked(work, work.boxes.value, (circuit, key) => {
    const last = found.peek();
    // Asked again for the same boxes, it says nothing of a change.
    const before = answered.current === key ? last?.before : last?.circuit.scores;
    answered.current = key;
    found.value = circuit && { circuit, before: before ?? null };
  });
  return { ...asking, found: found.value };
}

type Hulls = typeof import("./hull.ts");

/** The code of hulls, which comes when the first group is open. */
const hulls = signal<Hulls | null>(null);
const withHulls = later(() => import("./hull.ts"));

export interface Opened {
  /** `null` where no group is drawn open. */
  code: Hulls | null;
  /** Ids of groups whose members are drawn. */
  open: ReadonlySet<string>;
  /** All that is drawn as a box: those members, other groups, and single nodes. */
  boxes: Group[];
  /** Of them; `null` where no group is open, or the server has not answered yet. */
  circuit: Circuit | null;
}

/** The same with members in the place of open groups. A file holds but the circuit of its groups. */
export function useOpened(work: Workspace): Opened & Asking {
  const found = useSignal<Circuit | null>(null);
  const boxes = work.boxes.value;
  const names = work.names.value;
  const code = hulls.value;
  const nameOf = (node: number): string => names?.short(node) ?? `node ${node}`;
  const isOpen = ({ open }: Group): boolean => open === true && !work.readOnly;
  const some = boxes.some(isOpen);
  useEffect(() => {
    if (some && !code) withHulls((of) => (hulls.value = of));
  }, [some, code]);
  const asked = useMemo(
    () => (some && code ? code.split(boxes, isOpen, nameOf) : []),
    [boxes, names, code],
  );
  const asking = useAsked(work, asked, (circuit) => (found.value = circuit));
  const circuit = asked.length > 0 ? found.value : null;
  const opened = useMemo((): Opened => {
    const open = code?.openIn(boxes, circuit);
    if (!code || !open || open.size === 0) {
      return { code: null, open: new Set(), boxes, circuit: null };
    }
    const isDrawn = ({ id }: Group): boolean => open.has(id);
    return { code, open, boxes: code.split(boxes, isDrawn, nameOf), circuit };
  }, [boxes, names, circuit, code]);
  return { ...opened, ...asking };
}
