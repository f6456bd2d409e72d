import { describe, expect, it } from "vitest";
import { chosenOf, heat, letter, toggled } from "../../src/compare/recurring.ts";
import type { GraphRow } from "../../src/wire.ts";

const row = (id: string, dictionary = "clt"): GraphRow => ({ id, dictionary }) as GraphRow;
const ids = (rows: readonly GraphRow[]): string[] => rows.map(({ id }) => id);

describe("recurring features", () => {
  it("are of the graphs that the address names, once each, of one dictionary", () => {
    const rows = [row("a"), row("b", "plt"), row("c")];
    expect(ids(chosenOf(rows, "c,a,none,c,b"))).toEqual(["c", "a"]);
    expect(ids(chosenOf(rows, "b,a"))).toEqual(["b"]);
    expect(chosenOf(rows, null)).toEqual([]);
  });

  it("keep the order in which graphs were chosen", () => {
    const [a, b] = [row("a"), row("b")];
    expect(toggled([b], a)).toEqual(["b", "a"]);
    expect(toggled([b, a], b)).toEqual(["a"]);
  });

  it("name columns as the command line does", () => {
    expect([0, 25, 26, 51, 52].map(letter)).toEqual(["A", "Z", "AA", "AZ", "BA"]);
  });

  it("tint a cell by its share of the largest, and never by what is no number", () => {
    expect([0, 0.25, 1, 2].map((share) => heat(share, 1))).toEqual(["0%", "50%", "100%", "100%"]);
    expect([heat(0.1, 0), heat(-1, 1)]).toEqual(["0%", "0%"]);
  });
});
