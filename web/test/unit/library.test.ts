import { describe, expect, it, vi } from "vitest";
import type { TrashRow } from "../../src/wire.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
const { kindText } = await import("../../src/library/Trash.tsx");

describe("a deleted thing", () => {
  const row = (kind: string, name: string): TrashRow =>
    ({ kind, name, title: "", deleted: 0, kept_days: 30 }) as unknown as TrashRow;

  it("is called what it is, a test with its graph", () => {
    expect(kindText(row("graph", "graph-two-hop-3"))).toBe("graph");
    expect(kindText(row("probe", "probe-000002"))).toBe("probe");
    expect(kindText(row("run", "run-two-hop-3-000012"))).toBe("test 12 of the graph two-hop-3");
  });
});
