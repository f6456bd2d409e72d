// Cells of a validation as points of a chart.

import { describe, expect, it } from "vitest";
import { nearestPoint, pointsOf, pointWords, rangeOf } from "../../src/tests/scatter.ts";
import type { MatrixCell } from "../../src/wire.ts";

const cell = (of: Partial<MatrixCell>): MatrixCell => ({
  case: 0,
  dose: 0,
  column: 0,
  predicted: 0,
  measured: 0,
  control: null,
  verdict: "weak",
  ...of,
});

const run = {
  columns: ["a", "target:0"],
  cells: [
    cell({ column: 1, predicted: 0.5, measured: 0.25, verdict: "supported" }),
    cell({ case: 1, predicted: -1, measured: 0.2, control: -0.5, verdict: "contradicted" }),
    cell({ dose: 1, predicted: 9 }),
  ],
};

describe("points of a validation", () => {
  const rows = ["Texas", "state"];
  const points = pointsOf(run, 0, rows, (column) => (column === "a" ? "say a state" : "Austin"));

  it("are the cells of one dose in the order of what was predicted, under both names", () => {
    expect(points.map(({ source, target }) => `${source} ${target}`)).toEqual([
      "state say a state",
      "Texas Austin",
    ]);
    expect(pointWords(points[0])).toBe(
      "state → say a state: predicted −100 %, measured +20 %, control −50 %; contradicted",
    );
    expect(pointWords(points[1])).toContain("no control; supported");
  });

  it("share one range, with 0 and every value in it", () => {
    const { low, high } = rangeOf(points);
    expect(low).toBeLessThan(-1);
    expect(high).toBeGreaterThan(0.5);
    const far = rangeOf([{ ...points[0], predicted: 0.25, measured: 0.5 }]);
    expect(far.low).toBeLessThan(0);
    expect(rangeOf([{ ...points[0], predicted: 0, measured: 0 }]).high).toBeGreaterThan(0);
  });

  it("are found from near, and not from afar", () => {
    const near = { predicted: 0.45, measured: 0.3 };
    expect(nearestPoint(points, near, 0.1)).toBe(1);
    expect(nearestPoint(points, near, 0.05)).toBe(-1);
    expect(nearestPoint([], near, 9)).toBe(-1);
  });
});
