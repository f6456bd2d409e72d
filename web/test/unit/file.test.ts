// A page in a file: what it answers in the server's place, and what it leaves to the server.

import { describe, expect, it } from "vitest";
import { answerOf } from "../../src/file/answers.ts";
import type * as wire from "../../src/wire.ts";

const scores = {
  replacement: { value: 0.5, lo: 0.5, hi: 0.5 },
  completeness: { value: 0.7, lo: 0.7, hi: 0.7 },
};
const at = (node_threshold: number, edge_threshold: number, kept: string): wire.PrunedAt => ({
  node_threshold,
  edge_threshold,
  kept,
  n_edges: 3,
  n_undetermined: 0,
  scores,
});
const file = {
  head: { id: "oak-1" },
  pack: btoa("CTPK"),
  // Nodes 0, 3 and 8; then all of ten.
  pruned: [at(0.57, 0.98, btoa("\x09\x01")), at(1, 1, btoa("\xff\x03"))],
  circuit: { boxes: [{ id: "g1" }, { id: "n4" }], edges: [] },
  run_rows: [{ number: 2 }],
  runs: [{ number: 2, name: "off" }],
  features: {
    set: "my/clt",
    features: [{ index: 7, label: 'at "oak"', more: { layer: 2 } }],
    n_shown: 3,
    limit_bytes: 8,
  },
} as unknown as wire.PageFile;

const asked = async (path: string, body?: unknown): Promise<unknown> =>
  await answerOf(file, `/api/graphs/oak-1${path}`, body)?.json();

describe("a page in a file", () => {
  it("answers with what it holds", async () => {
    expect(await asked("")).toEqual({ id: "oak-1" });
    expect(await answerOf(file, "/api/graphs/oak-1/pack?top=9", undefined)?.text()).toBe("CTPK");
    expect(await asked("/runs")).toEqual([{ number: 2 }]);
    expect(await asked("/runs/2")).toEqual({ number: 2, name: "off" });
    const boxes = [{ id: "n4" }, { id: "g1" }];
    expect(await asked("/circuit", { groups: boxes, pins: [] })).toEqual(file.circuit);
  });

  it("knows the features that are inside, by set, layer and index", async () => {
    const at = (path: string) => answerOf(file, `/api/features/${path}`, undefined);
    expect(await at("my%2Fclt/2/7")?.json()).toEqual(file.features?.features[0]);
    for (const other of ["my%2Fclt/2/8", "my%2Fclt/7/2", "clt/2/7", "my%2Fclt/2/7/weights"])
      expect(at(other), other).toBeNull();
    const bare = { ...file, features: null } as wire.PageFile;
    expect(answerOf(bare, "/api/features/my%2Fclt/2/7", undefined)).toBeNull();
  });

  it("reads what a threshold keeps from its bits", async () => {
    const few = await asked("/prune", { node_threshold: 0.57, edge_threshold: 0.98, keep: [] });
    expect(few).toEqual({ kept: [0, 3, 8], n_edges: 3, n_undetermined: 0, scores });
    const all = (await asked("/prune", { node_threshold: 1, edge_threshold: 1, keep: [] })) as {
      kept: number[];
    };
    expect(all.kept).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("leaves to the server what it does not hold", () => {
    const graph = "/api/graphs/oak-1";
    expect(answerOf(file, `${graph}/runs/3`, undefined)).toBeNull();
    expect(answerOf(file, `${graph}/runs`, { kind: "validate" })).toBeNull();
    expect(answerOf(file, `${graph}/paths`, { k: 3 })).toBeNull();
    expect(answerOf(file, `${graph}/views/main`, undefined)).toBeNull();
    expect(answerOf(file, "/api/graphs/another", undefined)).toBeNull();
    expect(answerOf(file, "/api/forward", {})).toBeNull();
    const prune = { node_threshold: 0.5, edge_threshold: 0.98, keep: [] };
    expect(answerOf(file, `${graph}/prune`, prune)).toBeNull();
    const other = { groups: [{ id: "g1" }, { id: "g2" }], pins: [] };
    expect(answerOf(file, `${graph}/circuit`, other)).toBeNull();
  });
});
