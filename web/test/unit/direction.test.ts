// The side of a node whose edge is explained.

import { describe, expect, it } from "vitest";
import { directionOf } from "../../src/inspector/direction.ts";

describe("why an edge", () => {
  const link = [{ node: 1, share: 1, raw: 1 }];

  it("begins on a side that has edges, and stays on one that was asked for", () => {
    const token = { inputs: [], outputs: link };
    const output = { inputs: link, outputs: [] };
    expect(directionOf(token, 4, null)).toBe("output");
    expect(directionOf(output, 4, null)).toBe("input");
    expect(directionOf({ inputs: link, outputs: link }, 4, null)).toBe("input");
    expect(directionOf({ inputs: link, outputs: link }, 4, { node: 3, is: "output" })).toBe(
      "output",
    );
    expect(directionOf(output, 4, { node: 3, is: "output" })).toBe("input");
    expect(directionOf(token, 4, { node: 4, is: "input" })).toBe("input");
  });
});
