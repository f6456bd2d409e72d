// The circuit: groups and pinned nodes on ranks, edges between them, scores.
//
// Ranks, places and edge weights are the server's; a place that a person gave by dragging wins.
// SVG, as a circuit has some dozens of boxes: its text can be selected and read aloud.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { circuit as askCircuit, run as askRun, runs as askRuns } from "../api/endpoints.ts";
import type { Group } from "../state/document.ts";
import { finished } from "../tests/running.ts";
import {
  type EdgeVerdict,
  MARKS,
  newestValidation,
  tallied,
  type Verdicts,
  verdictsOf,
} from "../tests/verdicts.ts";
import { useLoad } from "../ui/load.ts";
import { count, score, signedShare } from "../ui/numbers.ts";
import { Button, Empty } from "../ui/parts.tsx";
import type { Circuit, CircuitEdge, Run } from "../wire.ts";
import { graphAddress } from "../workspace/address.ts";
import type { Workspace } from "../workspace/model.ts";
import { addNote, CircuitActions } from "./actions.tsx";
import { BoxView } from "./BoxView.tsx";
import { NoteView } from "./NoteView.tsx";
import { BOX, boxPlaces, extent, landings, type Placed } from "./places.ts";
import { Suggest } from "./Suggest.tsx";

const WAIT_MS = 120;

export function CircuitPane({ work }: { work: Workspace }): JSX.Element {
  const found = useSignal<Circuit | null>(null);
  const why = useSignal<string | null>(null);
  const suggesting = useSignal(false);
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
          found.value = circuit;
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
  const circuit = found.value;
  return (
    <section class="circuit" aria-label="Circuit">
      <header class="pane-head">
        <h2>Circuit</h2>
        {circuit && (
          <span class="scores">
            replacement <strong>{score(circuit.scores.replacement.value)}</strong> completeness{" "}
            <strong>{score(circuit.scores.completeness.value)}</strong>
          </span>
        )}
        <span class="grow" />
        {!work.readOnly && (
          <>
            <Button
              onClick={() => (suggesting.value = !suggesting.value)}
              pressed={suggesting.value}
            >
              Suggest groups
            </Button>
            <CircuitActions work={work} />
            <Button kind="quiet" onClick={() => void addNote(work)} title="A text on the circuit">
              Note
            </Button>
            <a class="button" href={graphAddress(work.id, work.viewName, "/figure")}>
              Figure
            </a>
          </>
        )}
      </header>
      {why.value && (
        <p class="note negative">The circuit's edges could not be computed: {why.value}.</p>
      )}
      {suggesting.value && <Suggest work={work} onClose={() => (suggesting.value = false)} />}
      {boxes.length === 0 ? (
        <Empty>
          Pin nodes (<kbd>p</kbd>) or group them (<kbd>g</kbd>), and the circuit of what you pinned
          is drawn here.
        </Empty>
      ) : (
        <Canvas work={work} boxes={boxes} circuit={circuit} />
      )}
    </section>
  );
}

function Canvas(props: { work: Workspace; boxes: Group[]; circuit: Circuit | null }): JSX.Element {
  const { work, boxes, circuit } = props;
  const dragged = useSignal<{ id: string; x: number; y: number } | null>(null);
  const places = boxPlaces(boxes, circuit, work.view.value.places, dragged.value);
  const { width, height } = extent(places, work.view.value.notes);
  const edges = (circuit?.edges ?? []).filter((edge) => edge.drawn);
  const left = (circuit?.edges.length ?? 0) - edges.length;
  const byId = new Map(places.map((placed) => [placed.box.id, placed]));
  const validation = useValidation(work);
  const verdicts: Verdicts = validation
    ? verdictsOf(validation, boxes, work.head.value?.targets ?? [])
    : new Map();
  const shifts = landings(edges, new Map(places.map(({ box, x }) => [box.id, x])));
  return (
    <div class="circuit-scroll" tabIndex={0} role="group" aria-label="Boxes of the circuit">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label="Circuit drawing"
      >
        <Markers />
        <g>
          {edges.map((edge) => (
            <Edge
              key={`${edge.source}>${edge.target}`}
              from={byId.get(edge.source)}
              to={byId.get(edge.target)}
              share={edge.share}
              shift={shifts.get(`${edge.source}>${edge.target}`) ?? 0}
              verdict={verdicts.get(`${edge.source}>${edge.target}`) ?? null}
            />
          ))}
        </g>
        {places.map((placed) => (
          <BoxView
            key={placed.box.id}
            work={work}
            placed={placed}
            onDrag={(at) => (dragged.value = at && { id: placed.box.id, ...at })}
          />
        ))}
        {work.view.value.notes.map((note) => (
          <NoteView key={note.id} work={work} note={note} />
        ))}
      </svg>
      {validation && edges.length > 0 && (
        <VerdictLegend run={validation} edges={edges} verdicts={verdicts} />
      )}
      {left > 0 && (
        <p class="note">
          {left} weaker edges are not drawn: of each box, the strongest are that make up 80 % of
          what other boxes give it.
        </p>
      )}
      <ul class="only-read" aria-label="Edges of the circuit">
        {edges.map((edge) => (
          <li key={`${edge.source}>${edge.target}`}>
            {byId.get(edge.source)?.box.name} to {byId.get(edge.target)?.box.name}:{" "}
            {signedShare(edge.share)} of its input
            {toldOf(verdicts.get(`${edge.source}>${edge.target}`) ?? null)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Markers(): JSX.Element {
  return (
    <defs>
      <marker
        id="excites"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="8"
        markerHeight="8"
        markerUnits="userSpaceOnUse"
        orient="auto"
      >
        <path d="M0 0 8 4 0 8Z" class="positive-fill" />
      </marker>
      <marker
        id="inhibits"
        viewBox="0 0 4 10"
        refX="3"
        refY="5"
        markerWidth="4"
        markerHeight="12"
        markerUnits="userSpaceOnUse"
        orient="auto"
      >
        <path d="M2 0V10" class="negative-stroke" />
      </marker>
    </defs>
  );
}

interface EdgeProps {
  from: Placed | undefined;
  to: Placed | undefined;
  share: number;
  /** From the middle of the target's lower side. */
  shift: number;
  verdict: EdgeVerdict | null;
}

function Edge({ from, to, share, shift, verdict }: EdgeProps): JSX.Element | null {
  if (!from || !to) return null;
  const x1 = from.x + BOX.width / 2;
  const y1 = from.y;
  const x2 = to.x + BOX.width / 2 + shift;
  const y2 = to.y + BOX.height + 3;
  const bend = Math.max(24, Math.abs(y1 - y2) * 0.45);
  const width = 1 + 7 * Math.min(1, Math.abs(share));
  const negative = share < 0;
  return (
    <>
      <path
        d={`M${x1} ${y1} C${x1} ${y1 - bend} ${x2} ${y2 + bend} ${x2} ${y2}`}
        class={`circuit-edge ${negative ? "negative" : "positive"} ${verdict?.verdict ?? ""}`}
        stroke-width={width}
        stroke-dasharray={negative ? "6 4" : undefined}
        marker-end={negative ? "url(#inhibits)" : "url(#excites)"}
      >
        <title>
          {from.box.name} → {to.box.name}: {signedShare(share)} of its input
          {toldOf(verdict)}
        </title>
      </path>
      {verdict && (
        // The two bends are alike, so the middle of the curve is that of its ends.
        <text
          x={(x1 + x2) / 2}
          y={(y1 + y2) / 2 + 4}
          class={`circuit-verdict ${verdict.verdict}`}
          aria-hidden="true"
        >
          {MARKS[verdict.verdict]}
        </text>
      )}
    </>
  );
}

function toldOf(verdict: EdgeVerdict | null): string {
  return verdict ? `; tests: ${verdict.words}` : "";
}

/** The newest validation of the graph, so that its verdicts are there after a reload. */
function useValidation(work: Workspace): Run | null {
  const { state } = useLoad(
    async (abort) => {
      const number = newestValidation(await askRuns(work.id, abort));
      return number === null ? null : await askRun(work.id, number, abort);
    },
    [work.id, finished.value],
  );
  return state.value.is === "ready" ? state.value.value : null;
}

function VerdictLegend(props: {
  run: Run;
  edges: readonly CircuitEdge[];
  verdicts: Verdicts;
}): JSX.Element {
  const { run, edges, verdicts } = props;
  const tally = tallied(edges, verdicts);
  return (
    <div class="legend" aria-label="Verdicts on the edges">
      <span>
        by test #{run.number}
        {run.result.kind === "validate" && run.result.partial && ", which was stopped"}:
      </span>
      {(["supported", "weak", "contradicted"] as const).map((verdict) => (
        <span key={verdict}>
          <svg viewBox="0 0 22 12" class="legend-wide" aria-hidden="true">
            <path d="M1 6H21" class={`circuit-edge ${verdict}`} stroke-width="3" />
          </svg>
          {MARKS[verdict]} {count(tally[verdict])} {verdict}
        </span>
      ))}
      <span title="A group that changed since the test counts as not tested">
        <svg viewBox="0 0 22 12" class="legend-wide" aria-hidden="true">
          <path d="M1 6H21" class="circuit-edge" stroke-width="3" />
        </svg>
        no mark: {count(tally.untested)} not tested
      </span>
    </div>
  );
}
