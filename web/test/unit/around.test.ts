// Edges of the circuit go around boxes that they do not join.

import { describe, expect, it } from "vitest";
import { course } from "../../src/circuit/around.ts";
import { type Area, BOX, MARGIN } from "../../src/circuit/places.ts";
import type { Place } from "../../src/state/document.ts";

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

describe("many edges", () => {
  /** A seeded generator: the same drawings on every run. */
  const generator = (seed: number) => {
    let state = seed >>> 0;
    return (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  };

  const meet = (a: Area, b: Area): boolean =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

  /** Boxes and open groups that lie on nothing. */
  function drawing(draw: (below: number) => number): Area[] {
    const areas: Area[] = [];
    for (let tries = 0; tries < 16; tries++) {
      const size = draw(4) ? BOX : { width: 150 + draw(250), height: 80 + draw(120) };
      const one = { x: MARGIN + draw(900), y: MARGIN + draw(700), ...size };
      if (!areas.some((other) => meet(one, other))) areas.push(one);
    }
    return areas;
  }

  /** Points of a path of curves and at most one line, as close as the page itself looks. */
  function along(d: string): Place[] {
    const [start, ...rest] = points(d);
    const isAround = d.includes("L");
    const found = [start];
    const bend = (a: Place, [b, c, e]: Place[]): void => {
      for (let step = 1; step <= 24; step++) {
        const t = step / 24;
        const s = 1 - t;
        const of = (axis: "x" | "y"): number =>
          s ** 3 * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t ** 3 * e[axis];
        found.push({ x: of("x"), y: of("y") });
      }
    };
    bend(start, rest.slice(0, 3));
    if (!isAround) return found;
    const [low, high] = [rest[2], rest[3]];
    for (let step = 0; step <= 100; step++)
      found.push({ x: low.x, y: low.y + ((high.y - low.y) * step) / 100 });
    bend(high, rest.slice(4, 7));
    return found;
  }

  it("end where they should and pass behind nothing, whatever stands in their way", () => {
    let [nAround, nStraight, nBehind] = [0, 0, 0];
    for (let seed = 0; seed < 300; seed++) {
      const draw = generator(seed);
      const areas = drawing(draw);
      const ends = [areas[draw(areas.length)], areas[draw(areas.length)]];
      // Most edges rise.
      const up = draw(4) ? 1 : -1;
      const [source, target] = ends.sort((a, b) => up * (b.y - a.y));
      const apart = 6 * draw(3);
      const from = { x: source.x + source.width / 2, y: source.y };
      const to = { x: target.x + target.width / 2, y: target.y + target.height + 3 };
      const others = areas.filter((area) => area !== source && area !== target);
      const { d, middle } = course(from, to, others, apart);
      const told = `seed ${seed}: ${d}`;
      const numbers = points(d);
      expect(d, told).toMatch(/^M[^CLM]+ C[^CLM]+( L[^CLM]+ C[^CLM]+)?$/);
      expect([numbers[0], numbers.at(-1)], told).toEqual([from, to]);
      for (const { x, y } of [...numbers, middle])
        expect(Number.isFinite(x) && Number.isFinite(y), told).toBe(true);
      const behind = along(d).some(({ x, y }) =>
        others.some(
          (box) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height,
        ),
      );
      if (d.includes("L")) {
        nAround++;
        expect(behind, told).toBe(false);
        expect(numbers[3].x, told).toBe(numbers[4].x);
        // Up beside what it goes around, and never out of the drawing.
        expect(numbers[3].x, told).toBeGreaterThanOrEqual(0);
        expect(middle.x, told).toBe(numbers[3].x);
        expect(numbers[3].y <= from.y && numbers[4].y >= to.y, told).toBe(true);
      } else if (from.y > to.y && behind) {
        // Neither side was free: the straight way is the lesser evil.
        nBehind++;
      } else {
        nStraight++;
      }
      // The same whatever was drawn first.
      expect(course(from, to, [...others].reverse(), apart).d, told).toBe(d);
    }
    expect(nAround).toBeGreaterThan(40);
    expect(nStraight).toBeGreaterThan(40);
    expect(nBehind).toBeLessThan(nAround);
  });
});
