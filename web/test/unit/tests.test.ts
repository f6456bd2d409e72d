import { describe, expect, it } from "vitest";
import { unfinished } from "../../src/api/running.ts";
import { countLinks, LINKS } from "../../src/graph/drawn.ts";
import { planOf } from "../../src/tests/again.ts";
import { allPlan, validateAsk } from "../../src/tests/all.ts";
import { numbersOf } from "../../src/tests/doses.ts";
import { offered, SELECTION } from "../../src/tests/offered.ts";
import {
  interveneAsk,
  type Plan,
  plan,
  planOn,
  sweepIn,
  whatAnswers,
} from "../../src/tests/plan.ts";
import {
  markOf,
  newestValidation,
  tallied,
  verdictsInFile,
  verdictsOf,
} from "../../src/tests/verdicts.ts";
import type { EditHow, Job, MatrixCell, Run, RunRow, VerdictName } from "../../src/wire.ts";

function cell(row: number, dose: number, column: number, verdict: VerdictName): MatrixCell {
  return { case: row, dose, column, predicted: 0, measured: 0, control: null, verdict };
}

/** A validation of two groups and a single feature, with two explained outputs. */
function validation(cells: MatrixCell[]): Run {
  const groups = [
    { id: "a", name: "A", nodes: [1, 2] },
    { id: "b", name: "B", nodes: [3] },
  ];
  const cases = [
    ...groups.map(({ id, name, nodes }) => ({ group: id, name, nodes, control: [] })),
    { group: null, name: "L0/4", nodes: [4], control: [] },
  ];
  const result = { kind: "validate", doses: [0, -1], cases, cells };
  return {
    ask: { kind: "validate", groups },
    result: { ...result, columns: ["a", "b", "target:0", "target:1"] },
  } as unknown as Run;
}

const boxes = [
  { id: "a", name: "A", nodes: [2, 1] },
  { id: "b", name: "B", nodes: [3] },
  { id: "n8", name: "Austin", nodes: [8] },
];
const targets = [
  { node: 8, label: "Austin" },
  { node: 9, label: "Albany" },
];

const pack = { kind: new Uint8Array(9), activation: new Float32Array(9) };

describe("verdicts on edges", () => {
  it("are the worst of all doses, and say all of them", () => {
    const cells = [
      cell(0, 0, 1, "contradicted"),
      cell(0, 0, 2, "supported"),
      cell(0, 1, 1, "supported"),
      cell(0, 1, 2, "weak"),
      cell(1, 0, 2, "supported"),
    ];
    const found = verdictsOf(validation(cells), boxes, targets);
    expect(found.get("a>b")).toEqual({
      verdict: "contradicted",
      words: "contradicted at 0 ×, supported at −1 ×",
    });
    expect(found.get("a>n8")?.verdict).toBe("weak");
    expect(found.get("b>n8")).toEqual({ verdict: "supported", words: "supported at 0 ×" });
    expect(found.size).toBe(3);
  });

  it("are on the box that an output is in, by name where it holds several", () => {
    const both = [...boxes.slice(0, 2), { id: "g", name: "say a capital", nodes: [8, 9] }];
    const cells = [cell(1, 0, 2, "supported"), cell(1, 0, 3, "contradicted")];
    expect(verdictsOf(validation(cells), both, targets).get("b>g")).toEqual({
      verdict: "contradicted",
      words: "Austin supported at 0 ×, Albany contradicted at 0 ×",
    });
  });

  it("leave out single features, the box itself, outputs in no box, and groups that changed", () => {
    const cells = [
      cell(2, 0, 1, "supported"),
      cell(0, 0, 0, "supported"),
      cell(0, 0, 3, "supported"),
      cell(0, 0, 1, "supported"),
    ];
    const changed = [boxes[0], { ...boxes[1], nodes: [3, 5] }, boxes[2]];
    expect(verdictsOf(validation(cells), changed, targets).size).toBe(0);
    expect([...verdictsOf(validation(cells), boxes, targets).keys()]).toEqual(["a>b"]);
  });

  it("are counted over the edges that are drawn", () => {
    const found = verdictsOf(validation([cell(0, 0, 1, "weak")]), boxes, targets);
    const edges = [
      { source: "a", target: "b" },
      { source: "a", target: "n8" },
    ];
    const none = { supported: 0, contradicted: 0 };
    expect(tallied(edges, found)).toEqual({ ...none, weak: 1, untested: 1 });
  });

  it("come from the newest validation that was not stopped, or else from the newest", () => {
    const row = (number: number, validates: boolean, partial: boolean): RunRow => {
      return { number, name: "", created: 0, validates, partial };
    };
    const rows = [
      row(5, false, false),
      row(4, true, true),
      row(3, true, false),
      row(2, true, false),
    ];
    expect(newestValidation(rows)).toBe(3);
    expect(newestValidation(rows.slice(0, 2))).toBe(4);
    expect(newestValidation(rows.slice(0, 1))).toBeNull();
  });
});

describe("verdicts in the graph file", () => {
  const edge = (source: number, target: number, verdict: VerdictName) => {
    return { source, target, verdict, predicted: 0, measured: 0, control: null };
  };
  const row = {
    tool: "connectome",
    rung: "mlps",
    dose: 0,
    partial: false,
    edges: [
      edge(3, 8, "supported"),
      edge(3, 1, "supported"),
      edge(3, 2, "contradicted"),
      edge(1, 8, "supported"),
      edge(3, 9, "weak"),
    ],
  };

  it("are on edges of single nodes, say where they come from, and name members", () => {
    const found = verdictsInFile(row, boxes, (node) => `node ${node}`);
    expect(Object.fromEntries(found)).toEqual({
      "b>n8": { verdict: "supported", words: "supported at 0 ×, from the file", ofFile: true },
      "b>a": {
        verdict: "contradicted",
        words: "node 1 supported at 0 ×, node 2 contradicted at 0 ×, from the file",
        ofFile: true,
      },
    });
    expect(found.size).toBe(2);
    expect([...found.values()].map(markOf)).toEqual(["(✓)", "(✗)"]);
  });
});

describe("what answers", () => {
  const usual = plan.peek();
  const ask = (to: Partial<typeof usual>) => interveneAsk({ ...usual, ...to }, [], [], pack, 6);

  it("is what the server takes it for: attention is held unless it is set free", () => {
    expect(ask({})).toMatchObject({ mode: "open", attention: null, layers: null });
    expect(ask({ attention: "free" }).attention).toBe("free");
    // The server refuses free attention in the other modes.
    expect(ask({ attention: "free", mode: "direct" }).attention).toBeNull();
    expect(whatAnswers(usual, 6)).toContain("attention patterns are held");
    expect(whatAnswers({ ...usual, attention: "free" }, 6)).toContain("attention answer");
  });

  it("takes a range of layers where some are held, one end at a time", () => {
    const constrained = { mode: "constrained" } as const;
    expect(ask(constrained).layers).toBeNull();
    expect(ask({ ...constrained, layerFrom: 1, layerTo: 3 }).layers).toEqual([1, 4]);
    expect(ask({ ...constrained, layerFrom: 2 }).layers).toEqual([2, 5]);
    expect(ask({ ...constrained, layerFrom: 5 }).layers).toEqual([5, 6]);
    expect(ask({ ...constrained, layerTo: 0 }).layers).toEqual([0, 1]);
    expect(ask({ layerFrom: 1, layerTo: 3 }).layers).toBeNull();
    const told = whatAnswers({ ...usual, ...constrained, layerFrom: 1, layerTo: 3 }, 6);
    expect(told).toContain("layers 1 to 3");
  });

  it("has an end to sweep only where layers are held, or the server refuses it", () => {
    expect(sweepIn("open", "end_layer")).toBe("none");
    expect(sweepIn("direct", "end_layer")).toBe("none");
    expect(sweepIn("iterative", "end_layer")).toBe("end_layer");
    expect(sweepIn("open", "position")).toBe("position");
  });
});

describe("what a test can change", () => {
  const group = { id: "g", name: "a state", nodes: [1, 2, 8] };
  const all = [
    { id: "n5", name: "five", nodes: [5] },
    group,
    { id: "n8", name: "an output", nodes: [8] },
  ];
  const of = (selection: number[]): string[] =>
    offered(all, selection, (node) => node < 8, String).map((one) => one.id);

  it("is a member by itself, with its group beside it", () => {
    expect(of([2])).toEqual([SELECTION, "g", "n5"]);
    expect(offered(all, [2], (node) => node < 8, String)[0]).toMatchObject({
      name: "2",
      nodes: [2],
    });
    expect(of([2, 5])).toEqual([SELECTION, "n5", "g"]);
  });

  it("is the box where the box, or all of it that can be changed, is selected", () => {
    expect(of([8, 2, 1])).toEqual(["g", "n5"]);
    expect(of([1, 2])).toEqual(["g", "n5"]);
    expect(of([5])).toEqual(["n5", "g"]);
  });

  it("is no output, and no selection of nothing else", () => {
    expect(of([8])).toEqual(["n5", "g"]);
    expect(of([])).toEqual(["n5", "g"]);
  });
});

describe("the test of all groups", () => {
  it("asks for single features beside the groups, or there would be no ladder", () => {
    const [group] = boxes;
    expect(validateAsk(allPlan.peek(), [group])).toEqual({
      name: "",
      groups: [group],
      n_features: 8,
      doses: [0, -1],
      rung: "mlps",
      seed: 0,
    });
    const odd = { ...allPlan.peek(), nFeatures: -2.5, seed: Number.NaN };
    expect(validateAsk(odd, [])).toMatchObject({ n_features: 0, seed: 0 });
  });

  it("reads doses as they are written, and nothing of a list with other words", () => {
    expect(numbersOf(" 0, −1;0.5 2 ")).toEqual([0, -1, 0.5, 2]);
    expect(numbersOf("0, one")).toEqual([]);
    expect(numbersOf("")).toEqual([]);
  });
});

describe("settings of a measured test", () => {
  const usual: Plan = { ...plan.peek(), graph: "oak" };
  const askOf = (to: Partial<Plan>) => interveneAsk({ ...usual, ...to }, boxes, [], pack, 6);
  const back = (to: Partial<Plan>) => planOf(usual, askOf(to), boxes);

  it("fill the form with what it was", () => {
    const given: Partial<Plan>[] = [
      { changed: ["a"], strength: "double", value: 2, positions: "onward", nTokens: 5 },
      { changed: ["b"], strength: "set", value: 0.25, sweep: "dose", doses: "−1, 0.5" },
      { changed: ["a", "b"], strength: "off", value: 0, attention: "free" },
      {
        changed: ["a"],
        value: -1,
        mode: "iterative",
        layerFrom: 1,
        layerTo: 3,
        sweep: "end_layer",
      },
      { swap: { graph: "elm", nodes: [4, 5], times: 2, fromEnd: false } },
    ];
    for (const to of given) {
      expect(back(to)).toEqual({ plan: { ...usual, ...to }, loose: [] });
    }
  });

  it("have numbers where there is no word, and off by whichever name", () => {
    const of = (how: EditHow, value: number) => {
      const [edit] = askOf({ changed: ["a"] }).edits;
      const ask = { ...askOf({}), edits: [{ ...edit, how, value }] };
      return planOf(usual, ask, boxes).plan;
    };
    expect(of("scale", 0.7)).toMatchObject({ strength: "scale", value: 0.7 });
    expect(of("add", 3).strength).toBe("add");
    expect(of("scale", 0).strength).toBe("off");
    expect(of("ablate", 9).strength).toBe("off");
  });

  it("name nodes that are no box any more, to be selected", () => {
    const ask = askOf({ changed: ["a", "b"] });
    const { plan: filled, loose } = planOf(usual, ask, boxes.slice(1));
    expect(filled.changed).toEqual(["b"]);
    expect(loose).toEqual([2, 1]);
  });
});

describe("a plan on another graph", () => {
  const swap = { graph: "elm", nodes: [3], times: 2, fromEnd: true };
  const here: Plan = {
    ...plan.peek(),
    graph: "oak",
    changed: ["n3"],
    strength: "double",
    layerTo: 3,
    swap,
  };

  it("loses what was put in and all that has another meaning there, and keeps how", () => {
    const there = planOn("elm", here);
    expect(there).toMatchObject({ graph: "elm", changed: [], layerTo: null, swap: null });
    expect(there.strength).toBe("double");
    expect(interveneAsk(there, [{ id: "n3", name: "", nodes: [3] }], [], pack, 6)).toMatchObject({
      edits: [],
      swap: null,
    });
  });

  it("is the same in another view of its graph", () => {
    expect(planOn("oak", here)).toBe(here);
  });
});

describe("a job after a reload", () => {
  const job = (id: string, kind: Job["kind"], graph: string | null, state: Job["state"]): Job => {
    return { id, kind, graph, state } as Job;
  };
  const jobs = [
    job("j6", "run", "g", "queued"),
    job("j5", "run", "other", "running"),
    job("j4", "run", "g", "running"),
    job("j3", "trace", null, "running"),
    job("j2", "probe", null, "cancelled"),
    job("j1", "run", "g", "finished"),
  ];

  it("is found by kind and graph: the one that runs, none that ended", () => {
    expect(unfinished(jobs, "run", "g")?.id).toBe("j4");
    expect(unfinished(jobs, "trace", null)?.id).toBe("j3");
    expect(unfinished(jobs, "probe", null)).toBeNull();
    expect(unfinished(jobs, "run", "none")).toBeNull();
  });
});

describe("counts of drawn links", () => {
  const list = (n: number, from: number, share: number) =>
    Array.from({ length: n }, (_, at) => ({ node: from + at, raw: 1, share: -share / (at + 1) }));
  const links = { inputs: list(200, 0, 0.5), outputs: list(10, 200, 0.01), absIn: 1 };
  const mask = new Uint8Array(210).fill(1);

  it("say what the limit, the least share and hidden nodes leave", () => {
    expect(countLinks(links, { mask, minShare: 0, sign: "all" })).toEqual({
      all: 210,
      otherSign: 0,
      below: 0,
      drawn: LINKS.all + 10,
    });
    expect(countLinks(links, { mask, minShare: 0.005, sign: "all" })).toEqual({
      all: 210,
      otherSign: 0,
      below: 108,
      drawn: 102,
    });
    // A node that is not shown takes no other link's place.
    const without = mask.slice();
    without.fill(0, 0, 40);
    expect(countLinks(links, { mask: without, minShare: 0, sign: "negative" })).toEqual({
      all: 170,
      otherSign: 0,
      below: 0,
      drawn: LINKS.all + 10,
    });
    // Each is counted under the first filter that took it.
    const mixed = { ...links, outputs: list(10, 200, -0.01) };
    expect(countLinks(mixed, { mask, minShare: 0.005, sign: "positive" })).toEqual({
      all: 210,
      otherSign: 200,
      below: 8,
      drawn: 2,
    });
  });
});
