// Fingers and ranges: the list on a phone, and Shift.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("window", globalThis);
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const { pressEnd, pressMenu, pressMove, pressStart, wasLong } = await import(
  "../../src/ui/press.ts"
);
const { rangeOf } = await import("../../src/workspace/range.ts");
const { Workspace } = await import("../../src/workspace/model.ts");

describe("a press", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const at = (x: number, pointerType = "touch") => ({ pointerType, clientX: x, clientY: 0 });

  it("of a finger that stays acts once, also where the browser asks for a menu", () => {
    const act = vi.fn();
    pressStart(at(0), act);
    pressMove(at(4));
    vi.advanceTimersByTime(600);
    expect(act).toHaveBeenCalledTimes(1);
    expect(pressMenu()).toBe(true);
    expect(act).toHaveBeenCalledTimes(1);
    pressStart(at(0), act);
    expect(wasLong()).toBe(false);
    expect(pressMenu()).toBe(true);
    vi.advanceTimersByTime(600);
    expect(act).toHaveBeenCalledTimes(2);
  });

  it("that moves, ends, or is a mouse's does nothing", () => {
    const act = vi.fn();
    pressStart(at(0), act);
    pressMove(at(30));
    vi.advanceTimersByTime(600);
    pressStart(at(0), act);
    pressEnd();
    vi.advanceTimersByTime(600);
    pressStart(at(0, "mouse"), act);
    expect(pressMenu()).toBe(false);
    vi.advanceTimersByTime(600);
    expect(act).not.toHaveBeenCalled();
    expect(wasLong()).toBe(false);
  });
});

describe("a range of the list", () => {
  it("goes from the first to the other, whichever stands above", () => {
    expect(rangeOf([7, 3, 9, 1], 3, 1)).toEqual([3, 9, 1]);
    expect(rangeOf([7, 3, 9, 1], 9, 7)).toEqual([9, 3, 7]);
    expect(rangeOf([7, 3], 3, 3)).toEqual([3]);
  });

  it("is none where the list lacks an end", () => {
    expect(rangeOf([7, 3], undefined, 3)).toBeNull();
    expect(rangeOf([7, 3], 8, 3)).toBeNull();
    expect(rangeOf([7, 3], 3, 8)).toBeNull();
  });
});

it("more than five hundred pins are warned of once, and kept", async () => {
  const toasts = await import("../../src/ui/toast.tsx");
  const told = vi.spyOn(globalThis, "setTimeout");
  const work = new Workspace("g", "main");
  work.do({ do: "pin", nodes: Array.from({ length: 500 }, (_, node) => node) });
  expect(told).not.toHaveBeenCalled();
  work.do({ do: "pin", nodes: [500] });
  expect(told).toHaveBeenCalledTimes(1);
  work.do({ do: "pin", nodes: [501] });
  expect(told).toHaveBeenCalledTimes(1);
  expect(work.view.value.pins).toHaveLength(502);
  expect(toasts.lastUndo()).toBeNull();
});
