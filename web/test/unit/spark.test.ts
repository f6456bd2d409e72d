import { describe, expect, it } from "vitest";
import { ordinal, spark } from "../../src/feature/spark.ts";

describe("a histogram in characters", () => {
  it("has the bar after the part in which the value lies", () => {
    expect(spark([0, 0, 9, 0], 0, 8, 5)).toBe("▁▁█|▁");
    expect(spark([9, 0, 0, 0], 2, 10, 2)).toBe("█|▁▁▁");
  });

  it("keeps what lies beyond the text that was read at its ends", () => {
    expect(spark([1, 1], 0, 1, 7)).toBe("██|");
    expect(spark([1, 1], 0, 1, -3)).toBe("█|█");
    expect(spark([3], 4, 4, 4)).toBe("█|");
    expect(spark([], 0, 0, 0)).toBe("");
  });

  it("sums many bins to eight, with logarithmic heights", () => {
    const bins = Array.from({ length: 16 }, (_, at) => (at < 2 ? 500 : 0));
    expect(spark([...bins.slice(0, 14), 0, 30], 0, 1, 0)).toBe("█|▁▁▁▁▁▁▄");
  });
});

it("places are counted in words", () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 59, 100, 0].map(ordinal)).toEqual(
    "1st 2nd 3rd 4th 11th 12th 13th 21st 59th 100th 0th".split(" "),
  );
});
