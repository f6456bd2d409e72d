// A list of features: what is asked of it, which rows are drawn, and which are asked for.

import { describe, expect, it, vi } from "vitest";
import {
  ANY,
  type Asked,
  COLUMNS,
  countText,
  directionOf,
  filtersOf,
  meantBy,
  nextSort,
  percentOfShare,
  readAsked,
  readNumber,
  shareOfPercent,
  writeEnds,
} from "../../src/feature/asked.ts";
import { PART, Pages } from "../../src/feature/pages.ts";
import { drawnRows, ROW } from "../../src/ui/rows.ts";

const read = (address: string): Asked => readAsked(new URLSearchParams(address), 4);

describe("what is asked of a list", () => {
  it("stands in the address, and what cannot be there is not asked", () => {
    expect(read("")).toEqual(ANY);
    const asked = read(
      "label=oak&layer=3&named=hand&frequency=0.001..0.02&max=2..&sort=rarest&set=two-hop",
    );
    expect(asked).toEqual({
      label: "oak",
      layer: 3,
      named: "hand",
      frequency: { from: 0.001, to: 0.02 },
      max: { from: 2, to: null },
      sort: "rarest",
    });
    expect(writeEnds(asked.frequency)).toBe("0.001..0.02");
    expect([writeEnds(asked.max), writeEnds(ANY.max)]).toEqual(["2..", null]);
    expect(read("layer=4&named=me&frequency=x..-1&max=&sort=best")).toEqual(ANY);
    expect(read("layer=1.5").layer).toBeNull();
  });

  it("is told to the server as it is, and a name without its spaces", () => {
    expect(meantBy({ ...ANY, label: "  " }).label).toBeNull();
    expect(meantBy(read("label=%20oak&frequency=..0.5"))).toEqual({
      label: "oak",
      layer: null,
      named: "any",
      frequency_from: null,
      frequency_to: 0.5,
      max_from: null,
      max_to: null,
    });
  });

  it("is said in words, a chip for each part of the address", () => {
    expect(filtersOf(ANY)).toEqual([]);
    const all = filtersOf(read("label=oak&layer=0&named=nobody&frequency=..0.02&max=2..9"));
    expect(all.map(({ key, text }) => `${key}: ${text}`)).toEqual([
      "label: name holds “oak”",
      "layer: layer 0",
      "named: without a name",
      "frequency: fires on at most 2.0 % of tokens",
      "max: largest activation 2 to 9",
    ]);
    expect(filtersOf(read("named=program&frequency=0.5..")).map(({ text }) => text)).toEqual([
      "name automatic",
      "fires on at least 50 % of tokens",
    ]);
  });

  it("is counted with what it is a part of", () => {
    expect(countText(ANY, 1234, 1234)).toBe("1,234 features that fired");
    expect(countText(read("layer=1"), 12, 1234)).toBe("12 of 1,234 features that fired");
    // Names are given to features that never fired, too.
    expect(countText(read("named=hand"), 1, 0)).toBe("1 feature, fired or not; 0 fired in all");
    expect(countText(read("named=nobody"), 7, 9)).toBe("7 of 9 features that fired");
  });

  it("has numbers as they were typed", () => {
    expect(["3", " 0,5 ", "1e-4", "", "x", "-1", "Infinity"].map(readNumber)).toEqual([
      3,
      0.5,
      1e-4,
      null,
      null,
      null,
      null,
    ]);
    for (const text of ["0.3", "0.07", "12.5", "100", "0.0001"]) {
      expect(percentOfShare(shareOfPercent(Number(text)))).toBe(text);
    }
    expect([shareOfPercent(null), percentOfShare(null)]).toEqual([null, ""]);
  });

  it("is sorted by the heads of its columns, one way and the other", () => {
    const [feature, , frequency] = COLUMNS;
    expect(nextSort(frequency, "index")).toBe("frequency");
    expect(nextSort(frequency, "frequency")).toBe("rarest");
    expect(nextSort(frequency, "rarest")).toBe("frequency");
    expect(directionOf(frequency, "frequency")).toBe("descending");
    expect(directionOf(frequency, "rarest")).toBe("ascending");
    expect(directionOf(frequency, "max")).toBe("none");
    expect([directionOf(feature, "index"), directionOf(feature, "last")]).toEqual([
      "ascending",
      "descending",
    ]);
  });
});

describe("rows of a long list", () => {
  const HEIGHT = 20 * ROW;

  it("are drawn where they are in sight, and the rest is space of the same height", () => {
    expect(drawnRows(0, HEIGHT, 5)).toEqual({ from: 0, to: 5, above: 0, below: 0 });
    for (const total of [40, 5000, 100_000]) {
      for (const top of [0, 13, 999, total * ROW - HEIGHT]) {
        const { from, to, above, below } = drawnRows(top, HEIGHT, total);
        expect(above + below + (to - from) * ROW).toBe(total * ROW);
        expect(above).toBe(from * ROW);
        expect(from * ROW).toBeLessThanOrEqual(top);
        expect(to).toBe(Math.min(total, to));
        expect(to * ROW).toBeGreaterThanOrEqual(Math.min(total * ROW, top + HEIGHT));
        expect(to - from).toBeLessThan(60);
      }
    }
  });

  it("are all reached where they are too many for one element's height", () => {
    const total = 2_000_000;
    const { above, below, to, from } = drawnRows(0, HEIGHT, total);
    expect([from, above]).toEqual([0, 0]);
    const whole = below + (to - from) * ROW;
    expect(whole).toBe(8_000_000);
    const end = drawnRows(whole - HEIGHT, HEIGHT, total);
    expect([end.to, end.below]).toEqual([total, 0]);
    let before = -1;
    for (let top = 0; top <= whole - HEIGHT; top += 100_000) {
      const drawn = drawnRows(top, HEIGHT, total);
      expect(drawn.above).toBeLessThanOrEqual(top);
      expect(drawn.above + (drawn.to - drawn.from) * ROW).toBeGreaterThanOrEqual(top + HEIGHT);
      expect(drawn.from).toBeGreaterThan(before);
      before = drawn.from === 0 ? -1 : drawn.from;
    }
  });

  it("of a list that became shorter are its last", () => {
    expect(drawnRows(9999, HEIGHT, 3)).toEqual({ from: 0, to: 3, above: 0, below: 0 });
    expect(drawnRows(0, HEIGHT, 0)).toEqual({ from: 0, to: 0, above: 0, below: 0 });
  });
});

describe("parts of a list", () => {
  const served = (total: number) =>
    vi.fn(async (offset: number, limit: number, _: AbortSignal) => ({
      total,
      rows: Array.from({ length: Math.min(limit, total - offset) }, (_, nth) => offset + nth),
    }));
  const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

  it("are asked for once, when they come into sight", async () => {
    const ask = served(950);
    const pages = new Pages<number>(ask);
    pages.need(0, 30);
    expect(pages.total.value).toBeNull();
    await settled();
    expect([pages.total.value, pages.row(7), pages.row(PART)]).toEqual([950, 7, undefined]);
    pages.need(90, 210);
    pages.need(95, 210);
    await settled();
    expect(ask.mock.calls.map(([offset]) => offset)).toEqual([0, 100, 200]);
    expect([pages.row(209), pages.round.value]).toEqual([209, 3]);
    pages.need(900, 950);
    await settled();
    expect([pages.row(949), pages.row(950)]).toEqual([949, undefined]);
  });

  it("that were passed before they came are not waited for", async () => {
    const aborted: number[] = [];
    const pages = new Pages<number>(
      (offset, _, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted.push(offset);
            reject(new Error("aborted"));
          });
        }),
    );
    pages.need(0, 10);
    pages.need(5000, 5010);
    await settled();
    expect([aborted, pages.failed.value]).toEqual([[0], null]);
    pages.close();
    expect(aborted).toEqual([0, 5000]);
  });

  it("that failed are asked for once more where they are wanted", async () => {
    const ask = served(500);
    ask.mockRejectedValueOnce(new Error("gone"));
    const pages = new Pages<number>(ask);
    pages.need(210, 220);
    await settled();
    expect(pages.failed.value).toEqual(new Error("gone"));
    pages.again();
    await settled();
    expect([pages.failed.value, pages.row(215)]).toEqual([null, 215]);
  });
});
