// Where boxes stand: where the server places them, or where a person put them.

import type { Group, Note, Place } from "../state/document.ts";
import type { Circuit } from "../wire.ts";

export const BOX = { width: 148, height: 46 };
export const SNAP = 8;
export const MARGIN = 20;
/** From box to box, as the server places them. */
const STEP = { x: BOX.width + 28, y: BOX.height + 54 };

/** A place with a size. */
export interface Area extends Place {
  width: number;
  height: number;
}

export interface Placed extends Area {
  box: Group;
}

/** Places of all boxes. */
export function boxPlaces(
  boxes: readonly Group[],
  circuit: Circuit | null,
  manual: Readonly<Record<string, Place>>,
): Placed[] {
  const given = new Map((circuit?.boxes ?? []).map((box) => [box.id, box.place]));
  const lowest = Math.max(-STEP.y, ...[...given.values()].map(({ y }) => y - MARGIN));
  return boxes.map((box, at) => {
    // Side by side below all others until the server has answered.
    const row = { x: MARGIN + at * STEP.x, y: MARGIN + lowest + STEP.y };
    const { x, y } = manual[box.id] ?? given.get(box.id) ?? row;
    return { box, x, y, ...BOX };
  });
}

const SPREAD = 16;

/**
 * Where each edge meets its target's lower side, as a shift from the middle: side by side in the
 * order of their sources, so that an arrow and a bar do not lie on each other.
 */
export function landings(
  edges: readonly { source: string; target: string }[],
  places: ReadonlyMap<string, Pick<Area, "x" | "width">>,
): Map<string, number> {
  const shifts = new Map<string, number>();
  const order = (id: string): number => places.get(id)?.x ?? 0;
  for (const target of new Set(edges.map((edge) => edge.target))) {
    const into = edges.filter((edge) => edge.target === target);
    into.sort((a, b) => order(a.source) - order(b.source) || (a.source < b.source ? -1 : 1));
    const { width } = places.get(target) ?? BOX;
    const step = Math.min(SPREAD, (width - 24) / Math.max(1, into.length - 1));
    into.forEach((edge, at) => {
      shifts.set(`${edge.source}>${target}`, (at - (into.length - 1) / 2) * step);
    });
  }
  return shifts;
}

export function snapped(value: number): number {
  return Math.max(0, Math.round(value / SNAP) * SNAP);
}

/** Size of the drawing that holds all boxes and notes. */
export function extent(places: readonly Area[], notes: readonly Note[]) {
  let width = 0;
  let height = 0;
  for (const place of places) {
    width = Math.max(width, place.x + place.width);
    height = Math.max(height, place.y + place.height);
  }
  for (const note of notes) {
    width = Math.max(width, note.x + 180);
    height = Math.max(height, note.y + 30);
  }
  return { width: width + MARGIN, height: height + MARGIN };
}
