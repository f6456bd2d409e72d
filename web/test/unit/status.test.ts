// What the foot of a workspace says.

import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("matchMedia", () => ({ matches: false }));
const { agoText } = await import("../../src/workspace/Ago.tsx");
const { talliedText } = await import("../../src/tests/verdicts.ts");

describe("when it was saved", () => {
  it("changes every ten seconds, then every minute", () => {
    expect(agoText(1000, 1000)).toEqual({ text: "just now", next: 10_000 });
    expect(agoText(0, 13_000)).toEqual({ text: "10 s ago", next: 7000 });
    expect(agoText(0, 59_999)).toEqual({ text: "50 s ago", next: 1 });
    expect(agoText(0, 150_000)).toEqual({ text: "2 min ago", next: 30_000 });
  });

  it("is a time in the end, and never in the future", () => {
    expect(agoText(0, 3_600_000).next).toBeNull();
    expect(agoText(0, 3_600_000).text).toMatch(/^at /);
    expect(agoText(5000, 0)).toEqual({ text: "just now", next: 10_000 });
  });
});

it("verdicts are counted with their marks, those of no edge left out", () => {
  const of = (...names: ("supported" | "weak" | "contradicted")[]) =>
    talliedText(names.map((verdict) => ({ verdict })));
  expect(of("supported", "contradicted", "supported")).toBe("2✓ 1✗");
  expect(of("weak")).toBe("1○");
  expect(of()).toBe("");
});
