// Where the circuit's boxes stand, and where edges land on them.

import { describe, expect, it } from "vitest";
import { BOX, boxPlaces, landings, SNAP, snapped } from "../../src/circuit/places.ts";
import type { Circuit } from "../../src/wire.ts";

describe("places of boxes", () => {
  const boxes = ["a", "b", "c", "d"].map((id, at) => ({ id, name: id, nodes: [at] }));
  const known = [
    { id: "a", place: { x: 20, y: 120 } },
    { id: "b", place: { x: 20, y: 20 } },
  ];
  const circuit = { boxes: known, edges: [] } as unknown as Circuit;

  it("are the server's, and what it has not seen yet stands below, apart", () => {
    const placed = boxPlaces(boxes, circuit, {});
    expect(placed.slice(0, 2)).toMatchObject(known.map(({ place }) => place));
    for (const a of placed) {
      for (const b of placed) {
        if (a === b) continue;
        const apart = Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height;
        expect(apart).toBe(true);
      }
    }
    expect(placed[2].y).toBeGreaterThan(120 + BOX.height);
    expect(boxPlaces(boxes, null, {})[0].y).toBe(20);
  });

  it("are a person's where a person put one", () => {
    const placed = boxPlaces(boxes, circuit, { b: { x: 400, y: 80 } });
    expect(placed[1]).toMatchObject({ x: 400, y: 80 });
    expect(snapped(3) % SNAP).toBe(0);
    expect(snapped(-20)).toBe(0);
  });
});

describe("edges that meet at a box", () => {
  it("land side by side within it, in the order of their sources", () => {
    const ids = Array.from({ length: 12 }, (_, at) => `s${at}`);
    const at100 = ids.map((id, at) => [id, { x: at * 100, width: BOX.width }] as const);
    const x = new Map([...at100, ["t", { x: 0, width: BOX.width }]]);
    const edges = ids.toReversed().map((source) => ({ source, target: "t" }));
    const shifts = landings(edges, x);
    const at = ids.map((id) => shifts.get(`${id}>t`) ?? Number.NaN);
    for (let n = 1; n < at.length; n++) expect(at[n]).toBeGreaterThan(at[n - 1]);
    expect(Math.max(...at.map(Math.abs))).toBeLessThan(BOX.width / 2);
    expect(landings([{ source: "s0", target: "t" }], x).get("s0>t")).toBe(0);
  });
});
