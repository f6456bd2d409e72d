// Views by name: what is saved before one goes, where the address goes, and the way back.

import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SaveState } from "../../src/state/saver.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
const location = { pathname: "/g/oak", search: "", hash: "", origin: "http://x" };
vi.stubGlobal("location", location);
vi.stubGlobal("window", { setTimeout: () => 0 });
vi.stubGlobal("history", {
  replaceState: (_state: unknown, _title: string, url: string) => {
    const { pathname, search, hash } = new URL(url, "http://x");
    Object.assign(location, { pathname, search, hash });
  },
});

/** What was asked of the server and of the queue of saves, in order. */
let asked: string[] = [];
let refuses = false;
vi.stubGlobal("fetch", async (path: string, { method = "GET", body }: RequestInit) => {
  asked.push([method, path, body].filter(Boolean).join(" "));
  if (refuses) {
    const error = { what: "the graph has a view `elm` already", hint: null, status: 400 };
    return Response.json({ error }, { status: 400 });
  }
  return method === "DELETE" ? Response.json({ trash: "view-oak_a_000001" }) : new Response(null);
});
const { go, match, place } = await import("../../src/ui/router.ts");
const { lastUndo } = await import("../../src/ui/toast.tsx");
const { dropView, renameView } = await import("../../src/workspace/renaming.ts");
const { changed, viewName } = await import("../../src/workspace/views.ts");

const state = signal<SaveState>({ is: "saved", at: null });
const saver = {
  state,
  flush: async () => {
    asked.push("save");
  },
};
const view = (name: string) => ({ graph: "oak", name, saver });
const shown = (): string => `${place.value.path}?${place.value.query}`;

beforeEach(() => {
  asked = [];
  refuses = false;
  state.value = { is: "saved", at: null };
  go("/g/oak?view=a&run=3", "replace");
});

describe("a view's name", () => {
  it("is made of what addresses can have", () => {
    expect(["Two Hop!", "a_b", "--a--", "größe", "  ", "x".repeat(70)].map(viewName)).toEqual([
      "two-hop",
      "a-b",
      "a",
      "gr-e",
      "",
      "x".repeat(64),
    ]);
  });

  it("changes after what waits was saved, the address goes along, and it is taken back", async () => {
    const before = changed.peek();
    await renameView(view("a"), "Elm");
    const path = "PATCH /api/graphs/oak/views/";
    expect(asked).toEqual(["save", `${path}a {"name":"elm"}`]);
    expect(shown()).toBe("/g/oak?view=elm&run=3");
    lastUndo()?.();
    await vi.waitFor(() => expect(changed.peek()).toBe(before + 2));
    expect(asked.at(-1)).toBe(`${path}elm {"name":"a"}`);
    expect(shown()).toBe("/g/oak?view=a&run=3");
  });

  it("of another view leaves the address, and the one that is shown need not be saved", async () => {
    await renameView(view("b"), "elm");
    expect(asked).toEqual(['PATCH /api/graphs/oak/views/b {"name":"elm"}']);
    expect(shown()).toBe("/g/oak?view=a&run=3");
  });

  it("stays where nothing is meant, where it is taken, and while the view is not saved", async () => {
    await renameView(view("a"), "  ");
    await renameView(view("a"), "A");
    expect(asked).toEqual([]);
    refuses = true;
    await renameView(view("a"), "elm");
    expect(shown()).toBe("/g/oak?view=a&run=3");
    [asked, refuses] = [[], false];
    state.value = { is: "failed", why: "the disk is full" };
    await renameView(view("a"), "elm");
    await dropView(view("a"));
    expect(asked).toEqual(["save", "save"]);
  });
});

describe("a deleted view", () => {
  it("leaves the page at the graph's own view, and comes back to it", async () => {
    const before = changed.peek();
    await dropView(view("a"));
    expect(asked).toEqual(["save", "DELETE /api/graphs/oak/views/a"]);
    expect(shown()).toBe("/g/oak?run=3");
    lastUndo()?.();
    await vi.waitFor(() => expect(changed.peek()).toBe(before + 2));
    expect(asked.at(-1)).toBe("POST /api/trash/view-oak_a_000001");
    expect(shown()).toBe("/g/oak?run=3&view=a");
  });

  it("that was not shown comes back without a step of the page", async () => {
    go("/g/oak", "replace");
    await dropView(view("b"));
    lastUndo()?.();
    await vi.waitFor(() => expect(asked.at(-1)).toContain("POST /api/trash/"));
    expect(shown()).toBe("/g/oak?");
  });

  it("does not call a page back that went elsewhere", async () => {
    await dropView(view("a"));
    go("/g/elm", "replace");
    const before = changed.peek();
    lastUndo()?.();
    await vi.waitFor(() => expect(changed.peek()).toBe(before + 1));
    expect(shown()).toBe("/g/elm?");
  });
});

describe("an address", () => {
  it("that cannot be read is of no page", () => {
    expect(match("/g/:id", "/g/a%20oak")).toEqual({ id: "a oak" });
    expect(match("/g/:id", "/g/100%")).toBeNull();
    expect(match("/g/:id", "/g/oak/figure")).toBeNull();
  });
});
