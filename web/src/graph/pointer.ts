// What a pointer does on the canvas: hover, click, Ctrl-click, lasso, double click and a finger's long
// press. Panning is the zoom behaviour's.
//
// The names along the edges are of whole rows and columns: a double click selects one, Shift-click
// all from the selection to there, and a click on one that is collapsed expands it. A click on an
// edge asks why it is.

import { batch } from "@preact/signals";
import { useRef } from "preact/hooks";
import { explain } from "../inspector/Inspector.tsx";
import { pressEnd, pressMove, pressStart, wasLong } from "../ui/press.ts";
import { gathers } from "../workspace/gather.ts";
import type { Workspace } from "../workspace/model.ts";
import { selectAll, selectUpTo } from "../workspace/strips.ts";
import type { Camera } from "./camera.ts";
import { inside } from "./layout.ts";
import type { Point } from "./paint.ts";
import type { Scene } from "./scene.ts";
import { collapsedOf } from "./thin.ts";
import { collapsedUnder, type Hit, hit, isSameBar, nameAt, type Under } from "./under.ts";

const DRAG_PX = 3;

interface Handlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerUp: (event: PointerEvent) => void;
  onPointerCancel: () => void;
  onPointerLeave: () => void;
  onDblClick: (event: MouseEvent) => void;
}

/** Where a pointer went down. */
interface Down extends Point {
  /** Whether it left that place since: a lasso that is closed ends where it began, and is no click. */
  moved: boolean;
}

const isAway = (from: Point, event: PointerEvent): boolean =>
  Math.hypot(event.clientX - from.x, event.clientY - from.y) > DRAG_PX;

export interface Pointer {
  hitAt: (event: MouseEvent) => Hit;
  handlers: Handlers;
}

export function usePointer(
  work: Workspace,
  camera: Camera,
  scene: { current: Scene | null },
): Pointer {
  const lasso = useRef<Point[] | null>(null);
  const down = useRef<Down | null>(null);
  const frozen = useRef(false);

  const paneOf = (event: MouseEvent): Point => {
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { x: event.clientX - area.left, y: event.clientY - area.top };
  };
  const worldOf = (pane: Point): Point => {
    const { k, x, y } = camera.transform.peek();
    return { x: (pane.x - x) / k, y: (pane.y - y) / k };
  };
  const hitAt = (event: MouseEvent): Hit => {
    const pane = paneOf(event);
    // Modifiers and the menu are of nodes.
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && event.button <= 0;
    const ofEdges = isPlain && event.type !== "contextmenu";
    return hit(work, camera, { pane, world: worldOf(pane), ofEdges });
  };
  /** A node within its wide reach, where no edge is meant. */
  const nodeAt = (event: MouseEvent): number => {
    const pane = paneOf(event);
    return hit(work, camera, { pane, world: worldOf(pane), ofEdges: false }).node;
  };
  const point = (event: PointerEvent): void => {
    const found = hitAt(event);
    const { node, edge } = found;
    const before = work.under.peek();
    // The same edge is told where it was met, and painted once.
    if (edge && before?.is === "edge" && before.edge.link === edge.link) return;
    const at = worldOf(paneOf(event));
    const under: Under | null = edge ? { is: "edge", at, edge } : collapsedUnder(work, at, found);
    batch(() => {
      work.hover.value = node;
      if (!isSameBar(before, under)) work.under.value = under;
    });
  };

  const handlers: Handlers = {
    onPointerDown: (event) => {
      down.current = { x: event.clientX, y: event.clientY, moved: false };
      const node = event.pointerType === "touch" ? nodeAt(event) : -1;
      pressStart(event, () => node >= 0 && work.togglePins([node]));
      if (!event.shiftKey || event.button !== 0) return;
      lasso.current = [worldOf(paneOf(event))];
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      pressMove(event);
      if (down.current) down.current.moved ||= isAway(down.current, event);
      if (lasso.current) {
        lasso.current.push(worldOf(paneOf(event)));
        scene.current?.setLasso(lasso.current);
        return;
      }
      frozen.current = event.shiftKey;
      if (!frozen.current && event.buttons === 0) point(event);
    },
    onPointerUp: (event) => {
      pressEnd();
      const start = down.current;
      down.current = null;
      const drawn = lasso.current;
      lasso.current = null;
      scene.current?.setLasso([]);
      const moved = !start || start.moved || isAway(start, event);
      if (drawn && moved) {
        const layout = work.layout.peek();
        const shown = work.shown.peek();
        if (layout && shown) work.select(inside(layout, shown.nodes, drawn));
        return;
      }
      if (moved || event.button !== 0 || wasLong()) return;
      work.under.value = null;
      if (gathers(work, nodeAt(event))) return;
      click(work, event, hitAt(event));
    },
    // The system took the pointer: what it had begun is not done.
    onPointerCancel: () => {
      pressEnd();
      down.current = null;
      lasso.current = null;
      scene.current?.setLasso([]);
    },
    onPointerLeave: () => {
      pressEnd();
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

function click(work: Workspace, event: PointerEvent, { node, name, mark, edge }: Hit): void {
  const nodes = mark?.nodes ?? [];
  if (name && event.shiftKey) selectUpTo(work, name);
  else if (name?.thin) work.do({ do: "expand", ...collapsedOf(name) });
  else if (edge) explain(work, edge);
  else if (event.shiftKey && node >= 0) work.toggle(node);
  else if (event.shiftKey && mark) work.select([...new Set([...work.selection.peek(), ...nodes])]);
  else if ((event.metaKey || event.ctrlKey) && node >= 0) work.togglePins([node]);
  else work.select(node >= 0 ? [node] : nodes);
}
