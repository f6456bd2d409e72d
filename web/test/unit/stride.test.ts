// Steps by token and by layer.

import { describe, expect, it } from "vitest";
import { stride } from "../../src/graph/stride.ts";

//         node: 0   1   2   3   4   5
const pack = {
  layer: Int32Array.of(1, 1, 0, 3, 3, 2),
  pos: Int32Array.of(2, 4, 4, 4, 2, 0),
  influence: Float32Array.of(1, 0.1, 0.9, 0.2, 0.3, 0.4),
};
const all = [0, 1, 2, 3, 4, 5];

describe("a step by token or layer", () => {
  it("goes to the next token that has a node, in the nearest layer", () => {
    expect(stride(pack, all, 0, "right")).toBe(1);
    expect(stride(pack, all, 0, "left")).toBe(5);
    expect(stride(pack, all, 3, "left")).toBe(4);
  });

  it("goes to the next layer that has a node, at the nearest token", () => {
    expect(stride(pack, all, 0, "up")).toBe(5);
    expect(stride(pack, [0, 1, 2, 3, 4], 0, "up")).toBe(4);
    expect(stride(pack, all, 0, "down")).toBe(2);
  });

  it("takes the most influential of equals, and stays at the end", () => {
    const equal = { ...pack, layer: Int32Array.of(1, 0, 2, 3, 3, 2) };
    expect(stride(equal, all, 0, "right")).toBe(2);
    expect(stride(pack, all, 3, "up")).toBe(-1);
    expect(stride(pack, all, 2, "down")).toBe(-1);
  });
});
