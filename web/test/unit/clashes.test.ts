// Two windows that change the same: what is told, and what each choice does.

import { describe, expect, it, vi } from "vitest";
import { clashesOf, putPart } from "../../src/state/clashes.ts";
import { apply, type Command } from "../../src/state/commands.ts";
import { emptyView, type View } from "../../src/state/document.ts";

const store = new Map<string, string>();
const storage = {
  getItem: (key: string) => store.get(key) ?? null,
  setItem: (key: string, value: string) => void store.set(key, value),
  removeItem: (key: string) => void store.delete(key),
};
vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("window", { setTimeout, clearTimeout });
vi.stubGlobal("localStorage", storage);
vi.stubGlobal("sessionStorage", storage);
vi.stubGlobal(
  "BroadcastChannel",
  class {
    close = (): void => undefined;
    postMessage = (): void => undefined;
  },
);
const { Conflict, Saver } = await import("../../src/state/saver.ts");

const run = (view: View, ...commands: Command[]): View =>
  commands.reduce((now, command) => apply(now, command).view, view);
const label = (text: string | null, key = "4"): Command => ({ do: "label", key, text });
const base = run(
  emptyView(),
  { do: "pin", nodes: [1, 2, 3] },
  { do: "group", group: { id: "a", name: "ports", nodes: [1, 2] } },
  label("oak"),
);

/** What met where one window did `theirs` first, and another `mine`. */
function met(theirs: Command[], mine: Command[]) {
  const saved = run(base, ...theirs);
  const both = run(saved, ...mine);
  return { both, clashes: clashesOf({ base, theirs: saved, mine: run(base, ...mine), both }) };
}

describe("changes of two windows", () => {
  it("that say different things of the same are told with both versions", () => {
    const { clashes } = met([label("elm")], [label("fir")]);
    expect(clashes).toEqual([
      {
        key: "label 4",
        theirs: { of: "label", key: "4", value: "elm" },
        mine: { of: "label", key: "4", value: "fir" },
        now: "mine",
      },
    ]);
  });

  it("that add up are not: other nodes, other parts of a group, pins, the same words", () => {
    expect(met([label("elm", "5")], [label("fir")]).clashes).toEqual([]);
    expect(met([label("elm")], [label("elm")]).clashes).toEqual([]);
    expect(met([{ do: "pin", nodes: [7] }], [{ do: "unpin", nodes: [3] }]).clashes).toEqual([]);
    const rename: Command = { do: "about", id: "a", to: { name: "harbours" } };
    expect(met([rename], [{ do: "about", id: "a", to: { note: "n" } }]).clashes).toEqual([]);
    const adds = (node: number): Command => ({ do: "member", nodes: [node], of: "a" });
    expect(met([adds(8)], [adds(9)]).clashes).toEqual([]);
    expect(met([], [label(null), rename]).clashes).toEqual([]);
    expect(met([label(null), rename], []).clashes).toEqual([]);
  });

  it("of a name and of whether it is there, a filter, a place and a note are", () => {
    const filter = (nodeThreshold: number): Command => ({ do: "filters", to: { nodeThreshold } });
    const place = (x: number): Command => ({ do: "place", key: "a", at: { x, y: 0 } });
    const about = (note: string): Command => ({ do: "about", id: "a", to: { note } });
    const { clashes } = met(
      [label(null), filter(0.5), place(1), about("theirs")],
      [label("fir"), filter(0.6), place(2), about("mine")],
    );
    expect(clashes.map(({ key }) => key).sort()).toEqual([
      "about a",
      "filter nodeThreshold",
      "label 4",
      "place a",
    ]);
    expect(clashes.every(({ now }) => now === "mine")).toBe(true);
  });

  it("of a group that one of them took apart are, whoever was first", () => {
    const gone: Command = { do: "ungroup", id: "a" };
    const rename: Command = { do: "about", id: "a", to: { name: "harbours" } };
    const first = met([gone], [rename]).clashes;
    expect(first.map(({ key, now }) => [key, now])).toEqual([["group a", "theirs"]]);
    expect(first[0].theirs).toEqual({ of: "group", id: "a", value: null });
    const second = met([rename], [gone]).clashes;
    expect(second.map(({ key, now }) => [key, now])).toEqual([["group a", "mine"]]);
  });

  it("are put as they were chosen, and that is one step", () => {
    const group = (nodes: number[]): Command => ({
      do: "group",
      group: { id: "a", name: "ports", nodes },
    });
    const changes: [Command[], Command[]][] = [
      [[label("elm")], [label(null)]],
      [[{ do: "ungroup", id: "a" }], [{ do: "about", id: "a", to: { name: "b" } }]],
      [[group([1, 2, 8])], [group([1, 9])]],
      [[{ do: "watch", tokens: [1] }], [{ do: "watch", tokens: [2] }]],
      [[{ do: "fill", by: "error" }], [{ do: "fill", by: "activation" }]],
    ];
    for (const [theirs, mine] of changes) {
      const { both, clashes } = met(theirs, mine);
      expect(clashes).toHaveLength(1);
      const [clash] = clashes;
      for (const whose of ["theirs", "mine"] as const) {
        const { view, inverse } = apply(both, putPart(clash[whose], both));
        const [again] = clashesOf({
          base,
          theirs: run(base, ...theirs),
          mine: run(base, ...mine),
          both: view,
        });
        expect(again?.now, clash.key).toBe(whose);
        // What is there already is no change.
        if (inverse === null) expect(clash.now).toBe(whose);
      }
    }
  });
});

describe("the saver", () => {
  it("keeps both versions where a save met another window's, until one is chosen", async () => {
    let shown = base;
    let version = { etag: "1", view: base as unknown };
    const remote = {
      load: async () => version,
      save: async (view: View, etag: string | null) => {
        if (etag !== version.etag) throw new Conflict(version);
        version = { etag: `${Number(etag) + 1}`, view };
        return version.etag;
      },
    };
    const saver = new Saver("g.main", remote, {
      view: () => shown,
      rebase: (theirs, unsaved) => {
        shown = run(theirs, ...unsaved);
      },
      isNew: () => undefined,
    });
    await saver.open();
    const change = (command: Command): void => {
      shown = run(shown, command);
      saver.add(command);
    };
    version = { etag: "2", view: run(base, label("elm"), { do: "pin", nodes: [9] }) };
    change(label("fir"));
    await saver.flush();
    await vi.waitFor(() => expect(version.etag).toBe("3"));
    expect(saver.clashes.value.map(({ key }) => key)).toEqual(["label 4"]);
    // Both windows' work is there.
    expect(shown.labels["4"]).toBe("fir");
    expect(shown.pins).toContain(9);
    // Another change of the same meets nothing, as it comes after.
    change(label("ash"));
    await saver.flush();
    saver.settle(saver.clashes.value);
    expect(saver.clashes.value).toEqual([]);
    saver.close();
  });
});
