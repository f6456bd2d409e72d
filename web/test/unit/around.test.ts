// Edges of the circuit go around boxes that they do not join.

import { describe, expect, it } from "vitest";
import { course } from "../../src/circuit/around.ts";
import { BOX } from "../../src/circuit/places.ts";

/** Boxes of one column, from the lowest. */
const column = [0, 1, 2, 3].map((rank) => ({ x: 20, y: 320 - 100 * rank, ...BOX }));
const from = { x: column[0].x + BOX.width / 2, y: column[0].y };
const into = (rank: number) => ({
  x: column[rank].x + BOX.width / 2,
  y: column[rank].y + BOX.height + 3,
});

/** All pairs of numbers in a path. */
function points(d: string): { x: number; y: number }[] {
  const numbers = [...d.matchAll(/-?[\d.]+/g)].map(Number);
  return numbers.flatMap((x, at) => (at % 2 === 0 ? [{ x, y: numbers[at + 1] }] : []));
}

describe("an edge of the circuit", () => {
  it("is one curve to the next rank, with its middle between its ends", () => {
    const { d, middle } = course(from, into(1), [column[2], column[3]]);
    expect(d).toMatch(/^M[^CL]+ C[^CL]+$/);
    expect(middle).toEqual({ x: from.x, y: (from.y + into(1).y) / 2 });
  });

  it("that skips a rank goes beside the box there, upright, as do its words", () => {
    const box = column[1];
    const { d, middle } = course(from, into(2), [box, column[3]]);
    const [, , , low, high] = points(d);
    expect(low.x).toBe(high.x);
    expect(low.x < box.x || low.x > box.x + BOX.width).toBe(true);
    expect(low.y).toBeGreaterThan(box.y + BOX.height);
    expect(high.y).toBeLessThan(box.y);
    expect(middle).toEqual({ x: low.x, y: (low.y + high.y) / 2 });
    expect(points(d).at(-1)).toEqual(into(2));
  });

  it("goes around several at once, on the side where nothing stands", () => {
    const left = { x: column[1].x - 28 - BOX.width + 200, y: column[1].y, ...BOX };
    const { d } = course(from, into(3), [column[1], column[2], left]);
    const lane = points(d)[3].x;
    for (const box of [column[1], column[2], left])
      expect(lane < box.x || lane > box.x + BOX.width).toBe(true);
  });

  it("goes around what is larger than a box, as an open group is", () => {
    const hull = { x: 20, y: column[1].y - 40, width: 300, height: 120 };
    const to = { x: 90, y: 40 };
    const [, , , low, high] = points(course(from, to, [hull]).d);
    expect(low.x < hull.x || low.x > hull.x + hull.width).toBe(true);
    expect(low.y).toBeGreaterThan(hull.y + hull.height);
    expect(high.y).toBeLessThan(hull.y);
  });

  it("that falls, as boxes can be dragged, is a curve as before", () => {
    const { d } = course({ x: 90, y: 20 }, { x: 90, y: 400 }, [{ x: 20, y: 200, ...BOX }]);
    expect(d).toMatch(/^M[^CL]+ C[^CL]+$/);
  });
});
