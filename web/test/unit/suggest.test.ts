// A suggested group as it was edited.

import { describe, expect, it } from "vitest";
import { takenOf } from "../../src/circuit/edited.ts";

describe("a suggested group that was edited", () => {
  const suggestion = { name: "ports", nodes: [2, 5, 9] };

  it("is the suggestion at first, and where its name was emptied", () => {
    expect(takenOf(suggestion, { name: "ports", dropped: [] })).toEqual({
      ...suggestion,
      auto: true,
    });
    expect(takenOf(suggestion, { name: "  ", dropped: [] }).name).toBe("ports");
  });

  it("has its new name, and not the members that were left out", () => {
    const edit = { name: " oak ports ", dropped: [5] };
    expect(takenOf(suggestion, edit)).toEqual({ name: "oak ports", nodes: [2, 9] });
  });
});
