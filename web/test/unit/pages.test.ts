// Keys of every page, as its sources register them: each verb has one, and none has two meanings.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");

/** Pages by what shows them. */
const PAGES = {
  library: "library/Library.tsx",
  "new trace": "trace/NewTrace.tsx",
  workspace: "workspace/WorkspacePage.tsx",
  figure: "figure/FigureStudio.tsx",
  compare: "compare/Compare.tsx",
  recurring: "compare/Recurring.tsx",
  features: "feature/Features.tsx",
  feature: "feature/FeaturePage.tsx",
  probes: "probe/Probes.tsx",
  probe: "probe/ProbePage.tsx",
  models: "models/Models.tsx",
  help: "help/Help.tsx",
};

/** What is registered of a list of values that have keys. */
const LISTS = [
  "ui/copyAs.tsx",
  "inspector/Inspector.tsx",
  "figure/FigureStudio.tsx",
  "compare/align.ts",
  "probe/Probes.tsx",
];

/** Keys with two meanings that are never one's at once. */
const APART: Record<string, string[]> = {
  // One prompt or a batch: one form is shown.
  "new trace": ["mod+Enter", "y"],
  // With a selection, or without one; a row of a list takes its key while it has the focus.
  workspace: ["z", "Shift+z", "Enter", "p", "x"],
};

/** Whose buttons are in a dialog, which has the keyboard for itself. */
const DIALOGS = ["ui/ask.tsx", "workspace/Versions.tsx", "workspace/Clashes.tsx"];

/** Buttons that need no key, as `keys.ts` has it. */
const TRIVIAL = [
  /type="submit"/,
  /(Try again|Look again|Close|Copy details)\s*$/,
  /label="End the tour"/,
  /More paths|Show all|"fewer"|"the strongest"|\bmore\s*$/,
  /pressed=\{wanted\.tags/,
];

const sources = new Map<string, string>();
function sourceOf(path: string): string {
  const known = sources.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, "utf8");
  sources.set(path, text);
  return text;
}

/** A page's sources: what its own imports lead to, at once or later. */
function filesOf(start: string): string[] {
  const found = new Set([join(SRC, start)]);
  for (const path of found) {
    const named = sourceOf(path).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+\.tsx?)"/g);
    for (const [, name] of named) {
      const other = join(dirname(path), name);
      if (existsSync(other)) found.add(other);
    }
  }
  return [...found];
}

/** The text of a call from its bracket to the one that ends it. */
function callAt(text: string, start: number): string {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")") depth--;
    if (depth === 0) return text.slice(start, at);
  }
  return "";
}

/** Keys that a source registers, with what they are said to do. */
function keysOf(path: string): [key: string, title: string][] {
  const text = sourceOf(path);
  const calls = [...text.matchAll(/\b(?:section|acts)\(/g)].map((call) =>
    callAt(text, call.index + call[0].length - 1),
  );
  const listed = calls.flatMap((call) =>
    [...call.matchAll(/\[\s*"([^"\n]{1,16})",\s*(?:"([^"\n]+)"|`([^`]+)`)/g)].map(
      ([, key, plain, made]): [string, string] => [key, plain ?? made],
    ),
  );
  const name = relative(SRC, path);
  if (!LISTS.includes(name)) return listed;
  const more = [...text.matchAll(/\bkey: "([^"]+)"/g)];
  return [...listed, ...more.map(([, key]): [string, string] => [key, `${key} of ${name}`])];
}

function registered(files: readonly string[]): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const [key, title] of files.flatMap(keysOf)) {
    keys.set(key, (keys.get(key) ?? new Set()).add(title));
  }
  return keys;
}

/** What works on every page: pages are two keys, and the rest is in the palette's own list. */
const EVERYWHERE = ["mod+k", "?", "d", "n", "j l", "j c", "j f", "j p", "j m", "j h"];

/** Buttons as they stand in a source. */
function buttonsOf(path: string): string[] {
  return [...sourceOf(path).matchAll(/<Button\s[\s\S]*?<\/Button>/g)].map(([text]) =>
    text.replace("</Button>", "").replace(/\s+/g, " ").trim(),
  );
}

describe("keys of a page", () => {
  for (const [name, start] of Object.entries(PAGES)) {
    const files = filesOf(start);
    const keys = registered(files);

    it(`${name}: it registers some, and none means two things`, () => {
      expect(keys.size).toBeGreaterThan(0);
      const twice = [...keys].filter(([, titles]) => titles.size > 1);
      expect(
        twice.filter(([key]) => !APART[name]?.includes(key)).map(([key, t]) => [key, ...t]),
      ).toEqual([]);
      const taken = [...keys.keys()].filter((key) => EVERYWHERE.includes(key));
      expect(taken).toEqual([]);
      // A first key of two does nothing alone.
      const two = [...keys.keys(), ...EVERYWHERE].filter((key) => key.split(" ").length === 2);
      const firsts = two.map((key) => key.split(" ")[0]);
      expect(firsts.filter((key) => keys.has(key))).toEqual([]);
    });

    it(`${name}: a key that a button shows is registered there`, () => {
      const shown = files.flatMap((path) =>
        [...sourceOf(path).matchAll(/keyName(?:=|: )"([^"]+)"/g)].map(([, key]) => key),
      );
      const known = new Set([...keys.keys(), ...EVERYWHERE]);
      expect([...new Set(shown)].filter((key) => !known.has(key))).toEqual([]);
    });

    it(`${name}: every verb has a key`, () => {
      const without = files
        .filter((path) => !DIALOGS.includes(relative(SRC, path)))
        .flatMap((path) => buttonsOf(path).map((text) => `${relative(SRC, path)}: ${text}`))
        .filter((text) => !/\bkeyName=|CopyAs|\{\.\.\.\(keys/.test(text))
        .filter((text) => !TRIVIAL.some((pattern) => pattern.test(text)));
      expect(without).toEqual([]);
    });
  }

  it("every act that a key presses stands somewhere on the page", () => {
    for (const start of Object.values(PAGES)) {
      const files = filesOf(start);
      const all = files.map(sourceOf).join("\n");
      for (const path of files) {
        const text = sourceOf(path);
        // What is under way is stopped where it stands, if the page has any.
        if (path.endsWith("ui/acts.ts")) continue;
        for (const call of text.matchAll(/\bacts\(/g)) {
          const list = callAt(text, call.index + call[0].length - 1);
          for (const [, act] of list.matchAll(/"([^"]+)",?\s*\]/g)) {
            const is = [`act="${act}"`, `act: "${act}"`].some((one) => all.includes(one));
            expect(is, `${relative(SRC, path)}: ${act}`).toBe(true);
          }
        }
      }
    }
  });
});
