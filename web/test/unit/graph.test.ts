import { describe, expect, it } from "vitest";
import {
  adjacency,
  countOfSign,
  cumulativeShare,
  linksOf,
  sidesOf,
} from "../../src/graph/edges.ts";
import {
  byCell,
  inside,
  layoutNodes,
  nearest,
  neighbour,
  shapeOf,
} from "../../src/graph/layout.ts";
import { KIND_NAMES, PackError, readPack } from "../../src/graph/pack.ts";
import { parseQuery } from "../../src/graph/query.ts";
import { KIND_FILTER, visibleNodes } from "../../src/graph/visible.ts";
import { emptyView, type Sign } from "../../src/state/document.ts";
import { generate } from "../support/generate.ts";

const SIZE = { nNodes: 600, nEdges: 5000, nLayers: 6, nPos: 8, seed: 11 };
const graph = generate(SIZE);
const bytes = graph.pack(SIZE.nEdges);
const pack = readPack(bytes);
const everything = Uint32Array.from({ length: SIZE.nNodes }, (_, node) => node);

describe("a pack", () => {
  it("is read as it was written", () => {
    expect(pack.nNodes).toBe(SIZE.nNodes);
    expect(pack.nEdges).toBe(SIZE.nEdges);
    expect(shapeOf(pack)).toEqual({ nLayers: SIZE.nLayers, nPos: SIZE.nPos });
    for (let edge = 0; edge < pack.nEdges; edge++) {
      expect(pack.layer[pack.source[edge]]).toBeLessThan(pack.layer[pack.target[edge]]);
    }
  });

  it("has its strongest shares in any prefix", () => {
    const prefix = readPack(graph.pack(500));
    expect(prefix.nEdges).toBe(500);
    expect(prefix.nEdgesTotal).toBe(SIZE.nEdges);
    expect(prefix.weight).toEqual(pack.weight.slice(0, 500));
  });

  it("is refused with a sentence when cut short, foreign or lacking a column", () => {
    for (const length of [0, 4, 20, bytes.byteLength - 1]) {
      expect(() => readPack(bytes.slice(0, length))).toThrow(/pack|JSON/);
    }
    expect(() => readPack(new ArrayBuffer(64))).toThrow(PackError);
    const other = bytes.slice(0);
    const text = new TextDecoder().decode(new Uint8Array(other, 0, 2000));
    new Uint8Array(other)[text.indexOf('"kind"') + 1] = 88;
    expect(() => readPack(other)).toThrow("no column kind");
  });
});

describe("links", () => {
  const adj = adjacency(pack);

  it("of one node are its edges", () => {
    const node = pack.target[0];
    const raw = new Map<number, number>();
    for (let edge = 0; edge < pack.nEdges; edge++) {
      if (pack.target[edge] !== node) continue;
      raw.set(pack.source[edge], (raw.get(pack.source[edge]) ?? 0) + pack.weight[edge]);
    }
    const { inputs, absIn } = linksOf(pack, adj, [node]);
    expect(inputs.length).toBe(raw.size);
    for (const link of inputs) {
      expect(link.raw).toBeCloseTo(raw.get(link.node) ?? Number.NaN, 5);
      expect(link.share).toBeCloseTo(link.raw / absIn, 9);
    }
    expect(cumulativeShare(inputs, inputs.length)).toBeLessThanOrEqual(1 + 1e-5);
  });

  it("of one node are its strongest on each side, and a count of the rest", () => {
    const nInputs = (node: number): number => adj.inStart[node + 1] - adj.inStart[node];
    const node = everything.find((one) => nInputs(one) > 9) ?? Number.NaN;
    const whole = linksOf(pack, adj, [node]);
    const [inputs, outputs] = sidesOf(pack, adj, node, 3);
    expect([inputs.end, outputs.end]).toEqual(["input", "output"]);
    expect(inputs.links).toEqual(whole.inputs.slice(0, 3));
    expect(inputs.left).toBe(whole.inputs.length - 3);
    expect(outputs.links.length + outputs.left).toBe(whole.outputs.length);
    expect(sidesOf(pack, adj, node, 1e6).map(({ left }) => left)).toEqual([0, 0]);
  });

  it("of several nodes are sums, without what passes between them", () => {
    const selection = [pack.source[0], pack.target[0], pack.target[1]];
    const together = linksOf(pack, adj, selection);
    for (const link of [...together.inputs, ...together.outputs]) {
      expect(selection).not.toContain(link.node);
    }
    const parts = selection.map((node) => linksOf(pack, adj, [node]));
    for (const link of together.inputs) {
      const sum = parts.flatMap((part) => part.inputs.filter((one) => one.node === link.node));
      expect(link.raw).toBeCloseTo(
        sum.reduce((total, one) => total + one.raw, 0),
        5,
      );
    }
  });
});

describe("signs of edges", () => {
  it("part the edges in two, those of no weight with the positive", () => {
    const weight = Float32Array.of(1, -1, 0, -2, 3);
    const n = (sign: Sign, of = 5) => countOfSign({ weight }, of, sign);
    expect([n("all"), n("positive"), n("negative")]).toEqual([5, 3, 2]);
    expect([n("all", 2), n("positive", 2), n("negative", 2)]).toEqual([2, 1, 1]);
  });
});

describe("layout", () => {
  const layout = layoutNodes(pack, byCell(pack, shapeOf(pack)), shapeOf(pack));

  it("puts higher layers above, later tokens to the right, and no two nodes in one place", () => {
    const places = new Set<string>();
    for (const node of everything) {
      places.add(`${layout.x[node].toFixed(2)},${layout.y[node].toFixed(2)}`);
      const row = layout.rows[pack.layer[node] + 1];
      expect(layout.y[node]).toBeGreaterThan(row.top);
      expect(layout.y[node]).toBeLessThan(row.top + row.height);
      const { left, width } = layout.columns;
      expect(layout.x[node]).toBeGreaterThan(left[pack.pos[node]]);
      expect(layout.x[node]).toBeLessThan(left[pack.pos[node]] + width[pack.pos[node]]);
    }
    expect(places.size).toBe(everything.length);
  });

  it("finds every node at its own place, and nothing where nothing is", () => {
    for (const node of everything) {
      expect(nearest(layout, everything, { x: layout.x[node], y: layout.y[node] }, 5)).toBe(node);
    }
    expect(nearest(layout, everything, { x: -500, y: -500 }, 20)).toBe(-1);
  });

  it("every node can be reached by arrow keys from an output", () => {
    const seen = new Set<number>([pack.nNodes - 1]);
    const open = [pack.nNodes - 1];
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      for (const direction of ["left", "right", "up", "down"] as const) {
        const next = neighbour(layout, everything, from, direction);
        if (next >= 0 && !seen.has(next)) {
          seen.add(next);
          open.push(next);
        }
      }
    }
    expect(seen.size / everything.length).toBeGreaterThan(0.95);
  });

  it("a lasso around everything selects everything", () => {
    const { width, height } = layout;
    const around = [
      { x: -1, y: -1 },
      { x: width + 1, y: -1 },
      { x: width + 1, y: height + 1 },
      { x: -1, y: height + 1 },
    ];
    expect(inside(layout, everything, around)).toEqual([...everything]);
  });
});

describe("what is shown", () => {
  it("every node is shown or counted under one reason", () => {
    const view = emptyView();
    view.filters = { ...view.filters, nodeThreshold: 0.6, errors: false, layerFrom: 1, layerTo: 4 };
    view.hidden = [3, 4, 5];
    view.pins = [7, 8];
    const kept = Uint8Array.from({ length: SIZE.nNodes }, (_, node) => node % 2);
    const shown = visibleNodes(pack, view, kept, [9]);
    const gone = Object.values(shown.gone).reduce((sum, n) => sum + n, 0);
    expect(shown.nodes.length + gone).toBe(pack.nNodes);
    expect(shown.gone.hidden).toBe(3);
    for (const node of [7, 8, 9]) expect(shown.mask[node]).toBe(1);
    for (const node of everything) if (pack.kind[node] >= 2) expect(shown.mask[node]).toBe(1);
    expect(shown.gone.pruned).toBeGreaterThan(0);
  });

  it("nothing is pruned but by the server", () => {
    const view = emptyView();
    view.filters = { ...view.filters, nodeThreshold: 0.2 };
    expect(visibleNodes(pack, view, null, []).nodes.length).toBe(pack.nNodes);
  });

  it("a kind that is left out goes, but for what is pinned or selected", () => {
    for (const [kind, name] of KIND_NAMES.entries()) {
      const view = emptyView();
      view.filters = { ...view.filters, nodeThreshold: 1, [KIND_FILTER[name]]: false };
      const of = [...everything].filter((node) => pack.kind[node] === kind);
      view.pins = of.slice(0, 1);
      const shown = visibleNodes(pack, view, null, of.slice(1, 2));
      const left = of.filter((node) => shown.mask[node]);
      expect(left).toEqual(of.slice(0, 2));
      expect(shown.gone[name]).toBe(of.length - left.length);
      expect(shown.nodes.length + shown.gone[name]).toBe(pack.nNodes);
    }
  });

  it("a feature that fires too often goes, one of unknown frequency stays", () => {
    const frequency = new Float32Array(pack.nNodes).fill(Number.NaN);
    frequency.set([0.2, 0.02, 0.002]);
    const view = emptyView();
    view.filters = { ...view.filters, nodeThreshold: 1, maxFrequency: 0.01 };
    const shown = visibleNodes({ ...pack, frequency }, view, null, []);
    expect(shown.gone.frequency).toBe(2);
    expect([...shown.mask.slice(0, 4)]).toEqual([0, 0, 1, 1]);
  });
});

describe("a query", () => {
  const name = (node: number): string => `name${node} "state"`;
  const found = (text: string): number[] => {
    const { matches } = parseQuery(text, pack, name);
    return [...everything].filter(matches);
  };

  it("compares, quotes and joins by and", () => {
    expect(found("layer>2 layer<=3").every((node) => pack.layer[node] === 3)).toBe(true);
    expect(found("layer>2 layer<=3").length).toBeGreaterThan(0);
    expect(found("kind:token").every((node) => pack.kind[node] === 2)).toBe(true);
    expect(found("name12")).toContain(12);
    expect(found(`#${pack.feature[5]}`)).toEqual([5]);
    expect(found("STATE").length).toBe(pack.nNodes);
  });

  it("says what it cannot read", () => {
    expect(parseQuery("layer>x kind:cat fine", pack, name).unread).toEqual(["layer>x", "kind:cat"]);
    expect(parseQuery("", pack, name).empty).toBe(true);
  });
});
