// Groups that are open in place: where their hulls stand, and what makes room for them.

import { describe, expect, it } from "vitest";
import {
  type Arranged,
  arrange,
  linesOf,
  memberId,
  openIn,
  shifted,
  split,
  unshifted,
} from "../../src/circuit/hull.ts";
import { type Area, BOX, MARGIN, type Placed, SNAP } from "../../src/circuit/places.ts";
import type { Group } from "../../src/state/document.ts";
import type { Circuit } from "../../src/wire.ts";

const name = (node: number): string => `node ${node}`;

/** What the server says of members: a rank and a place in it. */
const answerOf = (members: readonly [node: number, rank: number, x: number][]): Circuit =>
  ({
    boxes: members.map(([node, rank, x]) => ({ id: memberId(node), nodes: [node], rank, x })),
    edges: [],
  }) as unknown as Circuit;

const at = (id: string, nodes: number[], x: number, y: number): Placed => ({
  box: { id, name: id, nodes },
  x,
  y,
  ...BOX,
});

const allOf = ({ boxes, hulls }: Arranged): Placed[] => [...boxes, ...hulls];
const byId = (arranged: Arranged) => new Map(allOf(arranged).map((one) => [one.box.id, one]));

const meet = (a: Area, b: Area): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function overlaps(areas: readonly Placed[]): string[] {
  return areas.flatMap((a, place) =>
    areas
      .slice(place + 1)
      .filter((b) => meet(a, b))
      .map((b) => `${a.box.id} ${b.box.id}`),
  );
}

describe("members", () => {
  it("stand in the place of their group, each as a box of its own", () => {
    const groups: Group[] = [
      { id: "g", name: "state", nodes: [3, 5], open: true },
      { id: "n7", name: "seven", nodes: [7] },
    ];
    const isOpen = ({ open }: Group): boolean => open === true;
    expect(split(groups, isOpen, name)).toEqual([
      { id: "n3", name: "node 3", nodes: [3] },
      { id: "n5", name: "node 5", nodes: [5] },
      groups[1],
    ]);
    expect(openIn(groups, null)).toEqual(new Set());
    expect(openIn(groups, answerOf([[3, 0, 0]]))).toEqual(new Set(["g"]));
    expect(openIn(groups, answerOf([[7, 0, 0]]))).toEqual(new Set());
    expect(openIn([{ ...groups[0], open: undefined }], answerOf([[3, 0, 0]]))).toEqual(new Set());
  });

  it("are in lines by the server's rank and order, at most three side by side", () => {
    const answer = answerOf([
      [1, 0, 0.2],
      [2, 2, 0.9],
      [3, 0, 0.1],
      [4, 2, 0.1],
      [5, 0, 0.8],
      [6, 0, 0.9],
    ]);
    expect(linesOf([1, 2, 3, 4, 5, 6], answer)).toEqual([[4, 2], [3, 1, 5], [6]]);
    // One that the server has not seen yet stands below.
    expect(linesOf([2, 9], answer)).toEqual([[2], [9]]);
  });
});

describe("a hull", () => {
  const group = at("g", [1, 2, 3, 4], 400, 200);
  const answer = answerOf([
    [1, 0, 0.1],
    [2, 0, 0.5],
    [3, 0, 0.9],
    [4, 1, 0.5],
  ]);
  const open = new Set(["g"]);

  it("stands in the middle of its box and moves nothing where there is room", () => {
    const others = [at("a", [8], 20, 20), at("b", [9], 900, 500)];
    const arranged = arrange([group, ...others], open, answer, name);
    expect(arranged.shifts).toEqual([]);
    expect(arranged.boxes).toEqual(others);
    const [hull] = arranged.hulls;
    expect(hull.x + hull.width / 2).toBe(group.x + BOX.width / 2);
    expect(hull.y + hull.height / 2).toBe(group.y + BOX.height / 2);
    expect(hull.home).toEqual({ x: 400, y: 200 });
  });

  it("has all members inside, apart, the later ones above", () => {
    const [hull] = arrange([group], open, answer, name).hulls;
    expect(hull.members.map(({ box }) => box.nodes[0])).toEqual([4, 1, 2, 3]);
    expect(overlaps(hull.members)).toEqual([]);
    for (const one of hull.members) {
      expect(one.x).toBeGreaterThanOrEqual(hull.x);
      expect(one.y).toBeGreaterThanOrEqual(hull.y + 20);
      expect(one.x + one.width).toBeLessThanOrEqual(hull.x + hull.width);
      expect(one.y + one.height).toBeLessThanOrEqual(hull.y + hull.height);
    }
    expect(hull.members[0].y).toBeLessThan(hull.members[1].y);
    expect(hull.members[0].box).toEqual({ id: "n4", name: "node 4", nodes: [4] });
  });

  it("at the drawing's edge stays in it", () => {
    const [hull] = arrange([{ ...group, x: MARGIN, y: MARGIN }], open, answer, name).hulls;
    expect([hull.x, hull.y]).toEqual([MARGIN, MARGIN]);
  });

  it("moves only what is in its way on one side, with all that is beyond", () => {
    const places = [
      group,
      at("left", [10], 200, 200),
      at("right", [11], 576, 200),
      at("far right above", [12], 752, 100),
      at("above", [13], 400, 100),
      at("below", [14], 400, 700),
    ];
    const arranged = arrange(places, open, answer, name);
    const after = byId(arranged);
    const moved = (id: string): number[] => {
      const before = places.find(({ box }) => box.id === id)!;
      return [after.get(id)!.x - before.x, after.get(id)!.y - before.y];
    };
    const by = after.get("g")!.width - BOX.width;
    expect(after.get("g")).toMatchObject({ x: 400, y: 200 });
    expect(moved("right")).toEqual([by, 0]);
    expect(moved("far right above")).toEqual([by, 0]);
    for (const id of ["left", "above", "below"]) expect(moved(id)).toEqual([0, 0]);
    expect(by % SNAP).toBe(0);
    expect(overlaps(allOf(arranged))).toEqual([]);
  });

  it("that is closed, or of which the server has not answered, leaves all as it was", () => {
    const places = [group, at("right", [11], 576, 200)];
    for (const closed of [
      arrange(places, new Set(), answer, name),
      arrange(places, open, null, name),
    ]) {
      expect(closed.boxes).toEqual(places);
      expect(closed.hulls).toEqual([]);
      expect(closed.shifts).toEqual([]);
    }
  });
});

describe("many hulls", () => {
  /** A seeded generator: the same drawings on every run. */
  const generator = (seed: number) => {
    let state = seed >>> 0;
    return (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  };

  it("lie on nothing, whatever stands around them, and keep the order of boxes", () => {
    let moving = 0;
    for (let seed = 0; seed < 300; seed++) {
      const draw = generator(seed);
      const places: Placed[] = [];
      for (let tries = 0; tries < 14; tries++) {
        const nodes = Array.from({ length: 1 + draw(7) }, (_, member) => 100 * tries + member);
        const one = at(`g${tries}`, nodes, MARGIN + draw(900), MARGIN + draw(500));
        if (!places.some((other) => meet(one, other))) places.push(one);
      }
      const open = new Set(places.filter(() => draw(3) === 0).map(({ box }) => box.id));
      const answer = answerOf(
        places.flatMap(({ box }) =>
          box.nodes.map((node) => [node, draw(3), draw(9) / 9] as [number, number, number]),
        ),
      );
      const arranged = arrange(places, open, answer, name);
      expect(arranged.hulls.length).toBe(open.size);
      expect(overlaps(allOf(arranged)), `seed ${seed}`).toEqual([]);
      if (arranged.shifts.length > 0) moving++;
      for (const { box, x, y } of arranged.boxes) {
        const home = places.find((place) => place.box.id === box.id)!;
        expect({ x, y }).toEqual(shifted(home, arranged.shifts));
        expect(unshifted({ x, y }, arranged.shifts)).toEqual({ x: home.x, y: home.y });
      }
    }
    expect(moving).toBeGreaterThan(50);
  });

  it("a box that is put into the room that was made stands next to it", () => {
    const shifts = [{ axis: "x" as const, from: 100, by: 80 }];
    expect(unshifted({ x: 40, y: 7 }, shifts)).toEqual({ x: 40, y: 7 });
    expect(unshifted({ x: 130, y: 7 }, shifts)).toEqual({ x: 100, y: 7 });
    expect(unshifted({ x: 180, y: 7 }, shifts)).toEqual({ x: 100, y: 7 });
    expect(unshifted({ x: 190, y: 7 }, shifts)).toEqual({ x: 110, y: 7 });
  });
});
