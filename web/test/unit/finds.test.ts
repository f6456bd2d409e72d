import { describe, expect, it, vi } from "vitest";
import type { FeatureRow, FeatureSet } from "../../src/wire.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const { byNumber, featureActions, setMeant } = await import("../../src/feature/finds.ts");

const set = (name: string, index: boolean): FeatureSet =>
  ({ name, n_layers: 3, n_features: 512, index: index ? {} : null }) as FeatureSet;
const sets = [set("bare", false), set("two-hop", true), set("relation", true)];

describe("features of the palette", () => {
  it("are of the page's set, or the graph's, or the first that has an index", () => {
    expect(setMeant(sets, ["relation", "two-hop"])?.name).toBe("relation");
    expect(setMeant(sets, [null, "gone", "bare"])?.name).toBe("bare");
    expect(setMeant(sets, [null, undefined])?.name).toBe("two-hop");
    expect(setMeant([], [null])).toBeNull();
  });

  it("are found by number, if the set has that many", () => {
    expect(byNumber("L2/370", sets[1])?.title).toBe("Feature L2/370");
    expect(byNumber("2/370", sets[1])).not.toBeNull();
    expect(byNumber("L3/0", sets[1])).toBeNull();
    expect(byNumber("L0/512", sets[1])).toBeNull();
    expect(byNumber("L0/1, L0/2", sets[1])).toBeNull();
    expect(byNumber("capital", sets[1])).toBeNull();
  });

  it("stand under their names, and by number where they have none", () => {
    const row = { layer: 1, index: 7, label: "ports", frequency: 0.25 } as FeatureRow;
    const [named, other] = featureActions(sets[1], [row, { ...row, label: null }]);
    expect(named.title).toBe("ports");
    expect(named.section).toBe("Feature L1/7, fires on 25 % of tokens");
    expect(other.title).toBe("L1/7");
  });
});
