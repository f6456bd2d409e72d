// A graph's text with tokens put in and taken out.

import { describe, expect, it } from "vitest";
import { changeAt, putIn, takeOut, told, unchanged } from "../../src/tokens/edit.ts";
import type { Forward } from "../../src/wire.ts";

describe("a changed text", () => {
  it("knows what was put in, and that it is as before when that is out again", () => {
    const text = unchanged([1, 2, 3]);
    expect(told(text)).toBe("");
    const longer = putIn(putIn(text, 0, [7, 8]), 1, [9]);
    expect(longer.ids).toEqual([1, 7, 9, 8, 2, 3]);
    expect(longer.from).toEqual([0, null, null, null, 1, 2]);
    expect(told(longer)).toBe("3 tokens put in, marked with +");
    const shorter = takeOut(takeOut(longer, 4), 2);
    expect(shorter.ids).toEqual([1, 7, 8, 3]);
    expect(told(shorter)).toBe(
      "2 tokens put in, marked with +; 1 token of the graph's text taken out",
    );
    expect(takeOut(putIn(text, 2, [5]), 3)).toEqual(text);
  });

  it("is compared position by position with the graph's own", () => {
    const forward = (entropies: number[], p: number): Forward => ({
      tokens: entropies.map((_, id) => ({ id, text: "" })),
      positions: entropies.map((entropy_bits) => ({
        top: [],
        entropy_bits,
        watched: [p],
        watched_total: p,
      })),
      notes: [],
    });
    const was = forward([1, 2, 3], 0.25);
    const edit = takeOut(putIn(unchanged([7, 8, 9]), 0, [5]), 2);
    const now = forward([1, 9, 2.5], 0.5);
    const changes = [0, 1, 2].map((place) => changeAt(edit, now, was, place));
    expect(changes).toEqual([null, null, { bits: -0.5, p: 0.25 }]);
    // The server puts back a first token that the model wants.
    const bare = takeOut(unchanged([7, 8, 9]), 0);
    const whole = forward([1, 2, 4], 0.25);
    expect([0, 1, 2].map((place) => changeAt(bare, whole, was, place)?.bits)).toEqual([
      undefined,
      0,
      1,
    ]);
  });
});
