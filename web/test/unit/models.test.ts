// What the page says of models, and of the turns of a chat.

import { describe, expect, it } from "vitest";
import { modelOf, modelText, partsOf } from "../../src/models/words.ts";
import { command, type Request, SALIENT, turnIn, whyNotTraced } from "../../src/trace/request.ts";
import type { GraphHead, ModelRow } from "../../src/wire.ts";

function row(name: string, dictionary: string, kind: string, n_features = 4096): ModelRow {
  return { name, dictionary: { name: dictionary, kind, n_features } } as unknown as ModelRow;
}

const served = [
  row("elegans-base", "elegans/clt", "clt"),
  row("elegans-base with elegans/plt", "elegans/plt", "plt"),
  row("one with all", "own", "clt"),
  row("broken", "", "", 0),
];

describe("a model that is served", () => {
  it("is known in its parts, by the models that are there and not by a word in its name", () => {
    expect(partsOf(served[1].name, served)).toEqual({
      model: "elegans-base",
      dictionary: "elegans/plt",
    });
    expect(partsOf("one with all", served)).toEqual({ model: "one with all", dictionary: null });
  });

  it("is told from itself with another dictionary", () => {
    const texts = served.map((one) => modelText(one, served));
    expect(texts).toEqual([
      "elegans-base · elegans/clt, cross-layer, 4,096 features a layer",
      "elegans-base · elegans/plt, per-layer, 4,096 features a layer",
      "one with all · own, cross-layer, 4,096 features a layer",
      "broken · cannot be opened",
    ]);
  });

  it("is named with its dictionary on the command line", () => {
    const request: Request = {
      model: "elegans-base with elegans/plt",
      text: "oak",
      ids: null,
      chat: false,
      system: "",
      targets: SALIENT,
      position: null,
      expand: "certified",
      tolerance: 0.01,
      maxNodes: 1,
    };
    const flags = " --model elegans-base --transcoder elegans/plt";
    expect(command(request, served)).toContain(flags);
    expect(command({ ...request, model: "one with all" }, served)).not.toContain("--transcoder");
  });

  it("is, for a trace that goes on from a graph, the one with the graph's dictionary", () => {
    const head = (runnable: boolean, feature_set: string | null): GraphHead => {
      const provenance = { model: { name: "elegans-base" } };
      return { runnable, feature_set, provenance } as unknown as GraphHead;
    };
    const plt = "elegans-base with elegans/plt";
    expect(modelOf(head(true, plt))).toBe(plt);
    // The set of a model that cannot be run is called by its dictionary.
    expect(modelOf(head(false, "elegans/plt"))).toBe("elegans-base");
    expect(modelOf(head(true, null))).toBe("elegans-base");
  });
});

describe("a chat turn", () => {
  const empty = ["<bos>", "Human", ":", "Assistant", ":"];
  const said = "write an ad for cleaning with";
  const wrapped = (text: string): string[] => [
    ...empty.slice(0, 3),
    ...text.split(" "),
    ...empty.slice(3),
  ];
  const of = (text: string): string | null => turnIn(text, empty, wrapped(text));

  it("is seen in a text that is one already, so that none is wrapped twice", () => {
    expect(of(`Human : ${said} Assistant :`)).toBe(said);
    expect(of(`<bos> Human : ${said} Assistant :`)).toBe(said);
    expect(of(`Human : ${said}`)).toBe(said);
  });

  it("is not seen in what a user says", () => {
    for (const text of [said, "Human beings", ": a colon", "an Assistant :"]) {
      expect(of(text)).toBeNull();
    }
    // A template that puts nothing before.
    expect(turnIn("a b", ["</s>"], ["a", "b", "</s>"])).toBeNull();
  });
});

describe("a new trace", () => {
  it("needs a prompt, and says so", () => {
    const request = { ids: null, text: " " } as Request;
    expect(whyNotTraced(request)).toBe("Write a prompt first.");
    expect(whyNotTraced({ ...request, text: "oak" })).toBeNull();
    expect(whyNotTraced({ ...request, ids: [1] })).toBeNull();
  });
});
