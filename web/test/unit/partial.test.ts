// What is not here: the model of a graph, examples of its features, a part of its bytes.

import { describe, expect, it, vi } from "vitest";
import { KIND, readPack } from "../../src/graph/pack.ts";
import type { GraphHead } from "../../src/wire.ts";
import { generate } from "../support/generate.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const { bytesOf } = await import("../../src/api/client.ts");
const { lacking } = await import("../../src/workspace/lacking.ts");
const { serveCommand } = await import("../../src/workspace/Lacks.tsx");
const { Workspace } = await import("../../src/workspace/model.ts");

const named = (model: string, dictionary = "", runnable = false): GraphHead =>
  ({
    runnable,
    counts: { features: 1200 },
    provenance: { model: { name: model }, dictionary: { name: dictionary } },
  }) as GraphHead;

describe("what a graph lacks", () => {
  it("is said in a few words, and nothing where all is here", () => {
    expect(lacking(null, 3)).toEqual([]);
    expect(lacking(named("m", "d", true), 0)).toEqual([]);
    expect(lacking(named("far/model"), 0)).toEqual(["the model far/model is not here"]);
    expect(lacking(named(""), 12)).toEqual([
      "its model is not here",
      "no examples for 12 of 1,200 features",
    ]);
  });

  it("is brought by a command with the model's own names", () => {
    const command = (model: string, dictionary: string) =>
      serveCommand(named(model, dictionary).provenance);
    expect(command("far/model@0123", "far/clt")).toBe("connectome serve --model far/model=far/clt");
    expect(command("two-hop", "")).toBe("connectome serve --model two-hop");
    expect(command("a b", "")).toBe("connectome serve --model 'a b'");
    expect(command("", "far/clt")).toBeNull();
  });

  it("is counted over its features alone", () => {
    const SIZE = { nNodes: 60, nEdges: 200, nLayers: 3, nPos: 4, seed: 3 };
    const work = new Workspace("g", "main");
    expect(work.nUnseen.value).toBe(0);
    const pack = readPack(generate(SIZE).pack(SIZE.nEdges));
    const features = [...pack.kind].flatMap((kind, at) => (kind === KIND.feature ? [at] : []));
    const frequency = new Float32Array(pack.nNodes).fill(Number.NaN);
    frequency[features[0]] = 0;
    work.pack.value = { ...pack, frequency };
    expect(work.nUnseen.value).toBe(features.length - 1);
  });
});

describe("bytes of an answer", () => {
  const body = (parts: number[][]): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start(to) {
        for (const part of parts) to.enqueue(new Uint8Array(part));
        to.close();
      },
    });
  const read = async (parts: number[][], headers: Record<string, string>) => {
    const heard: [number, number][] = [];
    const response = new Response(body(parts), { headers });
    const bytes = await bytesOf(response, (...one) => heard.push(one));
    return { bytes: [...new Uint8Array(bytes)], heard };
  };

  it("are told as they come where their number is known", async () => {
    const { bytes, heard } = await read([[1, 2], [3]], { "content-length": "3" });
    expect(bytes).toEqual([1, 2, 3]);
    expect(heard).toEqual([
      [2, 3],
      [3, 3],
    ]);
  });

  it("are as many as came where they broke off", async () => {
    expect((await read([[1, 2]], { "content-length": "3" })).bytes).toEqual([1, 2]);
  });

  it("come whole and untold where their number is not known, or is that of a packed answer", async () => {
    const packed = { "content-length": "2", "content-encoding": "gzip" };
    for (const headers of [{}, packed]) {
      const { bytes, heard } = await read([[1, 2], [3]], headers as Record<string, string>);
      expect(bytes).toEqual([1, 2, 3]);
      expect(heard).toEqual([]);
    }
  });
});
