// A text on the circuit that can be moved, changed and removed.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Note } from "../state/document.ts";
import { ask } from "../ui/ask.tsx";
import type { Workspace } from "../workspace/model.ts";
import { SNAP, snapped } from "./places.ts";

export function NoteView({ work, note }: { work: Workspace; note: Note }): JSX.Element {
  const shift = useSignal<{ x: number; y: number } | null>(null);
  const start = useRef<{ x: number; y: number } | null>(null);
  const edit = async (): Promise<void> => {
    if (work.refuses()) return;
    const text = await ask("Note", "Text; empty removes it", note.text, "Keep");
    if (text === null) return;
    if (text === "") work.do({ do: "unnote", id: note.id });
    else work.do({ do: "note", note: { ...note, text } });
  };
  const moved = (event: PointerEvent): { x: number; y: number } => ({
    x: event.clientX - (start.current?.x ?? 0),
    y: event.clientY - (start.current?.y ?? 0),
  });
  const put = (x: number, y: number, joined: boolean): void =>
    work.do({ do: "note", note: { ...note, x: snapped(x), y: snapped(y) } }, joined);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (step) put(note.x + step[0] * SNAP, note.y + step[1] * SNAP, true);
    else if (event.key === "Enter") void edit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <g
      class="circuit-note"
      tabindex={0}
      role="button"
      data-arrows
      aria-label={`Note: ${note.text}. Enter changes it, arrow keys move it.`}
      transform={`translate(${note.x + (shift.value?.x ?? 0)} ${note.y + (shift.value?.y ?? 0)})`}
      onPointerDown={(event) => {
        start.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (start.current) shift.value = moved(event);
      }}
      onPointerUp={(event) => {
        const by = moved(event);
        start.current = null;
        shift.value = null;
        if (Math.hypot(by.x, by.y) > 4) put(note.x + by.x, note.y + by.y, false);
      }}
      onDblClick={() => void edit()}
      onKeyDown={onKeyDown}
    >
      <text y="14">{note.text}</text>
    </g>
  );
}
