// What the page copies for a shell: each command asks for what the page would.

import { describe, expect, it } from "vitest";
import { KIND, type Pack } from "../../src/graph/pack.ts";
import { written } from "../../src/graph/written.ts";
import {
  interveneCommand,
  meetsInSweep,
  type Of,
  validateCommand,
} from "../../src/tests/command.ts";
import { spotsText } from "../../src/tests/spots.ts";
import { line, quoted } from "../../src/ui/shell.ts";
import type { InterveneAsk } from "../../src/wire.ts";
import { pageCommand, prunedCommand } from "../../src/workspace/command.ts";

// Two features that stand at tokens 1 and 2, one of them at both; an error, a token, two outputs.
const nodes: [number, number, number, number][] = [
  [KIND.feature, 0, 1, 7],
  [KIND.feature, 0, 2, 7],
  [KIND.feature, 2, 2, 9],
  [KIND.error, 1, 2, 0],
  [KIND.token, -1, 0, 0],
  [KIND.target, 4, 2, 0],
  [KIND.target, 4, 2, 0],
];
const column = (at: number): number[] => nodes.map((node) => node[at]);
const pack = {
  kind: Uint8Array.from(column(0)),
  layer: Int16Array.from(column(1)),
  pos: Uint16Array.from(column(2)),
  feature: Uint32Array.from(column(3)),
} as Pack;
const here: Of = { id: "oak", pack, tokens: [5, 6, 7], nLayers: 4 };
const there: Of = { ...here, id: "elm", tokens: [4, 5, 6, 7] };

const ask: InterveneAsk = {
  name: "",
  groups: [{ id: "g", name: "it's = a, state", nodes: [0, 2, 5] }],
  edits: [{ nodes: [0, 2, 5], how: "scale", value: -1, positions: "own" }],
  swap: null,
  mode: "open",
  layers: null,
  attention: null,
  norms: null,
  n_tokens: 0,
  top_k: 10,
  watch: [],
  sweep: null,
};
const command = (to: Partial<InterveneAsk>): string =>
  interveneCommand({ ...ask, ...to }, here, there);

describe("words of a shell", () => {
  it("are quoted unless they are plain", () => {
    expect(line(["-k", 3, "L2/9@2,token:3", "0..2"])).toBe("-k 3 L2/9@2,token:3 0..2");
    expect(quoted("")).toBe("''");
    expect(quoted("it's $(here)")).toBe("'it'\\''s $(here)'");
    expect(quoted("≈ name")).toBe("'≈ name'");
  });
});

describe("nodes on the command line", () => {
  it("are named as it names them", () => {
    expect(nodes.map((_, node) => written(pack, node))).toEqual([
      "L0/7@1",
      "L0/7@2",
      "L2/9@2",
      "error:L1@2",
      "token:0",
      "target:0",
      "target:1",
    ]);
  });
});

describe("an intervention as a command", () => {
  const start = "connectome intervene --graph graphs/oak/graph.connectome ";

  it("changes and follows features by name, and leaves out what is none", () => {
    expect(command({})).toBe(
      `${start}--scale=L0/7@1,L2/9@2=-1 '--watch=it'\\''s a state=L0/7@1,L2/9@2' --top 10`,
    );
    expect(command({ groups: [], edits: [{ ...ask.edits[0], how: "ablate" }] })).toBe(
      `${start}--ablate=L0/7@1,L2/9@2 --watch=none --top 10`,
    );
  });

  it("names a feature of several tokens once where one edit reaches them all", () => {
    const edit = { nodes: [1, 0, 2], how: "set", value: 2, positions: "own" } as const;
    const of = (positions: "own" | "all" | "onward"): string =>
      command({ edits: [{ ...edit, nodes: [...edit.nodes], positions }] });
    expect(of("own")).toContain("--set=L0/7@1,L0/7@2,L2/9@2=2 ");
    expect(of("all")).toContain("--set=L0/7@all,L2/9@all=2 ");
    expect(of("onward")).toContain("--set=L0/7@1..,L2/9@2..=2 ");
  });

  it("does one thing to each place, the last, as it refuses two", () => {
    const edit = (nodes: number[], how: "set" | "scale", positions: "own" | "all" | "onward") => {
      return { nodes, how, value: 2, positions };
    };
    const of = (...edits: InterveneAsk["edits"]): string =>
      command({ edits }).slice(start.length).split(" '--watch")[0];
    expect(of(edit([0, 2], "set", "own"), edit([2], "scale", "own"))).toBe(
      "--set=L0/7@1=2 --scale=L2/9@2=2",
    );
    expect(of(edit([0], "set", "all"), edit([0], "scale", "own"))).toBe(
      "--set=L0/7@0,L0/7@2=2 --scale=L0/7@1=2",
    );
    expect(of(edit([0], "set", "onward"), edit([1], "scale", "own"))).toBe(
      "--set=L0/7@1,L0/7@generated=2 --scale=L0/7@2=2",
    );
    expect(of(edit([0], "set", "onward"), edit([0], "scale", "own"))).toBe(
      "--set=L0/7@2..=2 --scale=L0/7@1=2",
    );
    // All of the first is done otherwise by the second.
    expect(of(edit([0, 1], "set", "own"), edit([1], "scale", "all"))).toBe("--scale=L0/7@all=2");
    expect(spotsText(new Map([["L0/7", new Set([3, 1, 2, 5])]]), 9)).toBe("L0/7@1..4,L0/7@5");
  });

  it("leaves to a swap what it takes", () => {
    const swap = { graph: "elm", nodes: [2], times: 1, from_end: true };
    const edits = [{ nodes: [0, 2], how: "set" as const, value: 2, positions: "all" as const }];
    expect(command({ edits, swap })).toContain(
      "--set=L0/7@0..3,L2/9@0,L2/9@2=2 --swap=L2/9@1 --from",
    );
  });

  it("says where a sweep of the position could take another change", () => {
    const sweep: InterveneAsk["sweep"] = { kind: "position" };
    const [a, b] = [0, 1].map((node) => ({ ...ask.edits[0], nodes: [node] }));
    expect(meetsInSweep({ ...ask, sweep, edits: [a, b] }, here)).toBe(false);
    expect(meetsInSweep({ ...ask, sweep, edits: [a, { ...b, how: "set" }] }, here)).toBe(true);
    expect(meetsInSweep({ ...ask, edits: [a, { ...b, how: "set" }] }, here)).toBe(false);
  });

  it("says which layers are held, as the page holds others without being told", () => {
    expect(command({ mode: "constrained" })).toContain("--mode constrained --layers 0..3 ");
    expect(command({ mode: "iterative", layers: [1, 3] })).toContain("--layers 1..3 ");
    const end = command({ mode: "constrained", sweep: { kind: "end_layer" } });
    expect(end).toContain("--layers 0.. ");
    expect(end).toContain("--sweep end-layer");
    expect(command({ mode: "direct" })).not.toContain("--layers");
    expect(command({ attention: "free" })).toContain("--attention free");
    expect(command({ norms: "frozen" })).toContain("--norms frozen");
    expect(command({ norms: "frozen", mode: "direct" })).not.toContain("--norms");
  });

  it("sweeps a dose in place of a number, and writes no text then", () => {
    const sweep = { kind: "dose" as const, values: [-1, 0.5] };
    const found = command({ sweep, n_tokens: 4 });
    expect(found).toContain("--scale=L0/7@1,L2/9@2 ");
    expect(found).toMatch(/--sweep=dose=-1,0.5$/);
    expect(command({ n_tokens: 4 })).toMatch(/--generate 4$/);
    expect(command({ sweep, edits: [{ ...ask.edits[0], how: "ablate" }] })).toContain("--set=L0");
  });

  it("takes another prompt's values at the positions that belong to theirs", () => {
    const swap = { graph: "elm", nodes: [2, 3], times: 1, from_end: true };
    expect(command({ edits: [], swap })).toContain(
      " --swap=L2/9@1 --from-token-ids 4,5,6,7 --align end ",
    );
    expect(command({ edits: [], swap: { ...swap, from_end: false, times: 2 } })).toContain(
      " --swap=L2/9@2 --from-token-ids 4,5,6,7 --align 0=0,1=1,2=2 --times=2 ",
    );
  });
});

describe("a validation as commands", () => {
  it("gives a copy of the graph its groups, each by a name of its own", () => {
    const groups = [
      { id: "a", name: "L2/9", nodes: [2] },
      { id: "b", name: "-state", nodes: [0, 5] },
      { id: "c", name: "-state", nodes: [1] },
    ];
    const asked = { name: "", groups, n_features: 0, doses: [0, -1], rung: null, seed: null };
    expect(validateCommand(asked, here).split(" && ")).toEqual([
      "cp graphs/oak/graph.connectome oak.connectome",
      "connectome group --quiet oak.connectome -- 'group L2/9' L2/9@2",
      "connectome group --quiet oak.connectome -- -state L0/7@1 target:0",
      "connectome group --quiet oak.connectome -- '-state 2' L0/7@2",
      "connectome validate oak.connectome --features 0 '--supernode=group L2/9' --supernode=-state '--supernode=-state 2' --dose=0 --dose=-1",
    ]);
  });
});

describe("exports as commands", () => {
  it("name the view, the runs and the index", () => {
    expect(pageCommand("oak", { view: "main", runs: [2], index: "/my/clt.features" })).toBe(
      "connectome export graphs/oak/graph.connectome --format html --view main --run graphs/oak/runs/000002.json --features /my/clt.features --output oak.html",
    );
    expect(pageCommand("oak", { view: null, runs: [], index: null })).toBe(
      "connectome export graphs/oak/graph.connectome --format html --output oak.html",
    );
  });

  it("prune as shown", () => {
    const filters = { nodeThreshold: 0.7, edgeThreshold: 0.9 };
    expect(prunedCommand("oak", "json", { view: null, filters })).toBe(
      "connectome export graphs/oak/graph.connectome --format json --node-threshold 0.7 --edge-threshold 0.9 --slug oak --output oak.json",
    );
    expect(prunedCommand("oak", "csv", { view: "main", filters })).toBe(
      "connectome export graphs/oak/graph.connectome --format csv --node-threshold 0.7 --edge-threshold 0.9 --view main --output oak.csv",
    );
  });
});
