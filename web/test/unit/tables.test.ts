// Results of tests as tables for files.

import { describe, expect, it } from "vitest";
import { linesOf } from "../../src/tests/lines.ts";
import { caseNames, caseOrder, matrixTable, sweepTable } from "../../src/tests/tables.ts";
import { csvText } from "../../src/ui/csv.ts";
import type { GroupEffect, SweepPoint, SweepResult, ValidateRun } from "../../src/wire.ts";

function point(value: number, to: Partial<SweepPoint>, tokens: [number, string, number][]) {
  const shifts = tokens.map(([id, text, p_after]) => ({ id, text, p_after }));
  const none = { groups: [], predicted: [], targets: [] };
  return { value, shift: { tokens: shifts }, ...none, ...to } as unknown as SweepPoint;
}

const groups = [{ name: "Texas" }, { name: "silent" }, { name: "capital" }] as GroupEffect[];
const target = (measured: number | null, predicted: number | null) => {
  return { node: 9, label: "Austin", before: 4, measured, predicted };
};
const sweep: SweepResult = {
  varies: "dose",
  partial: false,
  n_points: 2,
  points: [
    point(-1, { groups: [-1, null, 0.4], predicted: [-1, null, 0.2], targets: [target(-2, -3)] }, [
      [5, "Austin", 0.1],
    ]),
    point(1, { groups: [1, null, 1], predicted: [1, null, null], targets: [target(0, 0)] }, [
      [5, "Austin", 0.6],
      [6, "\n", 0.2],
    ]),
  ],
};

describe("a sweep", () => {
  it("is a line for each output, group and target, with what the graph said of it", () => {
    const { outputs, groups: moved, targets } = linesOf(sweep, groups);
    expect(outputs.lines).toEqual([
      { name: "Austin", measured: [0.1, 0.6], predicted: null },
      { name: "⏎", measured: [null, 0.2], predicted: null },
    ]);
    // What has no activation to be a share of is no line.
    expect(moved.lines).toEqual([
      { name: "Texas", measured: [-1, 1], predicted: [-1, 1] },
      { name: "capital", measured: [0.4, 1], predicted: [0.2, null] },
    ]);
    expect(targets.lines).toEqual([{ name: "Austin", measured: [-2, 0], predicted: [-3, 0] }]);
  });

  it("of which nothing was measured is none", () => {
    const { outputs, targets } = linesOf({ ...sweep, points: [] }, groups);
    expect([...outputs.lines, ...targets.lines]).toEqual([]);
  });

  it("is a table with a row for each point of each line, and its unit", () => {
    const { head, rows } = sweepTable(sweep, groups, "dose (× the original activation)");
    expect(head[2]).toBe("dose (× the original activation)");
    expect(rows).toHaveLength(10);
    expect(rows).toContainEqual(["groups", "capital", 1, null, 1, "share of the original"]);
    expect(rows).toContainEqual(["outputs", "Austin", -1, null, 0.1, "probability"]);
    const unit = "change of the logit less the mean";
    expect(rows).toContainEqual(["targets", "Austin", -1, -3, -2, unit]);
  });
});

describe("a matrix as a table", () => {
  it("has the cells of all doses, by name", () => {
    const cell = { case: 0, column: 1, predicted: -0.5, measured: -0.4, verdict: "supported" };
    const run = {
      doses: [0, -1],
      cases: [{ group: "a", name: "A" }],
      columns: ["a", "target:0"],
      cells: [0, 1].map((dose) => ({ ...cell, dose, control: dose === 0 ? null : 0.1 })),
    } as unknown as ValidateRun;
    expect(matrixTable(run, (column) => `<${column}>`, ["A"]).rows).toEqual([
      ["A", 0, "<target:0>", -0.5, -0.4, null, "supported"],
      ["A", -1, "<target:0>", -0.5, -0.4, 0.1, "supported"],
    ]);
  });
});

describe("rows of a matrix", () => {
  const cases = [
    { group: null, name: "L6/250@9", nodes: [3], control: [] },
    { group: "a", name: "A", nodes: [1], control: [] },
    { group: "n7", name: "at is", nodes: [7], control: [] },
  ];
  const names = { short: (node: number) => `s${node}`, where: (node: number) => `@${node}` };

  it("are called as their nodes are everywhere, and groups as they were tested", () => {
    expect(caseNames({ cases }, names)).toEqual(["s3 @3", "A", "s7 @7"]);
    expect(caseNames({ cases }, null)).toEqual(["L6/250@9", "A", "at is"]);
  });

  it("begin with the groups that were asked for", () => {
    expect(caseOrder({ cases }).map(({ row }) => row)).toEqual([1, 2, 0]);
  });
});

describe("a CSV file", () => {
  it("holds any text, and numbers in full", () => {
    const rows = [
      ["a, b", 0.1 + 0.2, null],
      ['say "x"\n', -1e-9, true],
    ];
    expect(csvText({ head: ["name", "p", "agrees"], rows })).toBe(
      '"name","p","agrees"\n"a, b",0.30000000000000004,\n"say ""x""\n",-1e-9,true\n',
    );
  });

  it("holds no text that a program takes for a formula", () => {
    const texts = ["=1+1", "+", "-x", "@a", "\tb", "a=b"];
    const lines = csvText({ head: [], rows: texts.map((text) => [text]) }).split("\n");
    expect(lines.slice(1, -1)).toEqual([`"'=1+1"`, `"'+"`, `"'-x"`, `"'@a"`, `"'\tb"`, `"a=b"`]);
  });
});
