// A link's view on a graph that it may not have been made for.

import { describe, expect, it } from "vitest";
import { emptyView } from "../../src/state/document.ts";
import { within } from "../../src/state/within.ts";

describe("a link's view", () => {
  const view = {
    ...emptyView(),
    pins: [1, 9, 12],
    hidden: [2, 40],
    groups: [
      { id: "both", name: "both", nodes: [1, 9] },
      { id: "gone", name: "gone", nodes: [9, 12] },
      { id: "bare", name: "bare", nodes: [] },
    ],
    labels: { "1": "one", "9": "nine" },
    places: { n1: { x: 0, y: 0 }, n12: { x: 1, y: 1 }, both: { x: 2, y: 2 } },
  };

  it("shows of another graph's nodes none, and counts each once", () => {
    const { view: found, nMissing } = within(view, 9);
    expect(nMissing).toBe(3);
    expect(found).toMatchObject({ pins: [1], hidden: [2], labels: { "1": "one" } });
    expect(found.groups.map(({ id, nodes }) => [id, nodes])).toEqual([
      ["both", [1]],
      ["bare", []],
    ]);
    expect(Object.keys(found.places)).toEqual(["n1", "both"]);
  });

  it("of the graph itself is as it was", () => {
    expect(within(view, 41)).toEqual({ view, nMissing: 0 });
  });
});
