// Grids as numbers: dense from what the server sends, cells under a pointer, and words for both.
// What a grid is a function of is the server's to say.

import { count, percent, raw } from "../ui/numbers.ts";
import type { Probe, ProbedFeature, ProbeGrid } from "../wire.ts";

/** Activations on all pairs of values: `nA` of the first slot, `nB` of the second. */
export interface Grid {
  nA: number;
  nB: number;
  /** By place of the first value, then of the second; 0 where it does not fire. */
  cells: Float32Array;
  /** Largest size; 0 if it fires nowhere. */
  most: number;
}

/** A pair of values, by their places. */
export interface Cell {
  a: number;
  b: number;
}

export function denseGrid(sent: ProbeGrid, nA: number, nB: number): Grid {
  const cells = new Float32Array(nA * nB);
  let most = 0;
  sent.cells.forEach((cell, at) => {
    if (cell >= cells.length) return;
    cells[cell] = sent.activations[at];
    most = Math.max(most, Math.abs(sent.activations[at]));
  });
  return { nA, nB, cells, most };
}

/**
 * Pixels of a plot, one a cell: the first value to the right, the second up. `rgb` is the colour
 * of the largest activation; strength is opacity, and what is below zero is drawn in `under`.
 */
export function pixels(
  grid: Grid,
  rgb: readonly [number, number, number],
  under: readonly [number, number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const { nA, nB, cells, most } = grid;
  const data = new Uint8ClampedArray(nA * nB * 4);
  if (most === 0) return data;
  for (let a = 0; a < nA; a++) {
    for (let b = 0; b < nB; b++) {
      const value = cells[a * nB + b];
      if (value === 0) continue;
      const at = 4 * ((nB - 1 - b) * nA + a);
      const colour = value > 0 ? rgb : under;
      data[at] = colour[0];
      data[at + 1] = colour[1];
      data[at + 2] = colour[2];
      // What fires at all is seen: 30 of 255 at least.
      data[at + 3] = 30 + 225 * Math.min(1, Math.abs(value) / most);
    }
  }
  return data;
}

/** The cell at a place of a plot, in shares of its width and height from the top left. */
export function cellAt(grid: Grid, x: number, y: number): Cell | null {
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return null;
  return { a: Math.floor(x * grid.nA), b: grid.nB - 1 - Math.floor(y * grid.nB) };
}

/** The neighbour of a cell, within the grid. */
export function moved(grid: Grid, cell: Cell, da: number, db: number): Cell {
  const within = (value: number, n: number): number => Math.max(0, Math.min(n - 1, value));
  return { a: within(cell.a + da, grid.nA), b: within(cell.b + db, grid.nB) };
}

/** The strongest cells, of equals the first. */
export function strongestCells(grid: Grid, n: number): (Cell & { value: number })[] {
  const order = Array.from(grid.cells.keys()).filter((at) => grid.cells[at] !== 0);
  order.sort((x, y) => Math.abs(grid.cells[y]) - Math.abs(grid.cells[x]) || x - y);
  return order.slice(0, n).map((at) => ({
    a: Math.floor(at / grid.nB),
    b: at % grid.nB,
    value: grid.cells[at],
  }));
}

/** Which of a few values stand at an axis: the first, the last, and two between. */
export function ticks(n: number): number[] {
  const places = [0, Math.round((n - 1) / 3), Math.round((2 * (n - 1)) / 3), n - 1];
  return [...new Set(places)];
}

/** A template with values in its slots; `{{` and `}}` are braces. */
export function filled(template: string, first: string, second: string): string {
  const values = [first, second];
  let slot = 0;
  return template.replace(/\{\{|\}\}|\{[^{}]*\}/g, (found) => {
    if (found === "{{") return "{";
    if (found === "}}") return "}";
    return values[slot++] ?? found;
  });
}

/**
 * A probe whose words name the values themselves. Of values that are no numbers the server says
 * which they are in their slot: `first value no. 3 to 5`.
 */
export function withValues(probe: Probe): Probe {
  const features = probe.features.map((one) => ({
    ...one,
    words: valued(one.words, probe.values),
  }));
  return { ...probe, features };
}

function valued(words: string, [first, second]: readonly (readonly string[])[]): string {
  return words.replace(
    /\b(first|second) value no\. (\d+ values from )?(\d+(?:(?:, | to )\d+)*)/g,
    (_, slot: string, few: string | undefined, places: string) => {
      const values = slot === "first" ? first : second;
      const said = places.replace(/\d+/g, (at) => `“${values[Number(at)] ?? at}”`);
      return `${slot} ${few ?? ""}${said}`;
    },
  );
}

/** What a feature's grid is, in one sentence. */
export function sentenceOf(feature: ProbedFeature, nCells: number): string {
  const { class: name, words, explained, symmetry, n_cells, largest } = feature;
  const fires = `fires on ${count(n_cells)} of ${count(nCells)} cells`;
  if (n_cells === 0) return "fires on no cell";
  const says =
    name === "constant" || name === "other"
      ? `${name}: ${words}`
      : `${name}: ${words}, which explains ${percent(Math.max(0, explained))}`;
  const mirror = symmetry === null ? "" : `, symmetry ${raw(symmetry)}`;
  return `${says}${mirror}; ${fires}, at most ${raw(largest)}`;
}

export type Order = "class" | "largest" | "cells" | "explained";

/** The features of a class (all if null) whose name or number holds a text, in an order. */
export function chosen(
  features: readonly ProbedFeature[],
  by: { kind: string | null; text: string; order: Order },
): ProbedFeature[] {
  const text = by.text.trim().toLowerCase();
  const holds = (one: ProbedFeature): boolean =>
    text === "" ||
    `l${one.layer}/${one.index}`.includes(text) ||
    (one.label ?? "").toLowerCase().includes(text) ||
    one.words.toLowerCase().includes(text);
  const key = {
    largest: (one: ProbedFeature) => -one.largest,
    cells: (one: ProbedFeature) => -one.n_cells,
    explained: (one: ProbedFeature) => -one.explained,
    class: (one: ProbedFeature) => -one.explained,
  }[by.order];
  return features
    .filter((one) => (by.kind === null || one.class === by.kind) && holds(one))
    .sort((x, y) => {
      const first = by.order === "class" ? x.class.localeCompare(y.class) : 0;
      return first || key(x) - key(y) || x.layer - y.layer || x.index - y.index;
    });
}
