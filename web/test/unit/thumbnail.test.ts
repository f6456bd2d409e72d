import { describe, expect, it, vi } from "vitest";
import { KIND, readPack } from "../../src/graph/pack.ts";
import { rgb } from "../../src/graph/pixels.ts";
import { Few } from "../../src/library/few.ts";
import { drawnOf, paintThumbnail, wordsOf } from "../../src/library/thumbnail.ts";
import { generate } from "../support/generate.ts";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { layout, nextLayout, readLayout } = await import("../../src/library/shown.ts");

const size = { nNodes: 2000, nEdges: 4000, nLayers: 6, nPos: 10, seed: 3 };
const pack = readPack(generate(size).pack(400));
const drawn = drawnOf(pack);

describe("the picture of a graph", () => {
  it("has the nodes of most influence, and all tokens and outputs", () => {
    const kinds = [...drawn.nodes].map((node) => pack.kind[node]);
    const inner = [...drawn.nodes].filter((node) => pack.kind[node] <= KIND.error);
    expect(inner.length).toBeLessThanOrEqual(300);
    expect(kinds.filter((kind) => kind === KIND.token).length).toBe(size.nPos);
    const least = Math.min(...inner.map((node) => pack.influence[node]));
    const left = [...pack.influence.keys()].filter(
      (node) => pack.kind[node] <= KIND.error && !inner.includes(node),
    );
    expect(left.every((node) => pack.influence[node] <= least)).toBe(true);
    expect(wordsOf(drawn)).toContain(`the ${drawn.nodes.length} of 2,000 nodes`);
    expect(wordsOf({ ...drawn, nAll: drawn.nodes.length })).toContain("all ");
  });

  it("is within its margins at any size, in the theme's colours", () => {
    const paper = rgb(1, 2, 3);
    const ink = {
      paper,
      ink: rgb(200, 0, 0),
      glyph: rgb(0, 200, 0),
      line: rgb(0, 0, 200),
      haze: rgb(90, 90, 90),
    };
    for (const [width, height, ratio] of [
      [240, 150, 1],
      [60, 300, 1],
      [480, 300, 2],
    ]) {
      const pixels = { width, height, words: new Uint32Array(width * height) };
      paintThumbnail(pixels, pack, drawn, ink, ratio);
      const painted = [...pixels.words.keys()].filter((at) => pixels.words[at] !== paper);
      expect(painted.length).toBeGreaterThan(100);
      expect(painted.every((at) => at % width >= 2 && at % width < width - 2)).toBe(true);
      expect(painted.every((at) => at >= 2 * width && at < (height - 2) * width)).toBe(true);
    }
  });
});

describe("work a few at a time", () => {
  it("waits for its turn, and is not begun when it is not wanted any more", async () => {
    const few = new Few(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const aborts = [0, 1, 2, 3].map(() => new AbortController());
    const all = aborts.map(({ signal }, at) =>
      few.run(() => {
        begun.push(at);
        return new Promise<number>((resolve) => ends.push(() => resolve(at)));
      }, signal),
    );
    expect(begun).toEqual([0, 1]);
    aborts[2].abort();
    await expect(all[2]).rejects.toThrow("not wanted any more");
    ends[0]();
    expect(await all[0]).toBe(0);
    await vi.waitFor(() => expect(begun).toEqual([0, 1, 3]));
  });

  it("goes on after a failure", async () => {
    const few = new Few(1);
    const { signal } = new AbortController();
    const bad = few.run(() => Promise.reject(new Error("no")), signal);
    const good = few.run(() => Promise.resolve(7), signal);
    await expect(bad).rejects.toThrow("no");
    expect(await good).toBe(7);
  });
});

describe("how the library is shown", () => {
  it("is a list at first, and what was chosen last", () => {
    expect([readLayout(null), readLayout("thumbnails"), readLayout("x")]).toEqual([
      "list",
      "thumbnails",
      "list",
    ]);
    nextLayout();
    expect(layout.value).toBe("thumbnails");
    nextLayout();
    expect(layout.value).toBe("list");
  });
});
