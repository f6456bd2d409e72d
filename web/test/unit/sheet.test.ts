// The sheet of keys, the tour and help, against the keys that do something.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ComponentChild, VNode } from "preact";
import { describe, expect, it, vi } from "vitest";
import type { Camera } from "../../src/graph/camera.ts";
import { readPack } from "../../src/graph/pack.ts";
import type { Saver } from "../../src/state/saver.ts";
import type { Action } from "../../src/ui/keys.ts";
import { generate } from "../support/generate.ts";

const SHELL = { addEventListener: () => undefined, setTimeout: () => 0 };
vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("window", { ...SHELL, matchMedia: () => ({ ...SHELL, matches: false }) });
vi.stubGlobal("matchMedia", () => ({ ...SHELL, matches: false }));
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("document", {
  ...SHELL,
  documentElement: { dataset: {} },
  getElementById: () => null,
});
const { keyOf } = await import("../../src/ui/keys.ts");
const { sheetOf } = await import("../../src/ui/palette.tsx");
const { EVERYWHERE } = await import("../../src/ui/everywhere.ts");
const { Key } = await import("../../src/ui/parts.tsx");
const { workspaceActions } = await import("../../src/workspace/keys.ts");
const { Workspace } = await import("../../src/workspace/model.ts");
const { STEPS } = await import("../../src/help/steps.tsx");
const { SECTIONS } = await import("../../src/help/sections.tsx");

const SIZE = { nNodes: 60, nEdges: 200, nLayers: 3, nPos: 4, seed: 3 };
const work = new Workspace("g", "main");
work.pack.value = readPack(generate(SIZE).pack(SIZE.nEdges));
const all = workspaceActions(work, {} as Camera, {} as Saver);
/** Said of the pointer, and of a key that is held: no key event is any of these. */
const SAID = [
  "over an edge",
  "over a bar",
  "click a ▸ name",
  "double click a name",
  "right button",
  "hold g",
];

/** The event of a key as it is written. */
function pressed(key: string): KeyboardEvent {
  const parts = key === "+" ? ["+"] : key.split("+");
  const [letter] = parts.slice(-1);
  const has = (name: string): boolean => parts.slice(0, -1).includes(name);
  const shiftKey = has("Shift");
  const typed = shiftKey && letter.length === 1 ? letter.toUpperCase() : letter;
  return { key: typed, shiftKey, ctrlKey: has("mod"), metaKey: false } as KeyboardEvent;
}

/** Keys that a text of help shows. */
function keysIn(child: ComponentChild): string[] {
  if (Array.isArray(child)) return child.flatMap(keysIn);
  if (typeof child !== "object" || child === null) return [];
  const { type, props } = child as VNode<{ name?: string; children?: ComponentChild }>;
  return [...(type === Key ? [props.name ?? ""] : []), ...keysIn(props.children ?? null)];
}

/** Its words. */
function wordsIn(child: ComponentChild): string {
  if (typeof child === "string") return child;
  if (Array.isArray(child)) return child.map(wordsIn).join("");
  if (typeof child !== "object" || child === null) return "";
  return wordsIn((child as VNode<{ children?: ComponentChild }>).props.children ?? null);
}

/** Keys of all pages, as their sources register them. */
function registered(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return registered(path);
    const source = readFileSync(path, "utf8");
    const listed = source.matchAll(/(?:\[\s*"([^"\n]{1,16})",\s*["`\w]|\bkey: "([^"\n]{1,16})")/g);
    return [...listed].map(([, first, named]) => first ?? named);
  });
}

describe("the sheet of keys", () => {
  const listed = sheetOf(all).flatMap(([, actions]) => actions);

  it("has every action of the workspace, and no other", () => {
    expect(listed).toHaveLength(all.length);
    expect(new Set(listed)).toEqual(new Set(all));
    expect(all.every(({ key, title }) => key && title)).toBe(true);
  });

  it("has keys alone that a keyboard gives", () => {
    const said = listed.filter(({ key }) => SAID.includes(key ?? ""));
    expect(said.map(({ key }) => key).sort()).toEqual([...SAID].sort());
    // Nobody can start them by a key or in the palette.
    expect(said.some((action) => action.enabled?.())).toBe(false);
    for (const { key } of [...listed, ...EVERYWHERE]) {
      if (!key || SAID.includes(key)) continue;
      // Two keys are pressed one after the other.
      for (const one of key.split(" ")) expect(keyOf(pressed(one)), key).toBe(one);
    }
  });

  it("has no key that means two things at once", () => {
    const group = { id: "a", name: "a", nodes: [1, 2] };
    const states: (() => void)[] = [
      () => undefined,
      () => work.select([1]),
      () => work.do({ do: "group", group }),
      () => work.select([1, 2]),
      () => work.do({ do: "collapse", layers: [1], positions: [] }),
    ];
    const met = new Set<Action>();
    for (const enter of states) {
      enter();
      const able = all.filter(({ enabled }) => enabled?.() ?? true);
      const keys = able.map(({ key }) => key);
      expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
      for (const action of able) met.add(action);
    }
    const never = all.filter((action) => !met.has(action)).map(({ key }) => key);
    // Beside what is only said: two that need what this graph has not.
    expect(never.filter((key) => !SAID.includes(key ?? "")).sort()).toEqual(NEVER_HERE);
  });
});

/** They need a model, a walk forth, or something undone. */
const NEVER_HERE: string[] = ["Shift+t", "]", "mod+Shift+z"];

describe("the tour and help", () => {
  const known = new Set([...all, ...EVERYWHERE].map(({ key }) => key ?? ""));
  for (const key of registered(join(import.meta.dirname, "../../src"))) known.add(key);

  it("show no key that is none", () => {
    const shown = [...STEPS, ...SECTIONS].flatMap(({ text }) => keysIn(text));
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter((key) => !known.has(key))).toEqual([]);
    expect(known.has("q q")).toBe(false);
  });

  it("say what can be done beside the keys of the workspace", () => {
    const words = [...STEPS, ...SECTIONS].map(({ text }) => wordsIn(text)).join(" ");
    for (const what of ["batch", "bar", "in its place", "baseline", "any text", "curl", "Python"]) {
      expect(words, what).toContain(what);
    }
  });
});
