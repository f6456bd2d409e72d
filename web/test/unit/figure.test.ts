// The command that draws the studio's figure.

import { describe, expect, it } from "vitest";
import { figureCommand } from "../../src/figure/command.ts";
import type { FigureAsk } from "../../src/wire.ts";

const ask: FigureAsk = {
  graph: "oak-1",
  view: "main",
  groups: null,
  pins: [],
  runs: [12],
  options: {
    title: "it's $(here)",
    baseline: false,
    n_outputs: 4,
    percentages: true,
    prompt: true,
    footer: true,
    automatic_names: true,
    tints: true,
    min_share: 0,
    layout: "placed",
    theme: "reader",
    width_mm: null,
    scale: 3,
  },
  format: "svg",
};

describe("the command of a figure", () => {
  it("names the view, its runs and every option that is not the usual one", () => {
    expect(figureCommand(ask, null)).toBe(
      "connectome figure graphs/oak-1/graph.connectome --view main --layout placed " +
        "--run graphs/oak-1/runs/000012.json '--title=it'\\''s $(here)' --outputs 4 --no-baseline " +
        "--output figure.svg",
    );
    expect(figureCommand({ ...ask, format: "png" }, null)).toContain(
      "--scale 3 --output figure.png",
    );
  });

  it("names colours and a width on paper", () => {
    const options = { ...ask.options, theme: "dark" as const, width_mm: 85 };
    expect(figureCommand({ ...ask, options }, null)).toContain(
      "--no-baseline --theme dark --width 85 --output figure.svg",
    );
  });

  it("names the least share of an edge", () => {
    const options = { ...ask.options, min_share: 0.07 };
    expect(figureCommand({ ...ask, options }, null)).toContain("--min-share 0.07 --output");
  });

  it("leaves out tints", () => {
    const options = { ...ask.options, tints: false };
    expect(figureCommand({ ...ask, options }, null)).toContain("--no-tints --output");
  });

  it("names the index that names features", () => {
    expect(figureCommand(ask, "/my/clt.features")).toContain(
      "--features /my/clt.features '--title",
    );
    const options = { ...ask.options, automatic_names: false };
    expect(figureCommand({ ...ask, options }, "/my/clt.features")).toContain(
      "--features /my/clt.features --no-automatic-names",
    );
    expect(figureCommand({ ...ask, options }, null)).not.toContain("names");
  });
});
