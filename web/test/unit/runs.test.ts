// Parts of a test's result: texts, the baseline, the best end of a sweep.

import { describe, expect, it, vi } from "vitest";
import type { InterveneRun, SweepPoint } from "../../src/wire.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const { besides } = await import("../../src/tests/baseline.ts");
const { bestEnd } = await import("../../src/tests/best.ts");
const { differing } = await import("../../src/tests/differ.ts");

describe("two texts", () => {
  const marked = (before: string, after: string): string[] => {
    const parts = differing(before, after);
    return [parts.before, parts.after].map((list) =>
      list.map(({ text, differs }) => (differs ? `[${text}]` : text)).join(""),
    );
  };

  it("have the words marked that differ, and no others", () => {
    expect(marked("is Austin, the capital", "is Albany, the old capital")).toEqual([
      "is[ Austin,] the capital",
      "is[ Albany,] the[ old] capital",
    ]);
  });

  it("are whole where they are equal, empty, or other from end to end", () => {
    expect(marked("the\n same ", "the\n same ")).toEqual(["the\n same ", "the\n same "]);
    expect(marked("", "new words")).toEqual(["", "[new words]"]);
    expect(marked("a b", "c d")).toEqual(["[a b]", "[c d]"]);
  });

  it("count a word that is repeated once for each time", () => {
    expect(marked("a a b", "a a a b")).toEqual(["a a b", "a a[ a] b"]);
  });
});

describe("a test beside a baseline", () => {
  it("shows no number of a group that had other members", () => {
    expect(besides(run(1, [], [3, 10]), run(0.5, [], [10, 3])).groups).toHaveLength(1);
    expect(besides(run(1, [], [3, 10]), run(0.5, [], [3])).groups).toEqual([
      { name: "Texas", base: null, now: 0.5 },
      { name: "Texas", base: 1, now: null },
    ]);
  });

  const run = (group: number | null, tokens: [number, number][], nodes = [3]) =>
    ({
      groups: [
        { id: "a", name: "Texas", measured: group, members: nodes.map((node) => ({ node })) },
      ],
      targets: [],
      shift: { tokens: tokens.map(([id, p_after]) => ({ id, text: `t${id}`, p_after })) },
    }) as unknown as InterveneRun;

  it("matches what both measured, and keeps what one lacks", () => {
    const now = run(0.5, [
      [1, 0.25],
      [2, 0.5],
    ]);
    const found = besides(
      run(1, [
        [3, 0.1],
        [2, 0.75],
      ]),
      now,
    );
    expect(found.groups).toEqual([{ name: "Texas", base: 1, now: 0.5 }]);
    expect(found.tokens).toEqual([
      { name: "t1", base: null, now: 0.25 },
      { name: "t2", base: 0.75, now: 0.5 },
      { name: "t3", base: 0.1, now: null },
    ]);
  });
});

describe("the best end of held layers", () => {
  const point = (value: number, kl_nats: number) => ({ value, shift: { kl_nats } }) as SweepPoint;

  it("is where the outputs diverge most, the first of equals", () => {
    const points = [point(3, 0.5), point(4, 2), point(5, 2)];
    expect(bestEnd({ varies: "end_layer", points })).toEqual({ end: 4, kl: 2 });
  });

  it("is none of another sweep, nor of one without a point", () => {
    expect(bestEnd({ varies: "dose", points: [point(3, 1)] })).toBeNull();
    expect(bestEnd({ varies: "end_layer", points: [] })).toBeNull();
    expect(bestEnd(null)).toBeNull();
  });
});
