// From a feature's page back to a graph.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { KIND } from "../../src/graph/pack.ts";

const kept = new Map<string, string>();
vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("localStorage", {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
});
const { lastGraph, nodesOf, pinAddress, rememberGraph } = await import(
  "../../src/workspace/last.ts"
);

describe("the graph that was open last", () => {
  beforeEach(() => kept.clear());
  const head = { id: "oak 1", title: "", text: "the oak", feature_set: "two-hop" };

  it("is remembered for its dictionary, by what a person knows it by", () => {
    rememberGraph(head, "main");
    rememberGraph({ ...head, id: "elm", title: "Elms", feature_set: "relation" }, "mine");
    expect(lastGraph("two-hop")).toEqual({ id: "oak 1", view: "main", title: "the oak" });
    expect(lastGraph("relation")).toEqual({ id: "elm", view: "mine", title: "Elms" });
    rememberGraph({ ...head, feature_set: null }, "main");
    expect(kept.size).toBe(2);
  });

  it("is none where nothing, or something else, is kept", () => {
    expect(lastGraph("two-hop")).toBeNull();
    for (const text of ["{", "7", "null", '{"id":"a"}']) {
      kept.set("connectome.last.two-hop", text);
      expect(lastGraph("two-hop")).toBeNull();
    }
  });

  it("is opened in its view, with what to pin", () => {
    const feature = { layer: 2, index: 370 };
    expect(pinAddress({ id: "elm", view: "main", title: "" }, feature)).toBe("/g/elm?pin=L2%2F370");
    expect(pinAddress({ id: "elm", view: "my own", title: "" }, feature)).toBe(
      "/g/elm?view=my%20own&pin=L2%2F370",
    );
  });

  it("has a feature's nodes at all of its positions, and no error of its layer", () => {
    const pack = {
      nNodes: 4,
      kind: Uint8Array.of(KIND.feature, KIND.feature, KIND.error, KIND.feature),
      layer: Int16Array.of(2, 2, 2, 1),
      feature: Uint32Array.of(370, 370, 370, 370),
    };
    expect(nodesOf(pack, { layer: 2, index: 370 })).toEqual([0, 1]);
    expect(nodesOf(pack, { layer: 0, index: 370 })).toEqual([]);
  });
});
