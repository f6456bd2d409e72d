// What an open graph makes of a selection.

import { describe, expect, it, vi } from "vitest";
import { readPack } from "../../src/graph/pack.ts";
import { generate } from "../support/generate.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const { Workspace } = await import("../../src/workspace/model.ts");

const SIZE = { nNodes: 60, nEdges: 300, nLayers: 3, nPos: 4, seed: 3 };
const graph = generate(SIZE);

describe("a selection", () => {
  it("of a link has no nodes that the graph has not", () => {
    const work = new Workspace("generated", "main");
    work.select([5, SIZE.nNodes, 7]);
    work.pack.value = readPack(graph.pack(SIZE.nEdges));
    expect(work.selection.value).toEqual([5, 7]);
    work.select([SIZE.nNodes + 3]);
    expect(work.selection.value).toEqual([]);
  });

  it("is whole where the pack has all edges, or the server was asked for its own", () => {
    const work = new Workspace("generated", "main");
    work.pack.value = readPack(graph.pack(SIZE.nEdges));
    work.select([5]);
    expect(work.isWhole.value).toBe(true);
    work.pack.value = readPack(graph.pack(10));
    expect(work.isWhole.value).toBe(false);
    const links = { inputs: [], outputs: [], absIn: 0 };
    work.complete.value = { selection: work.selection.value, links };
    expect(work.isWhole.value).toBe(true);
    work.select([6]);
    expect(work.isWhole.value).toBe(false);
  });
});
