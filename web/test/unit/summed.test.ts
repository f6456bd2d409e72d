// Edges of what is collapsed, as the pointer on its bar shows them.

import { describe, expect, it, vi } from "vitest";
import { adjacency, linksOf } from "../../src/graph/edges.ts";
import { readPack } from "../../src/graph/pack.ts";
import { summed, sumText } from "../../src/graph/summed.ts";
import { generate } from "../support/generate.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("window", { setTimeout: () => 0 });
const { Workspace } = await import("../../src/workspace/model.ts");
const { isSameBar } = await import("../../src/graph/under.ts");

const SIZE = { nNodes: 600, nEdges: 5000, nLayers: 6, nPos: 8, seed: 5 };
const pack = readPack(generate(SIZE).pack(SIZE.nEdges));
const adj = adjacency(pack);
const ofLayer = (layer: number): number[] =>
  Array.from({ length: SIZE.nNodes }, (_, node) => node).filter(
    (node) => pack.layer[node] === layer,
  );

describe("edges of a bar", () => {
  it("are those of its nodes treated as one", () => {
    for (const layer of [-1, 0, 2, 5]) {
      const nodes = ofLayer(layer);
      const { inputs, outputs, absIn } = linksOf(pack, adj, nodes);
      const found = summed(pack, adj, nodes).links;
      expect(found.absIn).toBeCloseTo(absIn, 6);
      for (const [mine, theirs] of [
        [found.inputs, inputs],
        [found.outputs, outputs],
      ]) {
        expect(mine.map(({ node }) => node)).toEqual(theirs.map(({ node }) => node));
        mine.forEach(({ raw, share }, at) => {
          expect(raw).toBeCloseTo(theirs[at].raw, 6);
          expect(share).toBeCloseTo(theirs[at].share, 6);
        });
      }
    }
  });

  it("are counted, without those among its nodes", () => {
    const nodes = [...ofLayer(2), ...ofLayer(3)];
    const inside = new Set(nodes);
    let crossing = 0;
    for (let edge = 0; edge < pack.nEdges; edge++) {
      if (inside.has(pack.source[edge]) !== inside.has(pack.target[edge])) crossing++;
    }
    const found = summed(pack, adj, nodes);
    expect(found.nEdges).toBe(crossing);
    const { inputs, outputs } = found.links;
    const text = (isPart: boolean): string => sumText(found, isPart).replaceAll(",", "");
    const nLinks = inputs.length + outputs.length;
    expect(nLinks).toBeLessThan(crossing);
    expect(text(false)).toBe(
      `${crossing} edges of ${nodes.length} nodes summed into ${nLinks} links`,
    );
    expect(text(true)).toContain("strongest edges of");
    const all = summed(pack, adj, [...Array(SIZE.nNodes).keys()]);
    expect(sumText(all, false)).toBe("no edge of 600 nodes leads out");
  });

  it("are the hover's as long as the pointer is on it, and no longer", () => {
    const work = new Workspace("g", "main");
    work.pack.value = pack;
    const nodes = ofLayer(2);
    work.under.value = { at: { x: 0, y: 0 }, is: "mark", strips: [], nodes };
    expect(work.bar.value?.nodes).toEqual(nodes);
    expect(work.drawnHoverLinks.value).toBe(work.bar.value?.links);
    work.ends.value = "input";
    expect(work.drawnHoverLinks.value?.outputs).toEqual([]);
    // A node that is hovered has its own.
    work.hover.value = nodes[0];
    expect(work.hoverLinks.value).toEqual(linksOf(pack, adj, [nodes[0]]));
    work.hover.value = -1;
    work.under.value = null;
    expect([work.bar.value, work.hoverLinks.value]).toEqual([null, null]);
    work.destroy();
  });

  it("are summed once while the pointer stays on the same bar", () => {
    const at = { x: 0, y: 0 };
    const mark = { at, is: "mark" as const, strips: [], nodes: [1, 2] };
    expect(isSameBar(mark, { ...mark, at: { x: 3, y: 1 }, nodes: [1, 2] })).toBe(true);
    expect(isSameBar(mark, { ...mark, nodes: [1, 3] })).toBe(false);
    expect(isSameBar(mark, { ...mark, is: "name" })).toBe(false);
    expect([isSameBar(null, mark), isSameBar(mark, null)]).toEqual([false, false]);
  });
});
