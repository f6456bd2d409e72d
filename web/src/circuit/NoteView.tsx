// A text on the circuit that can be moved, changed and removed.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Note, Place } from "../state/document.ts";
import { ask } from "../ui/ask.tsx";
import type { Workspace } from "../workspace/model.ts";
import { steppedTo, useDrag } from "./drag.ts";
import { snapped } from "./places.ts";

export function NoteView({ work, note }: { work: Workspace; note: Note }): JSX.Element {
  const dragged = useSignal<Place | null>(null);
  const edit = async (): Promise<void> => {
    if (work.refuses()) return;
    const text = await ask("Note", "Text; empty removes it", note.text, "Keep");
    if (text === null) return;
    if (text === "") work.do({ do: "unnote", id: note.id });
    else work.do({ do: "note", note: { ...note, text } });
  };
  const put = ({ x, y }: Place, joined: boolean): void =>
    work.do({ do: "note", note: { ...note, x: snapped(x), y: snapped(y) } }, joined);
  const drag = useDrag({
    from: note,
    isFixed: work.readOnly,
    onDrag: (at) => (dragged.value = at),
    onPlace: (at) => put(at, false),
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = steppedTo(note, event.key);
    if (next) put(next, true);
    else if (event.key === "Enter") void edit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const { x, y } = dragged.value ?? note;
  return (
    <g
      class="circuit-note"
      tabindex={0}
      role="button"
      data-arrows
      aria-label={`Note: ${note.text}. Enter changes it, arrow keys move it.`}
      transform={`translate(${x} ${y})`}
      {...drag}
      onDblClick={() => void edit()}
      onKeyDown={onKeyDown}
    >
      <text y="14">{note.text}</text>
    </g>
  );
}
