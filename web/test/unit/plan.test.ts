// What the form of a test asks for.

import { describe, expect, it } from "vitest";
import { KIND } from "../../src/graph/pack.ts";
import { doseWords, ticksOf } from "../../src/tests/doses.ts";
import { interveneAsk, type Plan, plan, STRENGTHS } from "../../src/tests/plan.ts";

describe("a test's request", () => {
  const boxes = [
    { id: "a", name: "a", nodes: [1, 2] },
    { id: "b", name: "b", nodes: [3] },
  ];
  const usual: Plan = { ...plan.peek(), graph: "oak", changed: ["b"], value: 7 };
  // An activation of a token is none.
  const pack = {
    kind: Uint8Array.from([KIND.token, KIND.feature, KIND.feature, KIND.feature]),
    activation: Float32Array.from([9, 0.5, 1.234, 2]),
  };
  const of = (to: Partial<Plan>) => interveneAsk({ ...usual, ...to }, boxes, [], pack, 5);

  it("changes what was ticked, follows every box, and means what its words say", () => {
    const ask = of({});
    expect(ask.groups.map((group) => group.id)).toEqual(["a", "b"]);
    expect(ask.edits).toEqual([{ nodes: [3], how: "scale", value: -1, positions: "own" }]);
    expect(ask.sweep).toBeNull();
    // More than the page lists at first; fewer where every point of a sweep has them.
    expect([ask.top_k, of({ sweep: "position" }).top_k]).toEqual([50, 20]);
    for (const { name, how, value } of STRENGTHS) {
      const [edit] = of({ strength: name }).edits;
      expect(edit).toMatchObject({ how, value: value ?? 7 });
    }
  });

  it("changes each in its own way where it has one, in the order in which they were ticked", () => {
    const own = { a: { strength: "set", value: 3, positions: "all" } } as const;
    expect(of({ changed: ["b", "a"], own }).edits).toEqual([
      { nodes: [3], how: "scale", value: -1, positions: "own" },
      { nodes: [1, 2], how: "set", value: 3, positions: "all" },
    ]);
    // What is not ticked is not changed.
    expect(of({ own }).edits).toHaveLength(1);
    // A sweep of what is off is one of multiples, whatever the others are.
    const off = { a: { ...own.a, strength: "off" } } as const;
    const swept = of({ changed: ["b", "a"], own: off, strength: "set", sweep: "dose" });
    expect(swept.edits.map(({ how }) => how)).toEqual(["set", "scale"]);
  });

  it("follows nodes of a measured test that are no box, or what that test followed", () => {
    const loose = [{ id: "test-3-0", name: "2 nodes", nodes: [1, 3] }];
    const ask = of({ changed: ["test-3-0"], loose });
    expect(ask.edits[0].nodes).toEqual([1, 3]);
    expect(ask.groups.map(({ id }) => id)).toEqual(["a", "b", "test-3-0"]);
    const asIn = { number: 3, groups: [boxes[1]], watch: [5], topK: 12 };
    expect(of({ changed: ["test-3-0"], loose, asIn })).toMatchObject({
      groups: [boxes[1]],
      watch: [5],
      top_k: 12,
    });
  });

  it("holds norms where they could answer", () => {
    expect([of({}).norms, of({ norms: "frozen" }).norms]).toEqual([null, "frozen"]);
    expect(of({ norms: "frozen", mode: "direct" }).norms).toBeNull();
  });

  it("has no swap without a group to take it from", () => {
    const swap = { graph: "g", nodes: [], times: 1, fromEnd: true };
    expect(of({ swap }).swap).toBeNull();
    expect(of({ swap: { ...swap, nodes: [9] } }).swap).toEqual({
      graph: "g",
      nodes: [9],
      times: 1,
      from_end: true,
    });
  });
});

describe("a sweep of the dose", () => {
  const boxes = [{ id: "a", name: "a", nodes: [0, 1, 2] }];
  const pack = {
    kind: Uint8Array.from([KIND.token, KIND.feature, KIND.feature]),
    activation: Float32Array.from([9, 0.5, 1.234]),
  };
  const swept = (to: Partial<Plan>) => {
    const now: Plan = { ...plan.peek(), changed: ["a"], sweep: "dose", ...to };
    const { edits, sweep } = interveneAsk(now, boxes, [], pack, 5);
    return { how: edits[0]?.how, values: sweep?.kind === "dose" && sweep.values };
  };

  it("is of multiples of the original, and for off, which is 0 of them, too", () => {
    const multiples = [-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];
    expect(swept({ strength: "double" })).toEqual({ how: "scale", values: multiples });
    expect(swept({ strength: "off" })).toEqual({ how: "scale", values: multiples });
    expect(doseWords(["scale"], null)).toContain("× the original");
  });

  it("is of activations as large as those of the features, for what is set or added", () => {
    const values = [-2.4, -1.8, -1.2, -0.6, 0, 0.6, 1.2, 1.8, 2.4];
    expect(swept({ strength: "set" })).toEqual({ how: "set", values });
    expect(swept({ strength: "add" })).toEqual({ how: "add", values });
    expect(swept({ strength: "set", changed: [] }).values).toContain(-2);
    expect(doseWords(["set", "set"], {})).toBe(
      "activation that is set; × what is put in was there",
    );
  });

  it("is of what somebody wrote, in order", () => {
    expect(swept({ doses: "2, −1, 2" }).values).toEqual([-1, 2]);
    expect(swept({ doses: "2, x" }).values).toEqual([]);
  });

  it("has whole numbers below it, and no more than there is room for", () => {
    expect([...ticksOf([-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3])]).toEqual([
      -3, -2, -1, 0, 1, 2, 3,
    ]);
    expect([...ticksOf([-6.8, -3.4, 0, 3.4])]).toEqual([-6.8, -3.4, 0, 3.4]);
    expect([...ticksOf(Array.from({ length: 60 }, (_, at) => at))]).toHaveLength(10);
  });
});
