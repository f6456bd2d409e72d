// What a pointer does on the canvas: hover, click, Ctrl-click, lasso and double click. Panning is
// the zoom behaviour's.
//
// The names along the edges are of whole rows and columns: a double click selects one, Shift-click
// all from the selection to there, and a click on one that is collapsed expands it.

import { useRef } from "preact/hooks";
import type { Workspace } from "../workspace/model.ts";
import { AXIS } from "./axes.ts";
import type { Camera } from "./camera.ts";
import { inside, nearest } from "./layout.ts";
import type { Scene } from "./scene.ts";
import { collapsedOf, inStrip, type Mark, type Strip } from "./thin.ts";
import { type At, markUnder, nameAt, underOf } from "./under.ts";

const REACH_PX = 18;
const DRAG_PX = 3;

interface Handlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerUp: (event: PointerEvent) => void;
  onPointerLeave: () => void;
  onDblClick: (event: MouseEvent) => void;
}

/** What is at the place of an event: one of these, or none. */
interface Hit {
  /** −1 where none is near. */
  node: number;
  /** The row or column whose name it is on. */
  name: Strip | null;
  mark: Mark | null;
}

export interface Pointer {
  hitAt: (event: MouseEvent) => Hit;
  handlers: Handlers;
}

export function usePointer(
  work: Workspace,
  camera: Camera,
  scene: { current: Scene | null },
): Pointer {
  const lasso = useRef<At[] | null>(null);
  const down = useRef<At | null>(null);
  const frozen = useRef(false);

  const paneOf = (event: MouseEvent): At => {
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { x: event.clientX - area.left, y: event.clientY - area.top };
  };
  const worldOf = (pane: At): At => {
    const { k, x, y } = camera.transform.peek();
    return { x: (pane.x - x) / k, y: (pane.y - y) / k };
  };
  const hitAt = (event: MouseEvent): Hit => {
    const pane = paneOf(event);
    const node = nodeAt(work, camera, pane, worldOf(pane));
    const name = node < 0 ? nameAt(work, camera, pane) : null;
    const mark = node < 0 && !name ? markUnder(work, camera, worldOf(pane)) : null;
    return { node, name, mark };
  };
  const point = (event: PointerEvent): void => {
    const { node, name, mark } = hitAt(event);
    if (node !== work.hover.peek()) work.hover.value = node;
    const under = underOf(work, worldOf(paneOf(event)), name ?? mark);
    if (under || work.under.peek()) work.under.value = under;
  };

  const handlers: Handlers = {
    onPointerDown: (event) => {
      down.current = { x: event.clientX, y: event.clientY };
      if (!event.shiftKey || event.button !== 0) return;
      lasso.current = [worldOf(paneOf(event))];
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      if (lasso.current) {
        lasso.current.push(worldOf(paneOf(event)));
        scene.current?.setLasso(lasso.current);
        return;
      }
      frozen.current = event.shiftKey;
      if (!frozen.current && event.buttons === 0) point(event);
    },
    onPointerUp: (event) => {
      const start = down.current;
      down.current = null;
      const drawn = lasso.current;
      lasso.current = null;
      scene.current?.setLasso([]);
      const moved =
        !start || Math.hypot(event.clientX - start.x, event.clientY - start.y) > DRAG_PX;
      if (drawn && moved) {
        const layout = work.layout.peek();
        const shown = work.shown.peek();
        if (layout && shown) work.select(inside(layout, shown.nodes, drawn));
        return;
      }
      if (moved || event.button !== 0) return;
      work.under.value = null;
      click(work, event, hitAt(event));
    },
    onPointerLeave: () => {
      if (frozen.current) return;
      work.hover.value = -1;
      work.under.value = null;
    },
    onDblClick: (event) => {
      const strip = nameAt(work, camera, paneOf(event));
      if (strip) selectAll(work, strip);
    },
  };
  return { hitAt, handlers };
}

function nodeAt(work: Workspace, camera: Camera, pane: At, world: At): number {
  const layout = work.layout.peek();
  const onNames = pane.x < AXIS.left - 10 || pane.y > camera.size.peek().height - AXIS.bottom;
  if (!layout || onNames) return -1;
  return nearest(layout, layout.open, world, REACH_PX / camera.transform.peek().k);
}

function click(work: Workspace, event: PointerEvent, { node, name, mark }: Hit): void {
  const nodes = mark?.nodes ?? [];
  if (name && event.shiftKey) selectUpTo(work, name);
  else if (name?.thin) work.do({ do: "expand", ...collapsedOf(name) });
  else if (event.shiftKey && node >= 0) work.toggle(node);
  else if (event.shiftKey && mark) work.select([...new Set([...work.selection.peek(), ...nodes])]);
  else if ((event.metaKey || event.ctrlKey) && node >= 0) work.togglePins([node]);
  else work.select(node >= 0 ? [node] : nodes);
}

function nodesOf(work: Workspace, strip: Strip): number[] {
  const pack = work.columns.peek();
  const shown = work.shown.peek();
  return pack && shown ? inStrip(strip, pack, shown.nodes) : [];
}

export function selectAll(work: Workspace, strip: Strip): void {
  work.select(nodesOf(work, strip));
}

/** The strip from the first selected node's row or column to another one. */
export function upTo(work: Workspace, strip: Strip): Strip {
  const pack = work.columns.peek();
  const [first] = work.selection.peek();
  if (!pack || first === undefined) return strip;
  const start = (strip.axis === "layer" ? pack.layer : pack.pos)[first];
  return { ...strip, from: Math.min(start, strip.from), to: Math.max(start, strip.to) };
}

/** Selects all from the selection to a row or column; where it started, it starts again. */
function selectUpTo(work: Workspace, strip: Strip): void {
  const pack = work.columns.peek();
  const [first] = work.selection.peek();
  if (!pack) return;
  const of = strip.axis === "layer" ? pack.layer : pack.pos;
  const start = first === undefined ? strip.from : of[first];
  const far = (node: number): number => Math.abs(of[node] - start);
  work.select(nodesOf(work, upTo(work, strip)).sort((a, b) => far(a) - far(b)));
}
