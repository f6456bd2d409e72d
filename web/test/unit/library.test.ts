import { describe, expect, it, vi } from "vitest";
import {
  addressOf,
  filters,
  findGraphs,
  makersOf,
  readWanted,
  type Sort,
  tagsOf,
  toggledTag,
  unfiltered,
} from "../../src/library/find.ts";
import type { GraphRow, TrashRow } from "../../src/wire.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const media = { matches: false, addEventListener: () => undefined };
vi.stubGlobal("matchMedia", () => media);
const { kindText } = await import("../../src/library/Trash.tsx");
const { testedTitle } = await import("../../src/library/Row.tsx");

describe("the tests of a circuit", () => {
  it("are said with the test that they are of, and how many edges they are", () => {
    const title = testedTitle({ run: 4, supported: 8, weak: 0, contradicted: 1 });
    expect(title).toContain("9 edges by test #4");
  });
});

describe("a deleted thing", () => {
  const row = (kind: string, name: string): TrashRow =>
    ({ kind, name, title: "", deleted: 0, kept_days: 30 }) as unknown as TrashRow;

  it("is called what it is, a test or a view with its graph", () => {
    expect(kindText(row("graph", "graph-two-hop-3"))).toBe("graph");
    expect(kindText(row("probe", "probe-000002"))).toBe("probe");
    expect(kindText(row("run", "run-two-hop-3-000012"))).toBe("test 12 of the graph two-hop-3");
    expect(kindText(row("view", "view-run-3_my-view-1_000002"))).toBe("view of the graph run-3");
  });
});

describe("graphs of the library", () => {
  const graph = (id: string, to: Partial<GraphRow>): GraphRow => ({
    ...({
      title: "",
      tokens: ["x"],
      target: "",
      model: "",
      dictionary: "",
      tags: [],
    } as unknown as GraphRow),
    id,
    ...to,
  });
  const replacement = (value: number) =>
    ({ scores: { replacement: { value } } }) as Pick<GraphRow, "scores">;
  const rows = [
    graph("c", { created: 3, n_nodes: 7, tokens: ["the", " oak"], ...replacement(0.2) }),
    graph("b", {
      created: 2,
      n_nodes: 9,
      tokens: [" an", " elm"],
      tags: ["two hop", "kept"],
      target: " Austin",
      ...replacement(0.9),
    }),
    graph("a", { created: 1, n_nodes: 7, title: "Oaks", tags: ["kept"], ...replacement(0.5) }),
  ];
  const found = (query: string): string =>
    findGraphs(rows, readWanted(new URLSearchParams(query)))
      .map(({ id }) => id)
      .join("");

  it("are found by words, all of which must be there, and by tags", () => {
    expect(found("")).toBe("cba");
    expect(found("q=OAK")).toBe("ca");
    expect(found("q=the+oak+")).toBe("c");
    expect(found("q=austin+kept")).toBe("b");
    expect(found("tag=kept")).toBe("ba");
    expect(found("tag=kept&tag=two+hop")).toBe("b");
    expect(found("tag=kep")).toBe("");
  });

  it("come in the order that is asked for, equals the newest first", () => {
    const orders: [Sort, string][] = [
      ["newest", "cba"],
      ["prompt", "bca"],
      ["replacement", "bac"],
      ["nodes", "bca"],
    ];
    for (const [sort, ids] of orders) expect(found(`sort=${sort}`), sort).toBe(ids);
    expect(found("sort=anything")).toBe("cba");
  });

  it("are asked for by an address, which says it all", () => {
    const wanted = {
      text: "an elm & oak",
      sort: "nodes" as const,
      tags: ["two hop", "a,b"],
      model: "gpt2 & co",
      dictionary: "",
    };
    expect(readWanted(new URL(addressOf(wanted), "http://a").searchParams)).toEqual(wanted);
    const all = readWanted(new URLSearchParams());
    expect(addressOf(all)).toBe("/");
    const some = [wanted, { ...all, tags: ["kept"] }, { ...all, model: "" }];
    expect([all, ...some].map(filters)).toEqual([false, true, true, true]);
    expect(unfiltered(wanted)).toEqual({ ...all, sort: "nodes" });
  });

  it("are found by model and dictionary, with what each choice would show", () => {
    const made = [
      graph("1", { model: "m", dictionary: "clt" }),
      graph("2", { model: "m", dictionary: "plt" }),
      graph("3", { model: "other", dictionary: "clt" }),
      graph("4", { model: "" }),
    ];
    const all = readWanted(new URLSearchParams());
    const ids = (to: Partial<typeof all>): string =>
      findGraphs(made, { ...all, ...to })
        .map(({ id }) => id)
        .join("");
    expect(ids({ model: "m" })).toBe("12");
    expect(ids({ model: "m", dictionary: "clt" })).toBe("1");
    expect(ids({ model: "" })).toBe("4");
    expect(makersOf(made, all, "model")).toEqual([
      { name: "m", nGraphs: 2 },
      { name: "", nGraphs: 1 },
      { name: "other", nGraphs: 1 },
    ]);
    // Of those that the other filters leave; what is chosen and not there can be taken off.
    expect(makersOf(made, { ...all, dictionary: "plt", model: "gone" }, "model")).toEqual([
      { name: "m", nGraphs: 1 },
      { name: "", nGraphs: 0 },
      { name: "gone", nGraphs: 0 },
      { name: "other", nGraphs: 0 },
    ]);
  });

  it("have tags, which toggle; one that no graph has any more can still be taken off", () => {
    const all = readWanted(new URLSearchParams());
    const kept = toggledTag(all, "kept");
    expect(toggledTag(kept, "kept")).toEqual(all);
    expect(tagsOf(rows, toggledTag(kept, "gone"))).toEqual([
      { tag: "kept", nGraphs: 2 },
      { tag: "two hop", nGraphs: 1 },
      { tag: "gone", nGraphs: 0 },
    ]);
  });
});
