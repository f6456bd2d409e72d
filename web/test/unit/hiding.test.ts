// What filters hide has a count and a way back.

import { describe, expect, it } from "vitest";
import { REASONS, type Reason } from "../../src/graph/visible.ts";
import { apply, type Command } from "../../src/state/commands.ts";
import { DEFAULT_FILTERS, emptyView, type Filters } from "../../src/state/document.ts";
import { BOTH_ENDS, drawnText, type HidingOf, hidings } from "../../src/workspace/hiding.ts";
import { MOST_ASKED, MOST_EDGES, restOf } from "../../src/workspace/rest.ts";

const none = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<Reason, number>;

function of(filters: Partial<Filters>, more: Partial<HidingOf> = {}): HidingOf {
  const view = { ...emptyView(), filters: { ...DEFAULT_FILTERS, ...filters }, hidden: [4] };
  const rest = { collapsed: null, links: null, hazeOfOtherSign: 0, edges: null };
  return { view, gone: none, ...rest, ...more };
}

const texts = (given: HidingOf) => hidings(given).map((one) => one.text);

describe("what is hidden", () => {
  it("is nothing at first", () => {
    expect(hidings(of({}, { edges: { kept: 5, all: 9 } }))).toEqual([]);
  });

  it("is told for each reason, and its way back undoes that filter", () => {
    const set: Record<Reason, Partial<Filters>> = {
      hidden: {},
      pruned: { nodeThreshold: 0.5, edgeThreshold: 0.5 },
      feature: { features: false },
      error: { errors: false },
      token: { tokens: false },
      target: { targets: false },
      layer: { layerFrom: 2 },
      frequency: { maxFrequency: 0.1 },
    };
    for (const reason of REASONS) {
      const given = of(set[reason], { gone: { ...none, [reason]: 1234 } });
      const [one] = hidings(given);
      expect(one.text).toMatch(/^1,234 /);
      if (one.back.do === "both ends")
        throw new Error("a filter of nodes is a part of the document");
      const { view } = apply({ ...emptyView(), ...given.view }, one.back as Command);
      if (reason === "hidden") expect(view.hidden).toEqual([]);
      else if (reason === "pruned") expect(view.filters.nodeThreshold).toBe(1);
      else expect(view.filters).toEqual(DEFAULT_FILTERS);
    }
  });

  it("is not what is collapsed, which is told beside it and expands", () => {
    const collapsed = { layers: 3, positions: 0, nodes: 41 };
    const given = of({}, { collapsed });
    given.view = { ...given.view, collapsed: { layers: [2, 3, 4], positions: [] } };
    const [one] = hidings(given);
    expect(one.text).toBe("3 layers, 41 nodes collapsed");
    const { view } = apply({ ...emptyView(), ...given.view }, one.back as Command);
    expect(view.collapsed).toEqual({ layers: [], positions: [] });
    const both = of({}, { collapsed: { layers: 1, positions: 2, nodes: 1 } });
    expect(texts(both)).toEqual(["1 layer, 2 tokens, 1 node collapsed"]);
    expect(texts(of({}, { collapsed: { layers: 0, positions: 0, nodes: 0 } }))).toEqual([]);
  });

  it("counts edges of the other sign: of the selection, or else of the haze", () => {
    const haze = { hazeOfOtherSign: 70 };
    const links = { all: 9, otherSign: 3, below: 2, drawn: 4 };
    expect(texts(of({ sign: "positive" }, haze))).toEqual(["70 negative edges"]);
    expect(texts(of({ sign: "negative", minShare: 0.01 }, { ...haze, links }))).toEqual([
      "3 positive links",
      "2 links below 1.0 %",
    ]);
  });

  it("counts links of the end that is not drawn, and has a way back to both", () => {
    const links = { all: 1, otherSign: 0, below: 0, drawn: 1 };
    const ends = { drawn: "input", others: 39 } as const;
    const [one] = hidings(of({}, { links, ends }));
    expect(one).toMatchObject({ text: "39 output links", back: BOTH_ENDS });
    expect(drawnText(links, ends)).toBe("1 of 40 links, inputs only");
    expect(texts(of({}, { ends: { drawn: "output", others: 1 } }))).toEqual(["1 input link"]);
    expect(texts(of({}, { ends: { drawn: "both", others: 0 } }))).toEqual([]);
    expect(drawnText(links, { drawn: "both", others: 0 })).toBe("1 of 1 links");
  });

  it("counts pruned edges where their share is not the usual one", () => {
    const edges = { kept: 20, all: 1020 };
    expect(texts(of({ edgeThreshold: 0.6 }, { edges }))).toEqual(["1,000 edges pruned"]);
    expect(texts(of({ edgeThreshold: 1 }, { edges }))).toEqual([]);
    expect(texts(of({ edgeThreshold: 0.6 }))).toEqual([]);
  });
});

describe("edges that are not here", () => {
  const rest = { nEdges: MOST_EDGES + 1, nSelected: 2, whyNot: null, whyNotAll: null };

  it("are on their way, or did not come and can be asked for again", () => {
    expect(restOf(rest)).toEqual([expect.stringContaining("being fetched"), false]);
    expect(restOf({ ...rest, whyNot: "it is full" })).toEqual([
      expect.stringContaining("not fetched: it is full."),
      true,
    ]);
  });

  it("of too many nodes are not asked for, unless all of the graph's come", () => {
    const many = { ...rest, nSelected: MOST_ASKED + 1 };
    expect(restOf(many)).toEqual([expect.stringContaining("64 selected nodes"), false]);
    const small = { ...many, nEdges: MOST_EDGES };
    expect(restOf(small)[0]).toContain("being fetched");
    expect(restOf({ ...small, whyNotAll: "it is full" })[1]).toBe(true);
    // Those of the selection before say nothing of these.
    expect(restOf({ ...small, whyNot: "it is full" })[1]).toBe(false);
  });
});
