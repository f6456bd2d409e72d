// One box of the circuit: a group or a pinned node. Drag or arrow keys move it.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { KIND } from "../graph/pack.ts";
import type { Group } from "../state/document.ts";
import { ask } from "../ui/ask.tsx";
import { asksForMenu } from "../ui/menu.tsx";
import { percent, raw } from "../ui/numbers.ts";
import { openBoxMenu } from "../workspace/menu.ts";
import type { Workspace } from "../workspace/model.ts";
import { openedGroup, toggleGroup } from "./members.ts";
import { BOX, type Placed, SNAP, snapped } from "./places.ts";

interface BoxProps {
  work: Workspace;
  placed: Placed;
  onDrag: (at: { x: number; y: number } | null) => void;
}

export function BoxView({ work, placed, onDrag }: BoxProps): JSX.Element {
  const { box } = placed;
  const start = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const selected =
    work.selection.value.length === box.nodes.length &&
    box.nodes.every((node) => work.selection.value.includes(node));
  const below = subtitle(work, box);
  const choose = (): void => {
    work.select(box.nodes);
    // What is open follows from group to group.
    const isGroup = work.view.value.groups.some(({ id }) => id === box.id);
    if (openedGroup.value !== null && isGroup) openedGroup.value = box.id;
  };
  const origin = useRef({ x: 0, y: 0 });
  const onPointerMove = (event: PointerEvent): void => {
    const from = start.current;
    if (!from || work.readOnly) return;
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4) from.moved = true;
    if (!from.moved) return;
    onDrag({
      x: snapped(origin.current.x + event.clientX - from.x),
      y: snapped(origin.current.y + event.clientY - from.y),
    });
  };
  const place = (to: { x: number; y: number }, joined: boolean): void =>
    work.do({ do: "place", key: box.id, at: to }, joined);
  const onPointerUp = (event: PointerEvent): void => {
    const from = start.current;
    start.current = null;
    onDrag(null);
    if (!from?.moved) {
      if (event.shiftKey) work.select([...new Set([...work.selection.value, ...box.nodes])]);
      else choose();
      return;
    }
    place(
      {
        x: snapped(origin.current.x + event.clientX - from.x),
        y: snapped(origin.current.y + event.clientY - from.y),
      },
      false,
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (asksForMenu(event)) {
      const area = (event.currentTarget as Element).getBoundingClientRect();
      openBoxMenu(work, box, { x: area.left + 12, y: area.bottom - 8 });
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (step) {
      place({ x: snapped(placed.x + step[0] * SNAP), y: snapped(placed.y + step[1] * SNAP) }, true);
    } else if (event.key === "Enter" || event.key === " ") choose();
    else if (event.key === "m") {
      work.select(box.nodes);
      toggleGroup(work);
    } else if (event.key.toLowerCase() === "r") void renameBox(work, box.id);
    else if (event.key.toLowerCase() === "u") work.do({ do: "ungroup", id: box.id });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <g
      class={`box${selected ? " selected" : ""}${box.nodes.length > 1 ? " several" : ""}`}
      transform={`translate(${placed.x} ${placed.y})`}
      tabindex={0}
      role="button"
      aria-pressed={selected}
      aria-description="Arrow keys move it, m opens a group, r renames, u ungroups, Shift+F10 has all else."
      data-arrows
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        start.current = { x: event.clientX, y: event.clientY, moved: false };
        origin.current = { x: placed.x, y: placed.y };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onContextMenu={(event) => {
        event.preventDefault();
        openBoxMenu(work, box, { x: event.clientX, y: event.clientY });
      }}
      onDblClick={() => void renameBox(work, box.id)}
      onKeyDown={onKeyDown}
    >
      {box.nodes.length > 1 && (
        <rect class="shadow" x="4" y="-4" width={BOX.width} height={BOX.height} rx="7" />
      )}
      <rect width={BOX.width} height={BOX.height} rx="7" />
      <text x={BOX.width / 2} y="20" class="box-name">
        {clipped(box.name, 20)}
      </text>
      <text x={BOX.width / 2} y="36" class="box-below">
        {clipped(below, 24)}
      </text>
      <title>{box.note ? `${box.name}: ${box.note}` : box.name}</title>
    </g>
  );
}

function clipped(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Below the name: how many nodes and what was noted, or what its one node is. */
function subtitle(work: Workspace, { nodes, note }: Group): string {
  const what = nodes.length > 1 ? `${nodes.length} nodes` : ofOne(work, nodes);
  return note ? `${what} · ${note}` : what;
}

function ofOne(work: Workspace, nodes: readonly number[]): string {
  const pack = work.pack.value;
  const names = work.names.value;
  if (!pack || !names) return "";
  const [node] = nodes;
  const kind = pack.kind[node];
  if (kind === KIND.token) return `token ${pack.pos[node]}`;
  if (kind === KIND.target) {
    const p = names.targetProbability(node);
    return p === null ? "output" : `output, p ${percent(p)}`;
  }
  // A name that several nodes may have does not say which one this is.
  const where = names.label(node) ? names.where(node) : `at “${names.token(pack.pos[node])}”`;
  if (kind === KIND.error) return where;
  return `${where}, act ${raw(pack.activation[node])}`;
}

/** Asks for a new name of a group, or of the pinned node that stands alone. */
export async function renameBox(work: Workspace, id: string): Promise<void> {
  const box = work.boxes.value.find((candidate) => candidate.id === id);
  if (!box || work.refuses()) return;
  const group = work.view.value.groups.find((candidate) => candidate.id === id);
  // The mark of a program's name is no part of it.
  const now = group?.name ?? work.names.value?.label(box.nodes[0]) ?? box.name;
  const name = await ask("Rename", "Name", now, "Rename");
  if (!name) return;
  if (group) work.do({ do: "about", id, to: { name } });
  else work.do({ do: "label", key: String(box.nodes[0]), text: name });
}
