// Names by hand: what is sent, and how it is taken back, with an index and without.

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FeatureLabel } from "../../src/wire.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("window", { setTimeout: () => 0 });

const sent: [string, string, string][] = [];
/** What the index says where nobody named it; null without an index. */
let ofIndex: string | null = null;
vi.stubGlobal("fetch", async (path: string, { method = "GET", body }: RequestInit) => {
  const { text } = JSON.parse(String(body)) as { text: string };
  sent.push([method, path, text]);
  const label = text === "" ? ofIndex : text;
  return Response.json({ label, label_source: text === "" ? "automatic" : "by hand" });
});
const { byHand } = await import("../../src/feature/NameRow.tsx");
const { nameEverywhere, named } = await import("../../src/feature/naming.ts");
const { lastUndo } = await import("../../src/ui/toast.tsx");

const label = (text: string | null, source: string | null): FeatureLabel => ({
  label: text,
  label_source: source,
});

beforeEach(() => {
  sent.length = 0;
  ofIndex = null;
});

describe("a feature's name", () => {
  it("is somebody's only if a person gave it", () => {
    expect(byHand(label("capitals", "by hand"))).toBe("capitals");
    expect(byHand(label("capitals", "automatic, from examples"))).toBe("");
    expect(byHand(label("capitals", "imported"))).toBe("");
    expect(byHand(label(null, null))).toBe("");
  });

  it("is given where there is none, and taken back to none", async () => {
    const before = named.peek();
    await nameEverywhere("capitals", { set: "a b", layer: 2, index: 370, now: "" });
    lastUndo()?.();
    await vi.waitFor(() => expect(named.peek()).toBe(before + 2));
    const path = "/api/features/a%20b/2/370/label";
    expect(sent).toEqual([
      ["PUT", path, "capitals"],
      ["PUT", path, ""],
    ]);
  });

  it("is not sent where it stays", async () => {
    await nameEverywhere("capitals", { set: "a", layer: 0, index: 1, now: "capitals" });
    expect(sent).toEqual([]);
  });
});
