// A feature's number, and whether a dictionary has it.

import { describe, expect, it } from "vitest";
import { whyNoFeature } from "../../src/feature/shape.ts";

describe("a feature's number", () => {
  it("is told to be none of the dictionary, with its last", () => {
    const set = { dictionary: "elegans/clt", n_layers: 8, n_features: 512 };
    expect(whyNoFeature(set, { layer: 7, index: 511 })).toBeNull();
    const why = "elegans/clt has no feature L7/512: its last is L7/511";
    expect(whyNoFeature(set, { layer: 7, index: 512 })).toBe(why);
    expect(whyNoFeature(set, { layer: 8, index: 0 })).toContain("L8/0");
  });
});
