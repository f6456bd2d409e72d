// Where boxes stand: the server's ranks and order, or where a person put them.

import type { Group, Note, Place } from "../state/document.ts";
import type { Circuit } from "../wire.ts";

export const BOX = { width: 148, height: 46 };
export const SNAP = 8;
const GAP = { x: 28, y: 54 };
const MARGIN = 20;

export interface Placed {
  box: Group;
  x: number;
  y: number;
  /** Activation sum or a kind's word under the name. */
  manual: boolean;
}

/** Places of all boxes; `dragged` is where a box is while a hand moves it. */
export function boxPlaces(
  boxes: readonly Group[],
  circuit: Circuit | null,
  manual: Readonly<Record<string, Place>>,
  dragged: { id: string; x: number; y: number } | null,
): Placed[] {
  const layout = new Map((circuit?.boxes ?? []).map((box) => [box.id, box]));
  const top = Math.max(0, ...[...layout.values()].map((box) => box.rank));
  const perRank = new Map<number, Group[]>();
  for (const box of boxes) {
    const rank = layout.get(box.id)?.rank ?? 0;
    perRank.set(rank, [...(perRank.get(rank) ?? []), box]);
  }
  const widest = Math.max(1, ...[...perRank.values()].map((list) => list.length));
  const placed: Placed[] = [];
  for (const [rank, list] of perRank) {
    list.sort((a, b) => (layout.get(a.id)?.x ?? 0) - (layout.get(b.id)?.x ?? 0));
    const indent = ((widest - list.length) / 2) * (BOX.width + GAP.x);
    list.forEach((box, at) => {
      const own = dragged?.id === box.id ? dragged : manual[box.id];
      placed.push({
        box,
        x: own?.x ?? MARGIN + indent + at * (BOX.width + GAP.x),
        y: own?.y ?? MARGIN + (top - rank) * (BOX.height + GAP.y),
        manual: own !== undefined,
      });
    });
  }
  const order = new Map(boxes.map((box, at) => [box.id, at]));
  return placed.sort((a, b) => (order.get(a.box.id) ?? 0) - (order.get(b.box.id) ?? 0));
}

export function snapped(value: number): number {
  return Math.max(0, Math.round(value / SNAP) * SNAP);
}

/** Size of the drawing that holds all boxes and notes. */
export function extent(places: readonly Placed[], notes: readonly Note[]) {
  let width = 0;
  let height = 0;
  for (const { x, y } of places) {
    width = Math.max(width, x + BOX.width);
    height = Math.max(height, y + BOX.height);
  }
  for (const note of notes) {
    width = Math.max(width, note.x + 180);
    height = Math.max(height, note.y + 30);
  }
  return { width: width + MARGIN, height: height + MARGIN };
}
