// Layers and tokens that are collapsed: where their nodes stand, and what is done with them.

import { describe, expect, it, vi } from "vitest";
import { byCell, layoutNodes, nearest, neighbour, shapeOf } from "../../src/graph/layout.ts";
import { readPack } from "../../src/graph/pack.ts";
import { fill, paintMarks, rgb } from "../../src/graph/pixels.ts";
import {
  collapsedOf,
  columnAt,
  countThin,
  inStrip,
  isThin,
  markAt,
  rowAt,
  type Strip,
  stripText,
  thinOf,
  thinStrips,
} from "../../src/graph/thin.ts";
import { generate } from "../support/generate.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("window", { setTimeout: () => 0 });
const { Workspace } = await import("../../src/workspace/model.ts");
const { readRanges, toggleSelected } = await import("../../src/workspace/collapsing.ts");

const SIZE = { nNodes: 600, nEdges: 5000, nLayers: 6, nPos: 8, seed: 11 };
const graph = generate(SIZE);
const pack = readPack(graph.pack(SIZE.nEdges));
const shape = shapeOf(pack);
const order = byCell(pack, shape);
const everything = Uint32Array.from({ length: SIZE.nNodes }, (_, node) => node);
const COLLAPSED = { layers: [1, 2, 3, 5], positions: [0, 1, 6] };
const thin = thinOf(shape, COLLAPSED);
const open = layoutNodes(pack, order, shape);
const layout = layoutNodes(pack, order, shape, thin);
const isIn = (node: number): boolean =>
  COLLAPSED.layers.includes(pack.layer[node]) || COLLAPSED.positions.includes(pack.pos[node]);

describe("a collapsed layout", () => {
  it("has every shown node once: with a glyph, or in a mark", () => {
    const marked = layout.marks.flatMap((mark) => mark.nodes);
    expect([...layout.open, ...marked].sort((a, b) => a - b)).toEqual([...everything]);
    expect(marked.every(isIn)).toBe(true);
    expect([...layout.open].some(isIn)).toBe(false);
    expect(marked.length).toBeGreaterThan(100);
    for (const node of everything) expect(isThin(thin, pack, node)).toBe(isIn(node));
    expect(countThin(thin, pack, everything)).toEqual({
      layers: 4,
      positions: 3,
      nodes: marked.length,
    });
  });

  it("puts neighbours into one thin row or column, and what is between into none", () => {
    const [one, two, three, four, five] = layout.rows.slice(2, 7);
    expect([two.top, three.top]).toEqual([one.top, one.top]);
    expect([one.label, two.label, three.label, four.label, five.label]).toEqual([
      "1–3",
      "1–3",
      "1–3",
      "4",
      "5",
    ]);
    expect(layout.rows.map((row) => row.thin)).toEqual(
      [-1, 0, 1, 2, 3, 4, 5, 6].map((layer) => COLLAPSED.layers.includes(layer)),
    );
    expect(five.height).toBe(one.height);
    expect(one.height).toBeLessThan(open.rows[2].height);
    expect(layout.height).toBeLessThan(open.height);
    const { left, width } = layout.columns;
    expect(left[1]).toBe(left[0]);
    expect(left[2]).toBe(left[0] + width[0]);
    expect(width[6]).toBeLessThan(open.columns.width[6]);
    expect(layout.width).toBe(left[7] + width[7]);
  });

  it("ends edges of a collapsed node at its thin row and column", () => {
    for (const { nodes, x, y } of layout.marks) {
      for (const node of nodes) {
        expect([layout.x[node], layout.y[node]]).toEqual([Math.fround(x), Math.fround(y)]);
        const row = layout.rows[pack.layer[node] + 1];
        expect(y).toBeGreaterThan(row.top);
        expect(y).toBeLessThan(row.top + row.height);
        const { left, width } = layout.columns;
        expect(x).toBeGreaterThan(left[pack.pos[node]]);
        expect(x).toBeLessThan(left[pack.pos[node]] + width[pack.pos[node]]);
      }
    }
    // One mark a cell: no two at one place.
    const places = new Set(layout.marks.map(({ x, y }) => `${x} ${y}`));
    expect(places.size).toBe(layout.marks.length);
  });

  it("is hit node by node where it is open, and mark by mark where it is not", () => {
    for (const node of layout.open) {
      const at = { x: layout.x[node], y: layout.y[node] };
      expect(nearest(layout, layout.open, at, 5)).toBe(node);
    }
    for (const mark of layout.marks) {
      expect(markAt(layout.marks, mark, 2)).toBe(mark);
      expect(nearest(layout, layout.open, mark, 4)).toBe(-1);
    }
    expect(markAt(layout.marks, { x: -90, y: 0 }, 6)).toBeNull();
    const from = layout.open[0];
    for (const direction of ["left", "right", "up", "down"] as const) {
      const next = neighbour(layout, layout.open, from, direction);
      if (next >= 0) expect(isIn(next)).toBe(false);
    }
  });

  it("without anything collapsed is what it was, and tokens and outputs have no layer to collapse", () => {
    const none = thinOf(shape, { layers: [-1, 6, 99], positions: [8] });
    expect(layoutNodes(pack, order, shape, none)).toEqual(open);
    expect(open.marks).toEqual([]);
    expect(open.open).toBe(order);
  });
});

describe("strips", () => {
  it("are found by place: one row, or all that stand as one", () => {
    const { rows, columns } = layout;
    const middle = ({ top, height }: { top: number; height: number }): number => top + height / 2;
    expect(rowAt(layout, middle(rows[3]))).toEqual({ axis: "layer", from: 1, to: 3, thin: true });
    expect(rowAt(layout, middle(rows[5]))).toEqual({ axis: "layer", from: 4, to: 4, thin: false });
    expect(rowAt(layout, -5)).toBeNull();
    const at = (pos: number): Strip | null => columnAt(layout, columns.left[pos] + 1);
    expect(at(1)).toEqual({ axis: "token", from: 0, to: 1, thin: true });
    expect(at(2)).toEqual({ axis: "token", from: 2, to: 2, thin: false });
    expect(columnAt(layout, layout.width + 1)).toBeNull();
  });

  it("are listed as they stand, and a command on each expands all", () => {
    const strips = thinStrips(thin);
    const token = (pos: number): string => `t${pos}`;
    expect(strips.map((strip) => stripText(strip, token))).toEqual([
      "layers 1 to 3",
      "layer 5",
      "tokens “t0” (0) to “t1” (1)",
      "token “t6” (6)",
    ]);
    const lists = strips.map(collapsedOf);
    expect(lists.flatMap((one) => one.layers)).toEqual(COLLAPSED.layers);
    expect(lists.flatMap((one) => one.positions)).toEqual(COLLAPSED.positions);
    const nodes = inStrip(strips[0], pack, everything);
    expect(nodes).toEqual([...everything].filter((node) => [1, 2, 3].includes(pack.layer[node])));
  });
});

describe("marks", () => {
  it("are painted where they stand, cut at the edges, and never too thin to see", () => {
    const WHITE = rgb(255, 255, 255);
    const of = (mark: { x: number; y: number; width: number; height: number }, scale = 1) => {
      const pixels = { width: 20, height: 10, words: new Uint32Array(200) };
      fill(pixels, WHITE);
      paintMarks(pixels, [{ ...mark, nodes: [] }], { scale, dx: 0, dy: 0 }, rgb(0, 0, 0));
      return [...pixels.words].flatMap((word, at) => (word === WHITE ? [] : [at]));
    };
    const middle = { x: 10, y: 5, width: 4, height: 2 };
    expect(of(middle)).toEqual([88, 89, 90, 91, 108, 109, 110, 111]);
    expect(of({ ...middle, x: 19 })).toEqual([97, 98, 99, 117, 118, 119]);
    expect(of({ ...middle, x: -50 })).toEqual([]);
    expect(of(middle, 0.1).length).toBe(1);
  });
});

describe("in a workspace", () => {
  const opened = (): InstanceType<typeof Workspace> => {
    const work = new Workspace("generated", "main");
    work.head.value = graph.head;
    work.pack.value = pack;
    work.opened.value = true;
    work.do({ do: "filters", to: { nodeThreshold: 1, edgeThreshold: 1 } });
    return work;
  };
  const at = (layer: number, pos: number): number =>
    everything.find((node) => pack.layer[node] === layer && pack.pos[node] === pos) ?? Number.NaN;

  it("the selection's layers collapse, and expand when all of them are", () => {
    const work = opened();
    const [a, b] = [at(2, 3), at(4, 5)];
    work.select([a, b, SIZE.nNodes - 1]);
    toggleSelected(work, "layer");
    expect(work.view.value.collapsed).toEqual({ layers: [2, 4], positions: [] });
    expect(work.layout.value?.open.includes(a)).toBe(false);
    // One is not: then both are meant to be.
    work.do({ do: "expand", layers: [4], positions: [] });
    toggleSelected(work, "layer");
    expect(work.view.value.collapsed.layers).toEqual([2, 4]);
    toggleSelected(work, "layer");
    expect(work.view.value.collapsed.layers).toEqual([]);
    work.select([a]);
    toggleSelected(work, "token");
    expect(work.view.value.collapsed.positions).toEqual([3]);
    work.undo();
    expect(work.isCollapsed.value).toBe(false);
    expect(work.selection.value).toEqual([a]);
    work.destroy();
  });

  it("collapsing changes neither what is shown nor what is linked", () => {
    const work = opened();
    work.select([pack.target[0]]);
    const before = [work.shown.value, work.links.value];
    work.do({ do: "collapse", layers: [0, 1, 2, 3, 4, 5], positions: [] });
    expect([work.shown.value, work.links.value]).toEqual(before);
    expect(work.shown.value).toBe(before[0]);
    expect(work.nCollapsed.value?.nodes).toBe(
      [...everything].filter((node) => pack.kind[node] < 2).length,
    );
    work.destroy();
  });

  it("a view that is opened brings its own, and a page in a file may collapse", () => {
    const work = opened();
    work.do({ do: "collapse", layers: [1], positions: [2] });
    const other = { ...work.view.value, collapsed: { layers: [3], positions: [] } };
    work.take(other);
    expect(work.view.value.collapsed).toEqual(other.collapsed);
    work.undo();
    expect(work.view.value.collapsed).toEqual({ layers: [1], positions: [2] });
    work.destroy();
    const file = new Workspace("generated", "file", true);
    file.do({ do: "collapse", layers: [1], positions: [] });
    expect(file.view.value.collapsed.layers).toEqual([1]);
    file.do({ do: "pin", nodes: [1] });
    expect(file.view.value.pins).toEqual([]);
    file.destroy();
  });

  it("ranges that are typed are read whole or not at all", () => {
    expect(readRanges("2-5, 8", 9)).toEqual([2, 3, 4, 5, 8]);
    expect(readRanges(" 3 3–4 ", 9)).toEqual([3, 4]);
    for (const text of ["", "x", "5-2", "1-", "10", "2-5 and 8", "-1"]) {
      expect(readRanges(text, 9)).toBeNull();
    }
  });
});
