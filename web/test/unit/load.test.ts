// Which answer is shown under which question.

import { describe, expect, it } from "vitest";
import { shownOf } from "../../src/ui/load.ts";

describe("an answer", () => {
  const last = { of: ["oak", 3], since: [1], load: { is: "ready", value: 7 } } as const;

  it("is shown under the question that it answers, and no other", () => {
    expect(shownOf(last, ["oak", 3], [1])).toEqual({ state: { value: last.load }, stale: false });
    expect(shownOf(last, ["oak", 4], [1])).toEqual({
      state: { value: { is: "loading" } },
      stale: false,
    });
  });

  it("stays until the next one where only time went on, and is told apart", () => {
    expect(shownOf(last, ["oak", 3], [2])).toEqual({ state: { value: last.load }, stale: true });
  });
});
