// One box of the circuit: a group, a pinned node, the hull of a group that is open in place, or one of
// its members. Drag or arrow keys move it; a member moves with its hull.

import type { JSX } from "preact";
import { KIND } from "../graph/pack.ts";
import type { Group, Place } from "../state/document.ts";
import { ask } from "../ui/ask.tsx";
import { asksForMenu } from "../ui/menu.tsx";
import { nodesText, percent, raw } from "../ui/numbers.ts";
import { openBoxMenu } from "../workspace/menu.ts";
import type { Workspace } from "../workspace/model.ts";
import { steppedTo, useDrag } from "./drag.ts";
import { openedGroup, takeOut, toggleGroup, toggleInPlace } from "./members.ts";
import type { Placed } from "./places.ts";

interface BoxProps {
  work: Workspace;
  placed: Placed;
  as: "box" | "hull" | "member";
  /** Where its corner is while a hand moves it; `null`: the hand is off. */
  onDrag: (at: Place | null) => void;
  /** Where it is put; `joined` continues a run of steps. */
  onPlace: (at: Place, joined: boolean) => void;
}

/** What its element is called in the page. */
export const boxElement = (id: string): string => `box-${id}`;

export function BoxView({ work, placed, as, onDrag, onPlace }: BoxProps): JSX.Element {
  const { box } = placed;
  const group = work.view.value.groups.find(({ id }) => id === box.id);
  const selected =
    work.selection.value.length === box.nodes.length &&
    box.nodes.every((node) => work.selection.value.includes(node));
  const choose = (): void => {
    work.select(box.nodes);
    // What is open follows from group to group.
    if (openedGroup.value !== null && group) openedGroup.value = box.id;
  };
  const drag = useDrag({
    from: placed,
    isFixed: work.readOnly,
    onDrag,
    onPlace: (at) => onPlace(at, false),
    onClick: (event) => {
      if (event.shiftKey) work.select([...new Set([...work.selection.value, ...box.nodes])]);
      else choose();
    },
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (asksForMenu(event)) {
      const area = (event.currentTarget as Element).getBoundingClientRect();
      openBoxMenu(work, box, { x: area.left + 12, y: area.bottom - 8 });
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const next = steppedTo(placed, event.key);
    if (next) onPlace(next, true);
    else if (event.key === "Enter" || event.key === " ") choose();
    else if (event.key === "m") {
      work.select(box.nodes);
      toggleGroup(work);
    } else if (event.key === "M") toggleInPlace(work, box.nodes);
    else if (event.key === "Backspace" && as === "member") takeOut(work, box.nodes);
    else if (event.key.toLowerCase() === "r") void renameBox(work, box);
    else if (event.key.toLowerCase() === "u") work.do({ do: "ungroup", id: box.id });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <g
      class={`box${as === "box" ? "" : ` ${as}`}${selected ? " selected" : ""}${box.nodes.length > 1 ? " several" : ""}${box.tint ? ` tint-${box.tint}` : ""}`}
      id={boxElement(box.id)}
      transform={`translate(${placed.x} ${placed.y})`}
      tabindex={0}
      role="button"
      aria-pressed={selected}
      aria-expanded={group && !work.readOnly ? as === "hull" : undefined}
      aria-description={KEYS[as]}
      data-arrows
      {...drag}
      onContextMenu={(event) => {
        event.preventDefault();
        openBoxMenu(work, box, { x: event.clientX, y: event.clientY });
      }}
      onDblClick={() => void renameBox(work, box)}
      onKeyDown={onKeyDown}
    >
      <Face work={work} placed={placed} isHull={as === "hull"} />
      {group && !work.readOnly && (
        <Twist isOpen={as === "hull"} onClick={() => toggleInPlace(work, box.nodes)} />
      )}
      <title>{box.note ? `${box.name}: ${box.note}` : box.name}</title>
    </g>
  );
}

const KEYS: Record<BoxProps["as"], string> = {
  box: "Arrow keys move it, m opens a group, Shift+M opens it in its place, r renames, u ungroups, Shift+F10 has all else.",
  hull: "An open group. Arrow keys move it, Shift+M closes it, m has its note, r renames, u ungroups, Shift+F10 has all else.",
  member:
    "A member of an open group. Shift+M closes it, Backspace takes this out, r renames, Shift+F10 has all else.",
};

function Face(props: { work: Workspace; placed: Placed; isHull: boolean }): JSX.Element {
  const { box, width, height } = props.placed;
  if (props.isHull) {
    return (
      <>
        <rect width={width} height={height} rx="12" />
        <text x={width / 2} y="19" class="box-name">
          {clipped(
            `${box.name} · ${nodesText(box.nodes.length)}`,
            (width - 2 * TWIST) / LETTER.name,
          )}
        </text>
      </>
    );
  }
  return (
    <>
      {box.nodes.length > 1 && (
        <rect class="shadow" x="4" y="-4" width={width} height={height} rx="7" />
      )}
      <rect width={width} height={height} rx="7" />
      <text x={width / 2} y={height / 2 - 3} class="box-name">
        {clipped(box.name, width / LETTER.name)}
      </text>
      <text x={width / 2} y={height / 2 + 13} class="box-below">
        {clipped(subtitle(props.work, box), width / LETTER.below)}
      </text>
    </>
  );
}

/** Opens or closes a group by the pointer; by key the box itself does. */
function Twist({ isOpen, onClick }: { isOpen: boolean; onClick: () => void }): JSX.Element {
  const stop = (event: Event): void => event.stopPropagation();
  return (
    <g
      class="box-twist"
      aria-hidden="true"
      onPointerDown={stop}
      onPointerUp={stop}
      onDblClick={stop}
      onClick={onClick}
    >
      <rect width={TWIST} height={TWIST} rx="7" />
      <text x={TWIST / 2} y="16">
        {isOpen ? "▾" : "▸"}
      </text>
      <title>
        {isOpen ? "Close the group (Shift+M)" : "Open the group in its place (Shift+M)"}
      </title>
    </g>
  );
}

const TWIST = 24;
/** How wide a letter is at most, of the name and of what stands below it. */
const LETTER = { name: 7.4, below: 6.1 };

function clipped(text: string, most: number): string {
  return text.length > Math.floor(most) ? `${text.slice(0, Math.floor(most) - 1)}…` : text;
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

/** Asks for a new name of a group, or of the one node of a box. */
export async function renameBox(work: Workspace, box: Group): Promise<void> {
  if (work.refuses()) return;
  const { id } = box;
  const group = work.view.value.groups.find((candidate) => candidate.id === id);
  // The mark of a program's name is no part of it.
  const now = group?.name ?? work.names.value?.label(box.nodes[0]) ?? box.name;
  const name = await ask("Rename", "Name", now, "Rename");
  if (!name) return;
  if (group) work.do({ do: "about", id, to: { name } });
  else work.do({ do: "label", key: String(box.nodes[0]), text: name });
}
