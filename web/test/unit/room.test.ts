// What is asked for can be seen, whichever pane had all room.

import { beforeEach, describe, expect, it, vi } from "vitest";

vi.stubGlobal("matchMedia", () => ({ matches: false }));
const room = await import("../../src/workspace/room.ts");
const { inspectorHidden, lower, maximise, maximised, showBelow, showInspector } = room;

beforeEach(() => {
  maximised.value = null;
  lower.value = "circuit";
  inspectorHidden.value = false;
});

describe("a pane that is asked for", () => {
  it("takes all room from another one", () => {
    maximise("graph");
    showBelow("tests");
    expect([lower.value, maximised.value]).toEqual(["tests", null]);
    maximise("tests");
    inspectorHidden.value = true;
    showInspector();
    expect([inspectorHidden.value, maximised.value]).toEqual([false, null]);
  });

  it("keeps all room that it has", () => {
    maximise("tests");
    showBelow("tests");
    expect(maximised.value).toBe("tests");
    maximise("inspector");
    showInspector();
    expect(maximised.value).toBe("inspector");
  });
});
