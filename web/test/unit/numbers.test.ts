// Numbers as people read and write them.

import { describe, expect, it } from "vitest";
import {
  bytes,
  counted,
  numberIn,
  percent,
  plain,
  raw,
  score,
  signedPoints,
  signedRaw,
  signedScore,
  signedShare,
} from "../../src/ui/numbers.ts";

describe("numbers", () => {
  it("say their sign and their size", () => {
    expect(signedShare(-0.218)).toBe("−21.8 %");
    expect(percent(0.61)).toBe("61 %");
    expect(percent(0.0042)).toBe("0.42 %");
    expect(percent(0)).toBe("0 %");
    expect(percent(1)).toBe("100 %");
    expect(percent(0.9998)).toBe("99.9 %");
    expect(percent(-3)).toBe("−300 %");
    expect(percent(-0.0042)).toBe("−0.42 %");
    expect(signedShare(-0.00042)).toBe("−0.042 %");
    expect(signedShare(0.0000042)).toBe("+0.00042 %");
    expect(signedShare(0)).toBe("+0.0 %");
    expect([0.03, -0.004, 0.0001, 1].map(signedScore)).toEqual(["+.03", "−.004", "±0", "+1.00"]);
    expect(raw(-3.21)).toBe("−3.21");
    expect([-0.42, 0, 12.34].map(signedRaw)).toEqual(["−0.42", "+0.00", "+12.3"]);
    expect([0.031, -0.0004].map(signedPoints)).toEqual(["+3.1 points", "−0.04 points"]);
    expect(raw(Number.NaN)).toBe("–");
    expect([0, -1, 0.5, 100, -0.1 * 3].map(plain)).toEqual(["0", "−1", "0.5", "100", "−0.3"]);
    expect(score(0.414)).toBe(".41");
    expect(bytes(1_234_567)).toBe("1.2 MB");
  });

  it("are none while half of one is typed, and beyond their bounds", () => {
    expect(["8", "85", "501", "", " ", "-", "8x"].map((text) => numberIn(text, 20, 500))).toEqual([
      null,
      85,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(["-1", "0.5", "1e3", "Infinity"].map((text) => numberIn(text))).toEqual([
      -1,
      0.5,
      1000,
      null,
    ]);
  });
});

describe("counts", () => {
  it("of one take no s", () => {
    expect([0, 1, 1234].map((n) => counted(n, "weaker edge"))).toEqual([
      "0 weaker edges",
      "1 weaker edge",
      "1,234 weaker edges",
    ]);
  });
});
