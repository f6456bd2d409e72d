// The drawing: boxes where the server or a person put them, edges between them, notes.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Group } from "../state/document.ts";
import { type Verdicts, verdictsInFile, verdictsOf } from "../tests/verdicts.ts";
import { signedShare } from "../ui/numbers.ts";
import type { Circuit, CircuitEdge } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { BoxView } from "./BoxView.tsx";
import { Edge, Markers, toldOf } from "./Edges.tsx";
import { NoteView } from "./NoteView.tsx";
import { boxPlaces, extent, landings } from "./places.ts";
import { useValidation, VerdictLegend } from "./Verdicts.tsx";

export function Drawing(props: {
  work: Workspace;
  boxes: Group[];
  circuit: Circuit | null;
  /** Those of the circuit that are drawn. */
  edges: readonly CircuitEdge[];
}): JSX.Element {
  const { work, boxes, circuit, edges } = props;
  const dragged = useSignal<{ id: string; x: number; y: number } | null>(null);
  const places = boxPlaces(boxes, circuit, work.view.value.places, dragged.value);
  const { width, height } = extent(places, work.view.value.notes);
  const byId = new Map(places.map((placed) => [placed.box.id, placed]));
  const validation = useValidation(work);
  const head = work.head.value;
  const names = work.names.value;
  // A drag draws this anew with every step, and a file has verdicts by the thousand.
  const verdicts = useMemo((): Verdicts => {
    const nameOf = (node: number): string => names?.full(node) ?? "";
    const inFile = head?.verdicts ? verdictsInFile(head.verdicts, boxes, nameOf) : [];
    // The workspace's own tests are the newer ones.
    const tested = validation ? verdictsOf(validation, boxes, head?.targets ?? []) : [];
    return new Map([...inFile, ...tested]);
  }, [validation, boxes, head, names]);
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
              boxes={places}
              share={edge.share}
              weaker={!edge.drawn}
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
      {(validation || head?.verdicts) && edges.length > 0 && (
        <VerdictLegend
          run={validation}
          file={head?.verdicts ?? null}
          edges={edges}
          verdicts={verdicts}
        />
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
