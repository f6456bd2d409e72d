// Which action a key is of, and what the palette finds.

import { describe, expect, it, vi } from "vitest";
import type { Action } from "../../src/ui/keys.ts";
import type { GraphRow } from "../../src/wire.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
// The palette's graphs lead to addresses.
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const { actions, found, keyLabel, listenForKeys, section } = await import("../../src/ui/keys.ts");
const { graphActions, withWords } = await import("../../src/ui/finds.ts");

const none = (): void => undefined;
const titleOf = (result: Action | "waits" | null): string | null =>
  result === "waits" ? result : (result?.title ?? null);

describe("a key", () => {
  const list = [
    ...section("Go to", [
      ["j l", "Library", none],
      ["j 1", "First tab", none, () => false],
    ]),
    ...section("Page", [
      ["p", "of the page", none],
      ["g", "Group", none],
      [null, "without a key", none],
    ]),
    ...section("View", [
      ["p", "of the view", none],
      ["g", "not now", none, () => false],
    ]),
  ];

  it("is of the view that came last and can do something", () => {
    expect(titleOf(found(list, "p"))).toBe("of the view");
    expect(titleOf(found(list, "g"))).toBe("Group");
    expect(found(list, "q")).toBeNull();
  });

  it("waits for a second one where two make an action that can run", () => {
    expect(found(list, "j")).toBe("waits");
    expect(titleOf(found(list, "j l"))).toBe("Library");
    expect(found(list, "j 1")).toBeNull();
    expect(found(section("Go to", [["j 1", "First tab", none, () => false]]), "j")).toBeNull();
  });

  it("is shown as it is on the machine", () => {
    expect(["mod+Shift+z", "j l", "ArrowLeft"].map(keyLabel)).toEqual(["Ctrl+Shift+z", "j l", "←"]);
  });
});

describe("an open dialog", () => {
  it("has every key: Escape closes it alone, and does nothing behind it", () => {
    let press = (_: KeyboardEvent): void => undefined;
    let isOpen = true;
    vi.stubGlobal("HTMLElement", class {});
    vi.stubGlobal("document", {
      addEventListener: (_: string, listener: typeof press) => (press = listener),
      querySelector: () => (isOpen ? {} : null),
    });
    listenForKeys();
    const clear = vi.fn();
    actions.value = section("Walk", [["Escape", "Clear one level", clear]]);
    const pressed = () => {
      const event = { key: "Escape", timeStamp: 0, preventDefault: vi.fn() };
      press(event as unknown as KeyboardEvent);
      return event;
    };
    expect(pressed().preventDefault).not.toHaveBeenCalled();
    expect(clear).not.toHaveBeenCalled();
    isOpen = false;
    expect(pressed().preventDefault).toHaveBeenCalled();
    expect(clear).toHaveBeenCalledOnce();
    actions.value = [];
  });
});

describe("the palette", () => {
  const graph = (title: string, tokens: string[], target: string) =>
    ({ id: "g", title, tokens, target, created: 0 }) as GraphRow;
  const graphs = graphActions([
    graph("", ["the", " oak"], " Austin"),
    graph("Two hops", ["the", " elm"], " Elm"),
  ]);
  const titles = (list: readonly Action[]): string[] => list.map(({ title }) => title);

  it("finds graphs by title or prompt, as it finds actions", () => {
    expect(titles(graphs)).toEqual(["the oak → Austin", "Two hops the elm → Elm"]);
    expect(titles(withWords(graphs, "HOPS the"))).toEqual(["Two hops the elm → Elm"]);
    expect(titles(withWords(graphs, " oak "))).toEqual(["the oak → Austin"]);
    expect(withWords(graphs, "graph the")).toHaveLength(2);
    expect(withWords(graphs, "")).toHaveLength(2);
    const actions = section("Go to", [["j l", "Library", none]]);
    expect(titles(withWords(actions, "go lib"))).toEqual(["Library"]);
    expect(withWords(actions, "go oak")).toEqual([]);
  });
});
