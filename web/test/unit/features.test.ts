// Features and probes: what is computed in the page, which is little.

import { describe, expect, it } from "vitest";
import { doubtsOf, lackingOf } from "../../src/feature/known.ts";
import { said } from "../../src/feature/said.ts";
import {
  around,
  featureId,
  featureUrl,
  peakOf,
  probeUrl,
  promptExample,
  quantileOf,
  readFeatures,
} from "../../src/feature/shape.ts";
import { AUTOMATIC, Names, nameText } from "../../src/graph/names.ts";
import { KIND, type Pack, readPack } from "../../src/graph/pack.ts";
import {
  cellAt,
  chosen,
  denseGrid,
  filled,
  moved,
  pixels,
  sentenceOf,
  strongestCells,
  ticks,
  withValues,
} from "../../src/probe/grid.ts";
import { askFor, inProbes, ofDictionary, shownOf, whyNotJudged } from "../../src/probe/kept.ts";
import { slots, templateOf } from "../../src/probe/template.ts";
import type { Feature, Probe, ProbedFeature, ProbeRow, TogetherRow } from "../../src/wire.ts";
import { generate } from "../support/generate.ts";

describe("the prompt as an example", () => {
  it("has the feature's activations at all positions, and no other's", () => {
    const { feature, error } = KIND;
    const pack = {
      kind: Uint8Array.of(feature, feature, feature, feature, error),
      layer: Int16Array.of(2, 2, 1, 2, 2),
      feature: Uint32Array.of(46, 46, 46, 7, 46),
      pos: Uint16Array.of(1, 3, 0, 2, 2),
      activation: Float32Array.of(0.5, 2, 9, 9, 9),
    } as unknown as Pack;
    expect(promptExample(pack, ["a", " b", " c", " d"], 1)).toEqual({
      tokens: ["a", " b", " c", " d"],
      tokens_acts_list: [0, 0.5, 0, 2],
      train_token_ind: 3,
      is_repeated_datapoint: false,
    });
  });
});

describe("names of features", () => {
  it("are read as the command line writes them", () => {
    expect(readFeatures("L2/370, 3/1  l0/0")).toEqual([
      { layer: 2, index: 370 },
      { layer: 3, index: 1 },
      { layer: 0, index: 0 },
    ]);
    expect(readFeatures("")).toEqual([]);
    for (const text of ["L2", "2/", "L-1/3", "L1/2/3", "oak"])
      expect(readFeatures(text)).toBeNull();
    const id = { layer: 2, index: 370 };
    expect(readFeatures(featureId(id))).toEqual([id]);
  });

  it("are parts of addresses whatever a model is called", () => {
    expect(featureUrl("a/b", { layer: 1, index: 2 })).toBe("/f/a%2Fb/1/2");
    const url = new URL(probeUrl("a&b", [{ layer: 1, index: 2 }]), "http://x");
    expect([url.searchParams.get("model"), url.searchParams.get("features")]).toEqual([
      "a&b",
      "L1/2",
    ]);
  });
});

describe("examples", () => {
  it("are cut around their peak, which is where they say or where they are strongest", () => {
    expect(around(10, 1, 3)).toEqual({ from: 0, to: 5 });
    expect(around(10, 9, 3)).toEqual({ from: 6, to: 10 });
    expect(peakOf({ tokens_acts_list: [0, 3, 1], train_token_ind: 2 })).toBe(2);
    expect(peakOf({ tokens_acts_list: [0, 3, 1], train_token_ind: -1 })).toBe(1);
  });

  it("place an activation among the quantiles", () => {
    const quantiles = Array.from({ length: 101 }, (_, at) => at);
    expect(quantileOf(50, quantiles)).toBe(0.5);
    expect(quantileOf(-3, quantiles)).toBe(0);
    expect(quantileOf(1e9, quantiles)).toBe(1);
    expect(quantileOf(1, [])).toBeNull();
  });
});

describe("names of nodes", () => {
  const made = generate({ nNodes: 200, nEdges: 400, nLayers: 4, nPos: 5, seed: 3 });
  const pack = readPack(made.pack(400));
  const label = (node: number, text: string, source: string | null) => ({
    node,
    text,
    source,
    of_feature: true,
  });

  it("climb the ladder: you, the file, an index, the dictionary's number", () => {
    const head = {
      ...made.head,
      labels: [
        label(0, "of the file", null),
        label(1, 'at "is"', "automatic, from examples"),
        label(2, "theirs", "imported"),
        label(3, 'says "oak"', "automatic, from logits"),
        label(5, "capitals", "by hand"),
        label(6, "ports", "by hand"),
      ],
    };
    const names = new Names(pack, head, { 3: "mine", 6: "here" });
    expect(names.short(0)).toBe("of the file");
    expect(names.short(1)).toBe(`${AUTOMATIC} at "is"`);
    expect(names.short(2)).toBe("theirs");
    expect(names.short(3)).toBe("mine");
    expect(names.short(4)).toBe(names.id(4));
    expect([0, 1, 2, 3, 4].map((node) => names.source(node))).toEqual([
      "imported",
      "automatic",
      "imported",
      "you",
      "none",
    ]);
    expect(names.sourceText(1)).toBe("label: automatic, from examples");
    // What a person called a feature everywhere is theirs, and gives way in a view.
    expect([5, 6].map((node) => names.short(node))).toEqual(["capitals", "here"]);
    expect(names.sourceText(5)).toBe("label: you, everywhere");
    expect(names.sourceText(6)).toBe("label: you, in this view");
    expect([3, 5, 6].map((node) => names.byHand(node))).toEqual(["", "capitals", "ports"]);
    expect([0, 2, 4].map((node) => names.inFile(node))).toEqual([true, false, false]);
    // So do those of outputs and tokens, which then say what they are, too.
    const target = head.targets[0].node;
    const token = pack.kind.indexOf(KIND.token);
    const mine = new Names(pack, head, { [target]: "the answer", [token]: "the subject" });
    expect(names.full(target)).toBe(`output “${names.target(target)}”`);
    expect(mine.full(target)).toBe(`the answer (output “${names.target(target)}”)`);
    expect(mine.full(token)).toBe(`the subject (${names.full(token)})`);
    expect(mine.short(target)).toBe("the answer");
    // A list of features has the same mark, also where it does not say whose words they are.
    expect(nameText("ports", "by hand")).toBe("ports");
    expect(nameText("ports", null)).toBe("ports");
    expect(nameText("ports", "automatic, from logits")).toBe("≈ ports");
    expect(nameText("ports")).toBe("≈ ports");
    // Where names are alike, their places are not.
    expect(names.where(1)).toBe(names.place(1));
    expect(names.place(1)).toMatch(/^L\d+ · \w+ @/);
    expect(names.where(4)).toBe(names.place(4).slice(names.id(4).length + 1));
    const places = Array.from({ length: 60 }, (_, node) => names.place(node));
    expect(new Set(places).size).toBe(places.length);
    // What a dialog starts with is the name, not its mark.
    expect(names.label(1)).toBe('at "is"');
  });
});

const sent = { layer: 0, index: 0, cells: [1, 4], activations: [2, -4] };

describe("grids", () => {
  const grid = denseGrid(sent, 2, 3);

  it("are dense, by first value and then second", () => {
    expect([...grid.cells]).toEqual([0, 2, 0, 0, -4, 0]);
    expect(grid.most).toBe(4);
    expect(strongestCells(grid, 9).map(({ a, b, value }) => [a, b, value])).toEqual([
      [1, 1, -4],
      [0, 1, 2],
    ]);
  });

  it("are drawn with the first value to the right and the second up", () => {
    const only = denseGrid({ ...sent, cells: [3], activations: [1] }, 2, 3);
    const data = pixels(only, [1, 2, 3], [9, 9, 9]);
    // First 1, second 0: the right column, the lowest row.
    const at = 4 * (2 * 2 + 1);
    expect([...data.slice(at, at + 4)]).toEqual([1, 2, 3, 255]);
    expect(data.filter((value) => value !== 0).length).toBe(4);
    expect(pixels(grid, [1, 2, 3], [9, 8, 7])[4 * 3]).toBe(9);
    expect(cellAt(only, 0.75, 0.9)).toEqual({ a: 1, b: 0 });
    expect(cellAt(only, 0.1, 0.1)).toEqual({ a: 0, b: 2 });
    expect(cellAt(only, 1, 0.5)).toBeNull();
  });

  it("are walked without falling off", () => {
    expect(moved(grid, { a: 1, b: 2 }, 1, 10)).toEqual({ a: 1, b: 2 });
    expect(moved(grid, { a: 1, b: 2 }, -1, -1)).toEqual({ a: 0, b: 1 });
    expect(ticks(100)).toEqual([0, 33, 66, 99]);
    expect(ticks(1)).toEqual([0]);
  });
});

const feature = (
  index: number,
  kind: string,
  more: Partial<ProbedFeature> = {},
): ProbedFeature => ({
  layer: 1,
  index,
  label: null,
  label_source: null,
  class: kind,
  modulus: null,
  words: "sum 5 mod 10",
  explained: 0.9,
  symmetry: 1,
  largest: 2,
  n_cells: 7,
  ...more,
});

describe("probes", () => {
  it("say what a grid is in one sentence", () => {
    expect(sentenceOf(feature(1, "sum"), 100)).toBe(
      "sum: sum 5 mod 10, which explains 90 %, symmetry 1.00; fires on 7 of 100 cells, at most 2.00",
    );
    expect(sentenceOf(feature(1, "other", { n_cells: 0 }), 100)).toBe("fires on no cell");
    const other = feature(1, "other", { words: "no simple function", symmetry: null });
    expect(sentenceOf(other, 9)).toBe(
      "other: no simple function; fires on 7 of 9 cells, at most 2.00",
    );
  });

  it("name the values that are no numbers", () => {
    const words = [
      "first value no. 0 and second value no. 1",
      "second value no. 0 to 2",
      "first value no. 0, 2",
      "first value no. 2 values from 0 to 2",
      "first 3 to 5 mod 10",
    ];
    const values = [
      ["oak", "elm", "fir"],
      ["x", "y", "z"],
    ];
    const features = words.map((one, at) => feature(at, "lookup", { words: one }));
    const said = withValues({ values, features } as unknown as Probe).features;
    expect(said.map((one) => one.words)).toEqual([
      "first “oak” and second “y”",
      "second “x” to “z”",
      "first “oak”, “fir”",
      "first 2 values from “oak” to “fir”",
      "first 3 to 5 mod 10",
    ]);
  });

  it("are filtered and sorted without losing a feature", () => {
    const all = [
      feature(1, "sum", { explained: 0.6 }),
      feature(2, "lookup", { largest: 9 }),
      feature(3, "sum", { label: 'at "="' }),
    ];
    const index = (by: Parameters<typeof chosen>[1]) => chosen(all, by).map((one) => one.index);
    expect(index({ kind: null, text: "", order: "class" })).toEqual([2, 3, 1]);
    expect(index({ kind: "sum", text: "", order: "class" })).toEqual([3, 1]);
    expect(index({ kind: null, text: "", order: "largest" })).toEqual([2, 1, 3]);
    expect(index({ kind: null, text: 'AT "', order: "class" })).toEqual([3]);
    expect(index({ kind: null, text: "L1/2", order: "class" })).toEqual([2]);
  });

  it("start from a model's example", () => {
    expect(templateOf("calc : 36 + 59 =").template).toBe("calc : {a} + {b} =");
    expect(templateOf("the capital of oak is")).toEqual({
      template: "the capital of oak is",
      first: "",
      second: "",
    });
    expect([slots("{a} {{x}} {b}"), slots("none"), slots("{a")]).toEqual([2, 0, 0]);
    expect(filled("{{{a}}} + {b}", "1", "2")).toBe("{1} + 2");
  });
});

describe("kept probes of a feature", () => {
  const made = (number: number, features: number[]): Probe =>
    ({
      number,
      ask: { template: "{a} {b}", model: "theirs", features: [], min_cells: 10 },
      features: features.map((index) => feature(index, "sum")),
    }) as unknown as Probe;
  const probes = [made(4, [2]), made(3, [1, 2]), made(2, [1])];
  const id = { layer: 1, index: 1 };

  it("are those that judged it and then the others, the newest first", () => {
    const all = inProbes(probes, id);
    expect(all.map(({ probe, found }) => [probe.number, found?.index ?? null])).toEqual([
      [3, 1],
      [2, 1],
      [4, null],
    ]);
  });

  it("are of its dictionary, and not of another that is called the same", () => {
    const row = (number: number, dictionary: string, dictionary_digest: string): ProbeRow =>
      ({ number, dictionary, dictionary_digest }) as ProbeRow;
    const rows = [row(3, "clt", "d"), row(2, "clt", "other"), row(1, "plt", "d")];
    const numbers = (digest: string | null): number[] =>
      ofDictionary(rows, "clt", digest).map((one) => one.number);
    expect(numbers("d")).toEqual([3]);
    expect(numbers(null)).toEqual([3, 2]);
  });

  it("the chosen one is shown as long as it is there", () => {
    const all = inProbes(probes, id);
    expect(shownOf(all, 4)?.probe.number).toBe(4);
    expect(shownOf(all, 9)?.probe.number).toBe(3);
    expect(shownOf(all, null)?.probe.number).toBe(3);
    expect(shownOf([], 3)).toBeNull();
  });

  it("say why one has no class for it, and are run again for it alone", () => {
    const { ask } = probes[0];
    expect(whyNotJudged(ask)).toContain("fewer than 10 cells");
    expect(whyNotJudged({ ...ask, features: [{ layer: 0, index: 7 }] })).toContain("but L0/7");
    expect(askFor(probes[0], "mine", { ...id, ...{ label: "x" } })).toEqual({
      ...ask,
      model: "mine",
      features: [id],
    });
  });
});

describe("a feature on a text", () => {
  const tokens = ["<bos>", "Oak", "gate"].map((text, id) => ({ id, text }));
  const on = (activations: number[], share_of_max: number | null) =>
    said({ tokens, notes: [], activations, share_of_max });

  it("says where it fires most, and how much that is of what was collected", () => {
    expect(on([0, 1.5, 6], 0.75)).toBe(
      "Fires on 2 of 3 tokens, most on “gate” (position 2): activation 6.00, 75 % of the index's largest.",
    );
    expect(on([0, 1.5, 0], null)).toBe(
      "Fires on 1 of 3 tokens, most on “Oak” (position 1): activation 1.50.",
    );
  });

  it("says that it does not fire", () => {
    expect(on([0, 0, 0], null)).toBe("It does not fire on this text.");
  });
});

describe("what speaks against a feature", () => {
  const together = (index: number, jaccard: number): TogetherRow => ({
    layer: 1,
    index,
    label: null,
    label_source: null,
    n: 9,
    share: 1,
    jaccard,
    pmi: 3,
  });
  const known = (n_tokens: number, fired: number, fires_with: TogetherRow[] = []): Feature =>
    ({
      examples_quantiles: [],
      histogram: [],
      quantile_values: [],
      top_logits: ["a"],
      top_logits_values: n_tokens > 0 ? [1] : [],
      activation_frequency: n_tokens > 0 ? fired / n_tokens : null,
      more: { fired, fires_with, index: { n_tokens } },
    }) as unknown as Feature;

  it("is that it is dead in the text that was read, if that is known", () => {
    expect(doubtsOf(known(1200, 0)).dead).toBe(
      "It never fired on the 1,200 tokens that were read.",
    );
    expect([doubtsOf(known(1200, 1)).dead, doubtsOf(known(0, 0)).dead]).toEqual([null, null]);
  });

  it("is that another fires nearly always with it, and hardly else", () => {
    const { twins } = doubtsOf(known(1200, 9, [together(3, 0.95), together(4, 0.5)]));
    expect(twins.map(({ index }) => index)).toEqual([3]);
  });

  it("and what the index lacks is said", () => {
    expect(lackingOf(known(1200, 9))).toEqual(["whether another's decoder points the same way"]);
    const imported = lackingOf(known(0, 0)).join("; ");
    for (const words of ["whether it is dead", "PMI", "how often it fires", "raises logits"]) {
      expect(imported).toContain(words);
    }
  });
});
