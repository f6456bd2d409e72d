// The drawing: boxes where the server or a person put them, hulls of groups that are open, edges
// between all of them, notes.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Group, Place } from "../state/document.ts";
import { type Verdicts, verdictsInFile, verdictsOf } from "../tests/verdicts.ts";
import { signedShare } from "../ui/numbers.ts";
import type { Circuit, CircuitEdge } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import type { Opened } from "./answer.ts";
import { BoxView } from "./BoxView.tsx";
import { Edge, Markers, toldOf } from "./Edges.tsx";
import type { Arranged, Hull } from "./hull.ts";
import { NoteView } from "./NoteView.tsx";
import { boxPlaces, extent, landings, type Placed, snapped } from "./places.ts";
import { VerdictLegend } from "./Verdicts.tsx";

export function Drawing(props: {
  work: Workspace;
  boxes: Group[];
  circuit: Circuit | null;
  opened: Opened;
  /** Those of what is drawn that are drawn. */
  edges: readonly CircuitEdge[];
}): JSX.Element {
  const { work, boxes, circuit, opened } = props;
  /** Where the upper left corner of a box or a hull is while a hand moves it. */
  const dragged = useSignal<{ id: string; to: Place } | null>(null);
  const validation = work.validation.value;
  const head = work.head.value;
  const names = work.names.value;
  const { places: manual, notes } = work.view.value;
  const nameOf = (node: number): string => names?.short(node) ?? "";
  const { code } = opened;
  const stored = boxPlaces(boxes, circuit, manual);
  const stands: Arranged = code
    ? code.arrange(stored, opened.open, opened.circuit, nameOf)
    : { boxes: stored, hulls: [], shifts: [] };
  const places = stands.boxes.map((placed) => movedTo(placed, dragged.value));
  const hulls = stands.hulls.map((hull): Hull => {
    const { x, y } = movedTo(hull, dragged.value);
    const by = { x: x - hull.x, y: y - hull.y };
    const members = hull.members.map((one) => ({ ...one, x: one.x + by.x, y: one.y + by.y }));
    return { ...hull, x, y, members };
  });
  const drawn = [...places, ...hulls.flatMap((hull) => hull.members)];
  const byId = new Map(drawn.map((placed) => [placed.box.id, placed]));
  // Until the server has answered, some are of boxes that are gone.
  const edges = props.edges.filter(({ source, target }) => byId.has(source) && byId.has(target));
  const { width, height } = extent([...places, ...hulls], notes);
  // A drag draws this anew with every step, and a file has verdicts by the thousand.
  const verdicts = useMemo((): Verdicts => {
    const fullName = (node: number): string => names?.full(node) ?? "";
    const inFile = head?.verdicts ? verdictsInFile(head.verdicts, opened.boxes, fullName) : [];
    // The workspace's own tests are the newer ones.
    const tested = validation ? verdictsOf(validation, opened.boxes, head?.targets ?? []) : [];
    return new Map([...inFile, ...tested]);
  }, [validation, opened.boxes, head, names]);
  const shifts = landings(edges, byId);
  /** All that an edge does not join; of an open group that it goes into, the other members. */
  const othersOf = ({ source, target }: CircuitEdge): Placed[] => {
    const isEnd = ({ box }: Placed): boolean => box.id === source || box.id === target;
    const parts = hulls.flatMap((hull) => (hull.members.some(isEnd) ? hull.members : [hull]));
    return [...places, ...parts].filter((part) => !isEnd(part));
  };
  const put = (key: string, { x, y }: Place, joined: boolean): void =>
    work.do({ do: "place", key, at: { x: snapped(x), y: snapped(y) } }, joined);
  const drag = (id: string, to: Place | null): void => {
    dragged.value = to && { id, to };
  };
  const boxOf = (placed: Placed): JSX.Element => (
    <BoxView
      key={placed.box.id}
      work={work}
      placed={placed}
      as="box"
      onDrag={(to) => drag(placed.box.id, to)}
      onPlace={(to, joined) =>
        put(placed.box.id, code ? code.unshifted(to, stands.shifts) : to, joined)
      }
    />
  );
  /** A hull, or one of its members, with which it moves. */
  const partOf = (hull: Hull, part: Placed, as: "hull" | "member"): JSX.Element => {
    const corner = ({ x, y }: Place): Place => ({ x: x - part.x + hull.x, y: y - part.y + hull.y });
    const at = stands.hulls.find(({ box }) => box.id === hull.box.id) ?? hull;
    return (
      <BoxView
        key={part.box.id}
        work={work}
        placed={part}
        as={as}
        onDrag={(to) => drag(hull.box.id, to && corner(to))}
        onPlace={(to, joined) => {
          const { x, y } = corner(to);
          const home = { x: hull.home.x + x - at.x, y: hull.home.y + y - at.y };
          put(hull.box.id, home, joined);
        }}
      />
    );
  };
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
        {hulls.map((hull) => partOf(hull, hull, "hull"))}
        <g>
          {edges.map((edge) => (
            <Edge
              key={`${edge.source}>${edge.target}`}
              from={byId.get(edge.source)}
              to={byId.get(edge.target)}
              others={othersOf(edge)}
              share={edge.share}
              weaker={!edge.drawn}
              shift={shifts.get(`${edge.source}>${edge.target}`) ?? 0}
              verdict={verdicts.get(`${edge.source}>${edge.target}`) ?? null}
            />
          ))}
        </g>
        {places.map(boxOf)}
        {hulls.flatMap((hull) => hull.members.map((member) => partOf(hull, member, "member")))}
        {notes.map((note) => (
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
      {hulls.length > 0 && (
        <ul class="only-read" aria-label="Open groups">
          {hulls.map(({ box, members }) => (
            <li key={box.id}>
              {box.name}: {members.map((member) => names?.full(member.box.nodes[0])).join(", ")}
            </li>
          ))}
        </ul>
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

function movedTo<P extends Placed>(placed: P, dragged: { id: string; to: Place } | null): P {
  return dragged?.id === placed.box.id ? { ...placed, ...dragged.to } : placed;
}
