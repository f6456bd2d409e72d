import { describe, expect, it, vi } from "vitest";
import {
  changeOf,
  endsOf,
  errorsOf,
  groupsOf,
  outputsOf,
  sum,
  tokensOf,
} from "../../src/compare/apart.ts";
import { matchGroups } from "../../src/compare/match.ts";
import type { Opened } from "../../src/compare/opened.ts";
import { LEVELS, marksOf, overlay, shapeOf } from "../../src/compare/overlay.ts";
import {
  nColumnsOf,
  type Row,
  readOrder,
  rowsOf,
  type Side,
  shows,
  sorted,
} from "../../src/compare/rows.ts";
import { difference, isSame, strongest } from "../../src/compare/strongest.ts";
import { Names } from "../../src/graph/names.ts";
import { readPack } from "../../src/graph/pack.ts";
import type { EdgeRow, GraphHead, MatchedFeature, NodeEdges, TargetRow } from "../../src/wire.ts";
import { generate } from "../support/generate.ts";

vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("navigator", { platform: "Linux" });
const { readAlign } = await import("../../src/compare/align.ts");
const { isOneDictionary } = await import("../../src/compare/opened.ts");

/** The columns of so many positions that begin at one. */
const from = (first: number, n: number): number[] =>
  Array.from({ length: n }, (_, at) => first + at);

function side(id: string, nPos: number, seed: number, first: number): Side {
  const graph = generate({ nNodes: 200, nEdges: 400, nLayers: 4, nPos, seed });
  const pack = readPack(graph.pack(0));
  return { id, pack, names: new Names(pack, graph.head, {}), columns: from(first, nPos) };
}

const [a, b] = [side("a", 6, 1, 2), side("b", 8, 2, 0)];
const matched = (inA: number, inB: number) => ({ a: inA, b: inB }) as MatchedFeature;
const found = {
  both: [matched(0, 3), matched(5, 1)],
  only_a: [1, 2],
  only_b: [0],
  jaccard: 0.4,
  columns_a: [],
  columns_b: [],
};
const rows = rowsOf(found, a, b);

describe("rows of two graphs", () => {
  it("hold what each graph says of a feature, and nothing for the one that lacks it", () => {
    expect(rows.map((row) => row.where)).toEqual(["both", "both", "a", "a", "b"]);
    const [first, , onlyA, , onlyB] = rows;
    expect(first.influenceA).toBe(a.pack.influence[0]);
    expect(first.influenceB).toBe(b.pack.influence[3]);
    expect(first.change).toBe(b.pack.influence[3] - a.pack.influence[0]);
    expect(onlyA.activationB).toBeNull();
    expect(onlyA.change).toBe(-a.pack.influence[1]);
    expect(onlyB.change).toBe(b.pack.influence[0]);
  });

  it("stand in the columns that the server's answer gives to positions", () => {
    expect(nColumnsOf(a, b)).toBe(8);
    expect(nColumnsOf({ columns: [0, 3] }, { columns: [1, 2, 4] })).toBe(5);
    // A feature of both stands at A's token.
    expect(rows[0].column).toBe(a.pack.pos[0] + 2);
    expect(rows[4].column).toBe(b.pack.pos[0]);
  });

  it("are shown by place and by words, all of which must be there", () => {
    const shown = (show: Parameters<typeof shows>[1], filter = ""): number =>
      rows.filter((row) => shows(row, show, filter)).length;
    expect([shown("all"), shown("change"), shown("both"), shown("a")]).toEqual([5, 5, 2, 2]);
    const [row] = rows;
    const id = a.names.id(0);
    expect(shows(row, "both", id.toUpperCase())).toBe(true);
    expect(shows(row, "both", `${id} nowhere`)).toBe(false);
    expect(shows(row, "a", id)).toBe(false);
  });

  it("come by influence or by the size of its change, unless an order is asked for", () => {
    const by = (list: Row[], of: (row: Row) => number): boolean =>
      list.every((row, at) => at === 0 || of(list[at - 1]) >= of(row));
    expect(by(sorted(rows, null, "all"), (row) => row.most)).toBe(true);
    expect(by(sorted(rows, null, "change"), (row) => Math.abs(row.change))).toBe(true);
    expect(by(sorted(rows, readOrder("-change"), "all"), (row) => row.change)).toBe(true);
    // What a graph does not have stands last, whichever way.
    for (const text of ["activationB", "-activationB"]) {
      const list = sorted(rows, readOrder(text), "all");
      expect(list.slice(-2).every((row) => row.activationB === null)).toBe(true);
    }
    expect(readOrder("anything")).toBeNull();
    expect(readOrder(null)).toBeNull();
  });
});

describe("the overlay", () => {
  const layout = overlay(rows, 4, 8);

  it("stands every feature in the cell of its layer and column", () => {
    rows.forEach((row, at) => {
      const { top, height } = layout.rows[row.layer + 1];
      expect(layout.y[at]).toBeGreaterThan(top);
      expect(layout.y[at]).toBeLessThan(top + height);
      const left = layout.columns.left[row.column];
      expect(layout.x[at]).toBeGreaterThan(left);
      expect(layout.x[at]).toBeLessThan(left + layout.columns.width[row.column]);
    });
  });

  it("tells places apart by shape, and changes by another", () => {
    expect(new Set(rows.map((row) => shapeOf(row, false)))).toEqual(new Set(["both", "a", "b"]));
    expect(shapeOf(rows[2], true)).toBe(rows[2].change < 0 ? "down" : "both");
    expect(shapeOf(rows[4], true)).toBe("up");
  });

  it("draws every row once: what is shown over what is faded", () => {
    const marks = marksOf(rows, layout, { byChange: false, shown: (at) => at < 3 });
    const n = marks.reduce((sum, { d }) => sum + d.split("z").length - 1, 0);
    expect(n).toBe(rows.length);
    expect(marks[0].faded).toBe(true);
    expect(marks.at(-1)?.faded).toBe(false);
    expect(Math.max(...marks.map(({ level }) => level))).toBeLessThan(LEVELS);
    expect(marks.every(({ d }) => !d.includes("NaN"))).toBe(true);
  });
});

describe("groups of two circuits", () => {
  const group = (id: string, name: string, nodes: number[]) => ({ id, name, nodes });
  const always = { a: () => true, b: () => true };

  it("belong together by the features that they share, the most first", () => {
    const pairs = matchGroups(
      [group("g1", "state", [0, 5, 7]), group("g2", "capital", [5])],
      [group("h1", "a state", [3, 1]), group("h2", "other", [9])],
      found.both,
      always,
    );
    expect(pairs.map((pair) => [pair.a?.id, pair.b?.id, pair.shared, pair.all])).toEqual([
      ["g1", "h1", 2, 3],
      ["g2", undefined, 0, 0],
      [undefined, "h2", 0, 0],
    ]);
  });

  it("or by name; and what is no feature does not count", () => {
    const pairs = matchGroups(
      [group("g1", "Texas", [0]), group("g2", "say", [40])],
      [group("h1", "say ", [3, 41])],
      found.both,
      { a: (node) => node === 40, b: always.b },
    );
    expect(pairs[0]).toMatchObject({ a: { id: "g2" }, b: { id: "h1" }, shared: 0 });
    expect(pairs[1]).toMatchObject({ a: { id: "g1" }, b: null });
  });
});

describe("the strongest input in two graphs", () => {
  const edge = (node: number, share: number) => ({ node, share }) as EdgeRow;
  /** Four nodes: a feature, the same one at the next position, an error, a token. */
  const of = (first: number, shift: number, token: number): Side =>
    ({
      columns: from(first, 8),
      pack: {
        kind: [0, 0, 1, 2],
        layer: [2, 2, 1, -1],
        feature: [40, 40, 0, token],
        pos: [1, 2, 1, 1].map((pos) => pos + shift),
      },
    }) as unknown as Side;
  const [a, b] = [of(2, 0, 7), of(0, 2, 9)];
  const fromStart = of(0, 0, 7);

  it("is the server's first, or none", () => {
    expect(strongest({ inputs: [edge(3, -0.4), edge(1, 0.2)] } as NodeEdges)?.node).toBe(3);
    expect(strongest({ inputs: [] as EdgeRow[] } as NodeEdges)).toBeNull();
  });

  it("is the same one by what it is and where it stands", () => {
    expect([0, 1, 2].map((node) => isSame([a, node], [b, node], "end"))).toEqual([
      true,
      true,
      true,
    ]);
    expect(isSame([fromStart, 0], [b, 0], "start")).toBe(false);
    expect(isSame([a, 0], [b, 1], "end")).toBe(false);
    expect(isSame([a, 0], [b, 1], "any")).toBe(true);
    expect(isSame([a, 0], [b, 2], "any")).toBe(false);
    // Two prompts have another token at a place: that is what differs.
    expect(isSame([a, 3], [b, 3], "end")).toBe(false);
    expect(isSame([a, 3], [of(2, 0, 7), 3], "end")).toBe(true);
  });

  it("differs by what it is, or by its sign", () => {
    const between = (inA: EdgeRow | null, inB: EdgeRow | null): string | null =>
      difference([a, inA], [b, inB], "end");
    expect(between(edge(0, 0.3), edge(0, 0.1))).toBeNull();
    expect(between(edge(0, 0.3), edge(0, -0.3))).toBe("the other sign");
    expect(between(edge(0, 0.3), edge(1, 0.3))).toBe("another input");
    expect(between(edge(0, 0.3), null)).toBeNull();
  });
});

describe("which positions belong together", () => {
  it("is what the address says, or from the end", () => {
    expect(["start", "token", "any", "end"].map(readAlign)).toEqual([
      "start",
      "token",
      "any",
      "end",
    ]);
    expect([readAlign(null), readAlign("left")]).toEqual(["end", "end"]);
  });
});

describe("two graphs of two dictionaries", () => {
  it("are told by name and digest, as a dictionary that was trained on keeps its name", () => {
    const of = (name: string, digest: string | null): Pick<Opened, "head"> => {
      return { head: { provenance: { dictionary: { name, digest } } } as GraphHead };
    };
    expect(isOneDictionary(of("clt", "1"), of("clt", "1"))).toBe(true);
    expect(isOneDictionary(of("clt", "1"), of("clt", "2"))).toBe(false);
    expect(isOneDictionary(of("clt", null), of("plt", null))).toBe(false);
  });

  const target = (label: string, weight: number, kind = "logit") =>
    ({ label, weight, kind }) as TargetRow;
  const ends = { tokens: [0.5, 0.25], errors: [0.25, 0] };

  it("have outputs in common, by what they are", () => {
    const rows = outputsOf(
      [target("Austin", 0.4), target("L1/7", 1, "feature")],
      [target("Albany", 0.1), target("Austin", 0.5), target("L1/7", 1, "feature")],
    );
    expect(rows).toEqual([
      { name: "Austin", a: 0.4, b: 0.5 },
      { name: "L1/7", a: 1, b: null },
      { name: "Albany", a: null, b: 0.1 },
      { name: "L1/7", a: null, b: 1 },
    ]);
    expect(rows.map(changeOf).map((change) => change?.toFixed(1) ?? null)).toEqual([
      "0.1",
      null,
      null,
      null,
    ]);
  });

  it("say where influence ends, as shares of all that ends in tokens or errors", () => {
    const { pack } = a;
    const found = endsOf(pack, { nTokens: 6, nLayers: 4 });
    expect(sum(found.tokens) + sum(found.errors)).toBeCloseTo(1, 6);
    const nodes = [...pack.influence.keys()].filter((node) => pack.kind[node] > 0);
    const inEnds = nodes.filter((node) => pack.kind[node] < 3);
    const all = inEnds.reduce((some, node) => some + pack.influence[node], 0);
    const first = inEnds.filter((node) => pack.kind[node] === 2 && pack.pos[node] === 0);
    const ofFirst = first.reduce((some, node) => some + pack.influence[node], 0);
    expect(found.tokens[0]).toBeCloseTo(ofFirst / all, 6);
    const none = { ...pack, influence: new Float32Array(pack.nNodes) };
    expect(sum(endsOf(none, { nTokens: 6, nLayers: 4 }).errors)).toBe(0);
  });

  it("are compared layer by layer, and token by token where the prompt is one", () => {
    expect(errorsOf(ends, { tokens: [0.75, 0], errors: [0.25] })).toEqual([
      { name: "all layers", a: 0.25, b: 0.25 },
      { name: "layer 0", a: 0.25, b: 0.25 },
      { name: "layer 1", a: 0, b: null },
    ]);
    expect(tokensOf([["the", "oak"], ends], [["the", "oak"], ends])?.[2]).toEqual({
      name: "oak",
      a: 0.25,
      b: 0.25,
    });
    expect(tokensOf([["the", "oak"], ends], [["the", "elm"], ends])).toBeNull();
    expect(tokensOf([["the", "oak"], ends], [["the"], ends])).toBeNull();
  });

  it("match groups by name alone, with their influence in each", () => {
    const group = (name: string, nodes: number[]) => ({ id: name, name, nodes });
    const packs = {
      a: { influence: Float32Array.from([0.5, 0.25]) },
      b: { influence: Float32Array.from([0.125, 0.5]) },
    };
    expect(
      groupsOf([group("Texas", [0, 1])], [group("Texas", [0]), group("x", [1])], packs),
    ).toEqual([
      { name: "Texas", a: 0.75, b: 0.125 },
      { name: "x", a: null, b: 0.5 },
    ]);
  });
});
