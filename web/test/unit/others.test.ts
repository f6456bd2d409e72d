// Graphs that a test can put in a group of.

import { describe, expect, it } from "vitest";
import { othersLike } from "../../src/tests/others.ts";
import type { GraphRow } from "../../src/wire.ts";

describe("graphs to put in from", () => {
  const row = (id: string, model: string, dictionary: string) =>
    ({ id, model, dictionary }) as GraphRow;
  const made = {
    model: { name: "two-hop", digest: null },
    dictionary: { name: "clt", digest: null },
  };

  it("are of the same features, and those of others are counted", () => {
    const rows = [
      row("here", "two-hop", "clt"),
      row("like", "two-hop", "clt"),
      row("narrow", "two-hop", "plt"),
      row("large", "gemma", "clt"),
    ];
    const { like, nUnlike } = othersLike(rows, "here", made);
    expect(like.map(({ id }) => id)).toEqual(["like"]);
    expect(nUnlike).toBe(2);
  });
});
