// What the key of a row hides, and what of a group stays.

import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("window", globalThis);
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
/** The last message, and what its button does. */
const last = vi.hoisted(() => ({ text: "", act: null as (() => void) | null }));
vi.mock("../../src/ui/toast.tsx", () => ({
  toast: (text: string, act: (() => void) | null) => {
    last.text = text;
    last.act = act;
  },
}));
const { exclude, toggleExcluded } = await import("../../src/inspector/exclude.ts");
const { Workspace } = await import("../../src/workspace/model.ts");

describe("what a row excludes", () => {
  it("is hidden and unpinned, and comes back by the same key", () => {
    const work = new Workspace("g", "main");
    work.do({ do: "pin", nodes: [3, 4] });
    toggleExcluded(work, [3]);
    expect(work.view.value.hidden).toEqual([3]);
    expect(work.view.value.pins).toEqual([4]);
    toggleExcluded(work, [3]);
    expect(work.view.value.hidden).toEqual([]);
    work.undo();
    expect(work.view.value.hidden).toEqual([3]);
  });

  it("hides the rest of a row of which a part is hidden", () => {
    const work = new Workspace("g", "main");
    work.do({ do: "hide", nodes: [1] });
    toggleExcluded(work, [1, 2]);
    expect(work.view.value.hidden).toEqual([1, 2]);
  });

  it("stays where it is part of a group", () => {
    const work = new Workspace("g", "main");
    work.group([5, 6], "both");
    expect(exclude(work, [5, 7])).toEqual([5]);
    expect(work.view.value.hidden).toEqual([7]);
    expect(work.view.value.groups[0].nodes).toEqual([5, 6]);
  });

  it("goes from the selection with its group's leave, and what was selected since stays", () => {
    const work = new Workspace("g", "main");
    work.group([5, 6], "both");
    work.select([5]);
    work.select(exclude(work, [5]));
    work.select([5, 9]);
    last.act?.();
    expect(work.view.value.hidden).toEqual([5]);
    expect(work.selection.value).toEqual([9]);
  });

  it("stays after its graph was left, where nothing would save it", () => {
    const work = new Workspace("g", "main");
    work.group([5, 6], "both");
    exclude(work, [5]);
    work.destroy();
    last.act?.();
    expect(work.view.value.hidden).toEqual([]);
    expect(last.text).toContain("Not changed");
  });
});
