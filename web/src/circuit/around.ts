// How an edge runs from box to box: a curve, or where that would pass behind a third box, around
// it. An edge that goes on behind a box looks like two.

import type { Place } from "../state/document.ts";
import type { Area } from "./places.ts";

export interface Course {
  /** For a path of SVG. */
  d: string;
  /** Where something is written on it. */
  middle: Place;
}

type Curve = readonly [Place, Place, Place, Place];

/** Clear space beside a box, half of what the server leaves between two, and above and below. */
const CLEAR = { x: 14, y: 12 };
const SAMPLES = 24;
/** Boxes that may have to be gone around together before the straight way is the lesser evil. */
const TRIES = 4;

/**
 * From a box's upper side to another's lower one. `others` are all other boxes;
 * `apart` sets an edge beside others that go around the same box.
 */
export function course(from: Place, to: Place, others: readonly Area[], apart = 0): Course {
  const plain = curve(from, to);
  const straight = { d: `M${at(from)} ${drawn(plain)}`, middle: mean(from, to) };
  // One that falls, as boxes can be dragged, has no side to go by.
  if (from.y <= to.y) return straight;
  const crossed = crossedBy([plain], others);
  if (crossed.length === 0) return straight;
  const ways = [-1, 1].flatMap((side) => around(from, to, others, crossed, { side, apart }));
  ways.sort((a, b) => a.length - b.length);
  return ways[0] ?? straight;
}

/** The way around some boxes on one side, and around those that it meets; nothing if it is none. */
function around(
  from: Place,
  to: Place,
  others: readonly Area[],
  first: readonly Area[],
  { side, apart }: { side: number; apart: number },
): (Course & { length: number })[] {
  let boxes = first;
  for (let tried = 0; tried < TRIES; tried++) {
    const edges = boxes.map(({ x, width }) => (side < 0 ? x : x + width));
    const x = (side < 0 ? Math.min(...edges) : Math.max(...edges)) + side * (CLEAR.x + apart);
    if (x < 0) return [];
    const tops = boxes.map(({ y }) => y);
    const bottoms = boxes.map(({ y, height }) => y + height);
    // Within the ends, whatever is close to them.
    const low = { x, y: Math.min(from.y, Math.max(...bottoms) + CLEAR.y) };
    const high = { x, y: Math.max(to.y, Math.min(...tops) - CLEAR.y) };
    const [up, along, in_] = [curve(from, low), curve(low, high), curve(high, to)];
    const met = crossedBy([up, along, in_], others);
    if (met.length === 0) {
      const d = `M${at(from)} ${drawn(up)} L${at(high)} ${drawn(in_)}`;
      const length = Math.abs(x - from.x) + Math.abs(x - to.x);
      return [{ d, middle: mean(low, high), length }];
    }
    boxes = [...new Set([...boxes, ...met])];
  }
  return [];
}

/** Leaves and arrives upright. */
function curve(from: Place, to: Place): Curve {
  const bend = Math.max(from.y > to.y ? 0 : 24, Math.abs(from.y - to.y) * 0.45);
  return [from, { x: from.x, y: from.y - bend }, { x: to.x, y: to.y + bend }, to];
}

function crossedBy(curves: readonly Curve[], boxes: readonly Area[]): Area[] {
  return boxes.filter((box) =>
    curves.some((one) => {
      for (let step = 0; step <= SAMPLES; step++) {
        const { x, y } = pointOf(one, step / SAMPLES);
        const inX = x > box.x - 2 && x < box.x + box.width + 2;
        if (inX && y > box.y - 2 && y < box.y + box.height + 2) return true;
      }
      return false;
    }),
  );
}

function pointOf([a, b, c, d]: Curve, t: number): Place {
  const s = 1 - t;
  const of = (axis: "x" | "y"): number =>
    s * s * s * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t * t * t * d[axis];
  return { x: of("x"), y: of("y") };
}

function mean(a: Place, b: Place): Place {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

const at = ({ x, y }: Place): string => `${x} ${y}`;

const drawn = ([, b, c, d]: Curve): string => `C${at(b)} ${at(c)} ${at(d)}`;
