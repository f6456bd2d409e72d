// What a hand, or the arrow keys, move: boxes and notes. A press that hardly moves is a click.

import { useRef } from "preact/hooks";
import type { Place } from "../state/document.ts";
import { SNAP, snapped } from "./places.ts";

const STILL_PX = 4;

interface Dragged {
  /** Where its corner stands. */
  from: Place;
  isFixed: boolean;
  /** Where its corner is while a hand moves it; `null`: the hand is off. */
  onDrag: (at: Place | null) => void;
  onPlace: (at: Place) => void;
  onClick?: (event: PointerEvent) => void;
}

interface Press {
  /** Of the pointer, and of the corner. */
  pointer: Place;
  corner: Place;
  moved: boolean;
}

export const useDrag = (of: Dragged) => dragged(useRef<Press | null>(null), of);

/** Handlers of one thing that can be dragged; `press` outlives a rendering. */
export function dragged(press: { current: Press | null }, of: Dragged) {
  const cornerAt = ({ pointer, corner }: Press, event: PointerEvent): Place => ({
    x: snapped(corner.x + event.clientX - pointer.x),
    y: snapped(corner.y + event.clientY - pointer.y),
  });
  return {
    onPointerDown: (event: PointerEvent): void => {
      if (event.button !== 0) return;
      const pointer = { x: event.clientX, y: event.clientY };
      press.current = { pointer, corner: of.from, moved: false };
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent): void => {
      const now = press.current;
      if (!now || of.isFixed) return;
      const { x, y } = now.pointer;
      if (Math.hypot(event.clientX - x, event.clientY - y) > STILL_PX) now.moved = true;
      if (now.moved) of.onDrag(cornerAt(now, event));
    },
    onPointerUp: (event: PointerEvent): void => {
      const now = press.current;
      // What was pressed elsewhere and is let go here moves nothing.
      if (!now) return;
      press.current = null;
      of.onDrag(null);
      if (now.moved) of.onPlace(cornerAt(now, event));
      else of.onClick?.(event);
    },
    // The system took the pointer, as for a scroll of the page.
    onPointerCancel: (): void => {
      press.current = null;
      of.onDrag(null);
    },
  };
}

const STEPS: Readonly<Record<string, Place>> = {
  ArrowLeft: { x: -SNAP, y: 0 },
  ArrowRight: { x: SNAP, y: 0 },
  ArrowUp: { x: 0, y: -SNAP },
  ArrowDown: { x: 0, y: SNAP },
};

/** Where a key moves a corner; `null` if it moves nothing. */
export function steppedTo({ x, y }: Place, key: string): Place | null {
  const step = STEPS[key];
  return step ? { x: x + step.x, y: y + step.y } : null;
}
