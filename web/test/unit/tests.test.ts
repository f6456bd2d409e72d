// Tests: their form, the request it becomes, and what results say of edges.

import { describe, expect, it } from "vitest";
import { unfinished } from "../../src/api/running.ts";
import { countLinks, LINKS } from "../../src/graph/drawn.ts";
import { KIND } from "../../src/graph/pack.ts";
import { allPlanOf, leftOut, planOf } from "../../src/tests/again.ts";
import { allPlan, validateAsk } from "../../src/tests/all.ts";
import { numbersOf } from "../../src/tests/doses.ts";
import { offered, SELECTION } from "../../src/tests/offered.ts";
import {
  interveneAsk,
  type Plan,
  plan,
  planFor,
  planOn,
  sweepIn,
  whatAnswers,
} from "../../src/tests/plan.ts";
import { overlap } from "../../src/tests/spots.ts";
import {
  markOf,
  newestValidation,
  tallied,
  verdictsInFile,
  verdictsOf,
} from "../../src/tests/verdicts.ts";
import type {
  EditHow,
  EditPositions,
  InterveneAsk,
  Job,
  MatrixCell,
  Run,
  RunRow,
  VerdictName,
} from "../../src/wire.ts";

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
    const held = { ...usual, norms: "frozen" } as const;
    expect(whatAnswers(held, 6)).toBe("MLPs answer alone; norms and attention patterns are held.");
    expect(whatAnswers({ ...held, attention: "free" }, 6)).toBe(
      "MLPs and attention answer; norms are held.",
    );
    expect(whatAnswers({ ...held, mode: "constrained" }, 6)).toContain("; norms are held, ");
    expect(whatAnswers({ ...usual, mode: "iterative" }, 6)).toContain("; norms answer, ");
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
  const askOf = (to: Partial<Plan>) => interveneAsk({ ...usual, ...to }, boxes, [7], pack, 6);
  /** The plan of a test, and what the form would ask for with other boxes and watched tokens. */
  const again = (ask: InterveneAsk, now = boxes) => {
    const filled = planOf(usual, { number: 3, ask }, now);
    return { filled, ask: interveneAsk(filled, now, [1, 2], pack, 6) };
  };

  it("fill the form with what it was", () => {
    const own = { b: { strength: "set", value: 0.25, positions: "all" } } as const;
    const given: Partial<Plan>[] = [
      { changed: ["a"], strength: "double", value: 2, positions: "onward", nTokens: 5 },
      { changed: ["b"], strength: "set", value: 0.25, sweep: "dose", doses: "−1, 0.5" },
      { changed: ["a", "b"], strength: "off", value: 0, attention: "free", norms: "frozen" },
      { changed: ["a", "b"], strength: "suppress", value: -1, own },
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
      const ask = askOf(to);
      const asIn = { number: 3, groups: ask.groups, watch: [7], topK: ask.top_k };
      expect(again(ask).filled).toEqual({ ...usual, ...to, asIn });
      expect(again(ask).ask).toEqual(ask);
    }
  });

  it("have numbers where there is no word, each kind by its own", () => {
    const of = (how: EditHow, value: number, sweep: InterveneAsk["sweep"] = null) => {
      const [edit] = askOf({ changed: ["a"] }).edits;
      const ask = { ...askOf({}), edits: [{ ...edit, how, value }], sweep };
      const { strength, value: number } = again(ask).filled;
      return [strength, number];
    };
    expect(of("scale", 0.7)).toEqual(["scale", 0.7]);
    expect(of("add", 3)).toEqual(["add", 3]);
    expect(of("ablate", 9)).toEqual(["off", 0]);
    // 0 × and off are told apart by their names; a sweep of off is one of multiples.
    expect(of("scale", 0)).toEqual(["scale", 0]);
    const sweep: InterveneAsk["sweep"] = { kind: "dose", values: [1] };
    expect(of("scale", 0, sweep)).toEqual(["off", 0]);
    // Older pages swept what was off in activations.
    expect(of("ablate", 9, sweep)).toEqual(["set", 0]);
  });

  it("keep nodes that are no box any more, and a box that was changed twice", () => {
    const ask = askOf({ changed: ["a", "b"] });
    const { filled, ask: now } = again(ask, boxes.slice(1));
    expect(filled.changed).toEqual(["test-3-0", "b"]);
    expect(filled.loose).toEqual([{ id: "test-3-0", name: "A", nodes: [2, 1] }]);
    expect(now).toEqual(ask);
    const twice = { ...ask, edits: [ask.edits[0], { ...ask.edits[0], how: "set" as const }] };
    expect(again(twice).filled.changed).toEqual(["a", "test-3-1"]);
    expect(again(twice).ask).toEqual(twice);
    const unnamed = { ...ask, edits: [{ ...ask.edits[0], nodes: [5, 6] }] };
    expect(again(unnamed).filled.loose[0].name).toBe("2 nodes");
  });

  it("ask for the same whatever a test was, and whatever became of the circuit", () => {
    let state = 7;
    const random = (n: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * n);
    };
    const one = <T>(...list: readonly T[]): T => list[random(list.length)];
    for (let round = 0; round < 300; round++) {
      const mode = one("open", "constrained", "direct", "iterative", null);
      const holds = mode === "constrained" || mode === "iterative";
      const sweeps: InterveneAsk["sweep"][] = [
        null,
        { kind: "position" },
        { kind: "dose", values: [-1 / 3, 0.125, 2] },
        ...(holds ? [{ kind: "end_layer" } as const] : []),
      ];
      const edits = Array.from({ length: 1 + random(3) }, () => ({
        nodes: one([1, 2], [3], [2, 3], [8], [4, 5, 6]),
        how: one<EditHow>("set", "scale", "add", "ablate"),
        value: one(0, -1, 0.5, 2, 1 / 3),
        positions: one<EditPositions>("own", "all", "onward"),
      }));
      const ask: InterveneAsk = {
        name: "",
        groups: one(boxes, boxes.slice(1), [{ id: "selection", name: "x", nodes: [4] }]),
        edits,
        swap: one(null, { graph: "elm", nodes: [4], times: -1.5, from_end: one(true, false) }),
        mode,
        layers: one(null, [one(0, 2), one(3, 6)] as [number, number]),
        attention: mode === "open" || mode === null ? one(null, "free", "frozen") : null,
        norms: one(null, "frozen", "free"),
        n_tokens: random(9),
        top_k: one(null, 50, 12),
        watch: one([], [3, 1]),
        sweep: one(...sweeps),
      };
      expect(leftOut(ask, again(ask, boxes.slice(random(3))).ask), JSON.stringify(ask)).toEqual([]);
    }
  });

  it("say what is not taken over", () => {
    const ask = askOf({ changed: ["a"], sweep: "dose", doses: "−1, 0.5" });
    const sweep: InterveneAsk["sweep"] = { kind: "dose", values: [0.5, -1, 0.5] };
    const shuffled = { ...ask, sweep };
    expect(leftOut(shuffled, again(shuffled).ask)).toEqual([
      "the sweep, its doses in another order",
    ]);
    const other = { ...ask, norms: "frozen" as const, watch: [9], edits: [], n_tokens: 1 };
    expect(leftOut(ask, other)).toHaveLength(4);
  });

  it("of all groups are the groups of then", () => {
    const ask = {
      name: "",
      groups: [boxes[0]],
      n_features: 3,
      doses: null,
      rung: null,
      seed: null,
    };
    const filled = allPlanOf(5, ask);
    expect(validateAsk(filled, boxes)).toEqual({ ...ask, doses: [0, -1], rung: "mlps", seed: 0 });
    expect(validateAsk({ ...filled, asIn: null }, boxes).groups).toHaveLength(3);
    const fine = { ...ask, doses: [1 / 3, -1.0000001] };
    expect(validateAsk(allPlanOf(5, fine), boxes).doses).toEqual(fine.doses);
  });
});

describe("changes that meet", () => {
  const { feature } = KIND;
  const places = {
    kind: Uint8Array.of(feature, feature, feature, KIND.token),
    layer: Int16Array.of(0, 0, 2, -1),
    feature: Uint32Array.of(7, 7, 9, 0),
    pos: Uint16Array.of(1, 2, 2, 2),
  };
  const change = (name: string, nodes: number[], to: Partial<Plan> = {}) => {
    return { box: { id: name, name, nodes }, how: { ...plan.peek(), ...to } };
  };
  const meet = (...changes: ReturnType<typeof change>[]) => overlap(changes, places, 4);

  it("are told where it matters which holds", () => {
    const double = { strength: "double" } as const;
    expect(meet(change("a", [0, 2]), change("b", [0], double), change("c", [1]))).toEqual([
      "a",
      "b",
    ]);
    expect(meet(change("a", [0]), change("b", [0]))).toEqual([]);
    // The same feature at another token, which one of them reaches.
    expect(meet(change("a", [0]), change("b", [1], double))).toEqual([]);
    const reach = { ...double, positions: "all" } as const;
    expect(meet(change("a", [0]), change("b", [1], reach))).toEqual(["a", "b"]);
    expect(meet(change("a", [1]), change("b", [0], { ...double, positions: "onward" }))).toEqual([
      "a",
      "b",
    ]);
    expect(meet(change("a", [3]), change("b", [3], double))).toEqual([]);
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

  it("forgets ways and nodes of a measured test with the boxes that they were of", () => {
    const of: Partial<Plan> = {
      own: { n3: { strength: "off", value: 0, positions: "own" } },
      loose: [{ id: "test-1-0", name: "x", nodes: [1] }],
      asIn: { number: 1, groups: [], watch: [], topK: 10 },
      norms: "frozen",
    };
    const none = { own: {}, loose: [], asIn: null, norms: "frozen" };
    expect(planOn("elm", { ...here, ...of })).toMatchObject(none);
    expect(planFor(["n4"], { ...here, ...of })).toMatchObject({ ...none, changed: ["n4"], swap });
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
