import { describe, expect, it } from "vitest";
import { anchors } from "../../src/graph/groups.ts";
import type { Layout } from "../../src/graph/layout.ts";
import { KIND, moreEdges, type Pack, readPack } from "../../src/graph/pack.ts";
import {
  fill,
  Haze,
  mix,
  type Pixels,
  paintColumns,
  paintNodes,
  RADIUS,
  rgb,
} from "../../src/graph/pixels.ts";
import { sameVisible, visibleNodes } from "../../src/graph/visible.ts";
import type { Sign } from "../../src/state/document.ts";
import { emptyView } from "../../src/state/document.ts";
import { generate } from "../support/generate.ts";

const WHITE = rgb(255, 255, 255);
const BLACK = rgb(0, 0, 0);
const INK = { paper: WHITE, ink: BLACK, glyph: BLACK, line: BLACK };

const empty = (width: number, height: number): Pixels => {
  const pixels = { width, height, words: new Uint32Array(width * height) };
  fill(pixels, WHITE);
  return pixels;
};

/** How much of each pixel is black, 0 to 1. */
const covered = ({ words }: Pixels): number[] => [...words].map((word) => 1 - (word & 255) / 255);
const area = (pixels: Pixels): number => covered(pixels).reduce((sum, part) => sum + part, 0);

const layoutAt = (x: number[], y: number[]): Layout =>
  ({ x: Float32Array.from(x), y: Float32Array.from(y) }) as unknown as Layout;

const nodesOf = (...kind: number[]): Pack =>
  ({
    kind: Uint8Array.from(kind),
    influence: Float32Array.from(kind, () => 1),
  }) as unknown as Pack;

describe("a mixed colour", () => {
  it("is the mean of each channel by its opacity", () => {
    const under = rgb(10, 200, 0);
    const over = rgb(250, 0, 255);
    expect(mix(under, over, 0)).toBe(under);
    expect(mix(under, over, 256)).toBe(over);
    for (const opacity of [1, 64, 128, 255]) {
      const channel = (a: number, b: number): number => (a * (256 - opacity) + b * opacity) >> 8;
      expect(mix(under, over, opacity)).toBe(
        rgb(channel(10, 250), channel(200, 0), channel(0, 255)),
      );
    }
  });
});

describe("glyphs", () => {
  const painted = (kind: number, x: number, y: number, scale: number): Pixels => {
    const pixels = empty(64, 64);
    const layout = layoutAt([0], [0]);
    const graph = { pack: nodesOf(kind), layout, nodes: [0] };
    paintNodes(pixels, graph, { scale, dx: x, dy: y }, INK);
    return pixels;
  };

  it("have the area of a circle and a square, wherever they stand", () => {
    for (const [x, y] of [
      [32, 32],
      [31.3, 30.7],
      [20.5, 40.25],
    ]) {
      for (const scale of [0.4, 1, 3]) {
        // The outline is as wide as a pixel of the page and half of it is outside.
        const radius = (RADIUS + 0.5) * scale;
        const circle = Math.PI * radius ** 2;
        expect(Math.abs(area(painted(KIND.feature, x, y, scale)) / circle - 1)).toBeLessThan(0.06);
        const square = (2 * RADIUS * scale) ** 2;
        expect(Math.abs(area(painted(KIND.token, x, y, scale)) / square - 1)).toBeLessThan(0.15);
      }
    }
  });

  it("are cut at the edge, and left out where a node has no place", () => {
    expect(area(painted(KIND.feature, 0, 32, 2))).toBeGreaterThan(0);
    for (const x of [-200, 500, Number.NaN]) expect(area(painted(KIND.error, x, 9, 2))).toBe(0);
  });

  it("are fainter when a search did not find them", () => {
    const graph = { pack: nodesOf(KIND.feature), layout: layoutAt([0], [0]), nodes: [0] };
    const pixels = empty(32, 32);
    paintNodes(pixels, graph, { scale: 1, dx: 16, dy: 16 }, INK, 0.25);
    expect(Math.max(...covered(pixels))).toBeLessThan(0.5);
  });
});

describe("columns", () => {
  it("are one pixel wide and stay inside", () => {
    const pixels = empty(8, 4);
    paintColumns(pixels, [-3, 2.2, 100], BLACK);
    expect(covered(pixels).flatMap((part, at) => (part > 0 ? [at % 8] : []))).toEqual([2, 2, 2, 2]);
  });
});

describe("the haze", () => {
  const one = { scale: 1, dx: 0, dy: 0 };
  const hazeOf = (x: number[], y: number[], mask = [1, 1], sign: Sign = "all"): Pixels => {
    const pack = {
      weight: Float32Array.of(-1),
      source: Uint32Array.of(0),
      target: Uint32Array.of(1),
    } as unknown as Pack;
    const of = { pack, layout: layoutAt(x, y), mask: Uint8Array.from(mask), nEdges: 1, sign };
    const pixels = empty(40, 30);
    const haze = new Haze(pixels, of, one);
    expect(haze.run(Number.POSITIVE_INFINITY)).toBe(true);
    haze.paint(pixels, WHITE, BLACK, 1);
    return pixels;
  };

  it("covers one pixel a step along the longer side", () => {
    for (const [x, y] of [
      [
        [3, 33],
        [5, 5],
      ],
      [
        [33, 3],
        [5, 25],
      ],
      [
        [7, 9],
        [2, 22],
      ],
    ]) {
      const steps = Math.max(Math.abs(x[1] - x[0]), Math.abs(y[1] - y[0])) + 1;
      // Where a line is shared by two pixels, both are covered in part.
      expect(area(hazeOf(x, y)) / steps).toBeGreaterThan(0.9);
      expect(area(hazeOf(x, y)) / steps).toBeLessThan(2.1);
    }
  });

  it("cuts lines at the edges, and leaves out hidden ends and ends without a place", () => {
    const through = hazeOf([-1000, 1000], [10, 10]);
    const rows = covered(through).flatMap((part, at) => (part > 0 ? [Math.floor(at / 40)] : []));
    expect(new Set(rows)).toEqual(new Set([10]));
    expect(area(hazeOf([-50, -10], [3, 20]))).toBe(0);
    expect(area(hazeOf([3, 30], [3, 20], [1, 0]))).toBe(0);
    expect(area(hazeOf([3, Number.NaN], [3, 20]))).toBe(0);
    // Of one sign only.
    expect(area(hazeOf([3, 30], [3, 20], [1, 1], "negative"))).toBeGreaterThan(0);
    expect(area(hazeOf([3, 30], [3, 20], [1, 1], "positive"))).toBe(0);
  });

  it("in many steps is the same as in one", () => {
    const size = { nNodes: 300, nEdges: 3000, nLayers: 5, nPos: 6, seed: 4 };
    const pack = readPack(generate(size).pack(size.nEdges));
    const x = Array.from({ length: 300 }, (_, node) => pack.pos[node] * 20 + (node % 7));
    const y = Array.from({ length: 300 }, (_, node) => 100 - pack.layer[node] * 12);
    const mask = new Uint8Array(300).fill(1);
    const of = { pack, layout: layoutAt(x, y), mask, nEdges: 3000, sign: "all" as const };
    const [whole, sliced] = [empty(140, 110), empty(140, 110)];
    const atOnce = new Haze(whole, of, one);
    atOnce.run(Number.POSITIVE_INFINITY);
    const bit = new Haze(sliced, of, one);
    let steps = 1;
    while (!bit.run(0)) steps++;
    expect(steps).toBe(15);
    atOnce.paint(whole, WHITE, BLACK, 0.1);
    bit.paint(sliced, WHITE, BLACK, 0.1);
    expect(sliced.words).toEqual(whole.words);
  });
});

describe("what stays the same", () => {
  const size = { nNodes: 300, nEdges: 3000, nLayers: 5, nPos: 6, seed: 4 };
  const graph = generate(size);
  const first = readPack(graph.pack(500));

  it("nodes, when more edges come", () => {
    const all = moreEdges(first, readPack(graph.pack(3000)));
    expect(all.kind).toBe(first.kind);
    expect(all.influence).toBe(first.influence);
    expect(all.nEdges).toBe(3000);
    expect(all.source.length).toBe(3000);
    const other = readPack(generate({ ...size, nNodes: 310 }).pack(3000));
    expect(moreEdges(first, other)).toBe(other);
  });

  it("what is shown, when a filter takes nothing more", () => {
    const view = emptyView();
    const kept = new Uint8Array(300).fill(1);
    const shown = visibleNodes(first, view, kept, []);
    const filters = { ...view.filters, nodeThreshold: 0.5 };
    expect(sameVisible(shown, visibleNodes(first, { ...view, filters }, kept, []))).toBe(true);
    kept[0] = 0;
    expect(sameVisible(shown, visibleNodes(first, view, kept, []))).toBe(false);
  });
});

describe("names of groups", () => {
  it("stand at the shown member of most influence, and nowhere without one", () => {
    const influence = Float32Array.of(0.1, 0.4, 0.3, 0.9);
    const groups = [
      { id: "a", name: "state", nodes: [0, 1, 2] },
      { id: "b", name: "hidden", nodes: [3] },
    ];
    // Nodes 0 to 2 stand in one row of a cell, and node 3 in the row above.
    const pack = { influence, layer: new Int16Array(4), pos: new Uint32Array(4) };
    const places = { x: Float32Array.of(30, 10, 20, 90), y: Float32Array.of(5, 5, 5, 25) };
    const at = (...mask: number[]) =>
      anchors(groups, pack as never, Uint8Array.from(mask), places as unknown as Layout);
    expect(at(1, 1, 1, 0)).toEqual([{ node: 1, name: "state", left: 10, right: 30 }]);
    expect(at(1, 0, 1, 0)).toEqual([{ node: 2, name: "state", left: 20, right: 30 }]);
    expect(at(0, 1, 1, 0)).toEqual([{ node: 1, name: "state", left: 10, right: 20 }]);
    expect(at(0, 0, 0, 1)).toEqual([{ node: 3, name: "hidden", left: 90, right: 90 }]);
  });
});
