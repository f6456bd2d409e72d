// What fills a node: the measure, and that it is part of the view.

import { describe, expect, it } from "vitest";
import { KIND, type Pack } from "../../src/graph/pack.ts";
import { strengthsOf } from "../../src/graph/strengths.ts";
import { apply } from "../../src/state/commands.ts";
import { emptyView, readView } from "../../src/state/document.ts";

/** Two features, an error and a token; the error gives half of what the second feature gets. */
const pack = {
  nNodes: 4,
  nEdges: 3,
  kind: Uint8Array.of(KIND.feature, KIND.feature, KIND.error, KIND.token),
  activation: Float32Array.of(-4, 1, 9, 9),
  absIn: Float32Array.of(0, 4, 0, 0),
  source: Uint32Array.of(2, 0, 3),
  target: Uint32Array.of(1, 1, 1),
  weight: Float32Array.of(-2, 1, 1),
} as unknown as Pack;

describe("what fills a node", () => {
  it("is influence where nothing else is asked for", () => {
    expect(strengthsOf("influence", pack)).toBeNull();
  });

  it("is an activation's square root of the largest, of features alone", () => {
    expect([...(strengthsOf("activation", pack) ?? [])]).toEqual([1, 0.5, 0, 0]);
  });

  it("is the share of the absolute input that errors give, whatever its sign", () => {
    expect([...(strengthsOf("error", pack) ?? [])]).toEqual([0, 0.5, 0, 0]);
  });
});

describe("the fill of a view", () => {
  it("is changed and taken back by commands", () => {
    const { view, inverse } = apply(emptyView(), { do: "fill", by: "error" });
    expect(view.fill).toBe("error");
    expect(inverse && apply(view, inverse).view).toEqual(emptyView());
    expect(apply(view, { do: "fill", by: "error" }).inverse).toBeNull();
  });

  it("is influence in views of older pages, and where it is no measure", () => {
    const { fill, ...older } = emptyView();
    expect(readView(older)?.fill).toBe(fill);
    expect(readView({ ...older, fill: "colour" })?.fill).toBe("influence");
    expect(readView({ ...older, fill: "activation" })?.fill).toBe("activation");
  });
});
