// Over plain http a browser has neither `crypto.randomUUID`, nor locks, nor a clipboard.

import { afterAll, describe, expect, it, vi } from "vitest";

const { getRandomValues } = crypto;
vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(crypto) });
vi.stubGlobal("navigator", { platform: "Linux" });
const stored = new Map<string, string>();
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
};
vi.stubGlobal("sessionStorage", storage);
const { emptyView } = await import("../../src/state/document.ts");
const { freshId } = await import("../../src/state/groups.ts");
const { randomId } = await import("../../src/state/id.ts");
const { adoptUnsaved, keepUnsaved } = await import("../../src/state/unsaved.ts");

afterAll(() => {
  vi.unstubAllGlobals();
});

describe("an id", () => {
  it("is made without a secure context, of as many digits as are asked for", () => {
    expect(crypto.randomUUID).toBeUndefined();
    for (const digits of [1, 4, 7, 8, 16]) {
      expect(randomId(digits)).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
    }
    expect(randomId()).toHaveLength(8);
    expect(new Set(Array.from({ length: 200 }, () => randomId())).size).toBe(200);
  });

  it("of a group says how many there are, and is no other window's", () => {
    const view = emptyView();
    expect(freshId(view)).toMatch(/^g1-[0-9a-f]{4}$/);
    expect(new Set(Array.from({ length: 20 }, () => freshId(view))).size).toBeGreaterThan(15);
  });
});

describe("what is not saved yet", () => {
  it("is kept under a name of the tab that stays after a reload", async () => {
    const kept = new Map<string, string>();
    const own = (_: object, key: string | symbol): PropertyDescriptor => {
      return { value: kept.get(String(key)), enumerable: true, configurable: true };
    };
    const local = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const keys = { ownKeys: () => [...kept.keys()], getOwnPropertyDescriptor: own };
    vi.stubGlobal("localStorage", new Proxy(local, keys));
    keepUnsaved("g.main", [{ do: "pin", nodes: [1] }]);
    const name = stored.get("connectome.tab");
    expect([...kept.keys()]).toEqual([`connectome.unsaved.g.main.${name}`]);
    kept.set("connectome.unsaved.g.main.another", JSON.stringify([{ do: "pin", nodes: [2] }]));
    // Without locks nobody knows whether the other tab still lives.
    expect(await adoptUnsaved("g.main")).toEqual([{ do: "pin", nodes: [1] }]);
    expect([...kept.keys()]).toEqual(["connectome.unsaved.g.main.another"]);
  });

  it("hinders nothing where the browser forbids its stores", async () => {
    vi.resetModules();
    vi.stubGlobal("sessionStorage", undefined);
    vi.stubGlobal("localStorage", undefined);
    const again = await import("../../src/state/unsaved.ts");
    again.keepUnsaved("g.main", [{ do: "pin", nodes: [1] }]);
    expect(await again.adoptUnsaved("g.main")).toEqual([]);
  });
});
