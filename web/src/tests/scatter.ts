// Cells of a validation as points: predicted across, measured up, on one scale for both.

import { percent } from "../ui/numbers.ts";
import type { MatrixCell, ValidateRun, VerdictName } from "../wire.ts";

export interface Point {
  /** What was changed, and what was measured. */
  source: string;
  target: string;
  /** Changes as shares of the original. */
  predicted: number;
  measured: number;
  control: number | null;
  verdict: VerdictName;
}

/**
 * Cells of one dose, from the least predicted to the most, as keys step through them. Rows and
 * columns are called what the matrix calls them.
 */
export function pointsOf(
  run: Pick<ValidateRun, "cells" | "columns">,
  dose: number,
  rows: readonly string[],
  nameOf: (column: string) => string,
): Point[] {
  const point = ({ case: row, column, predicted, measured, control, verdict }: MatrixCell) => {
    const [source, target] = [rows[row], nameOf(run.columns[column])];
    return { source, target, predicted, measured, control, verdict };
  };
  return run.cells
    .filter((cell) => cell.dose === dose)
    .map(point)
    .sort((a, b) => a.predicted - b.predicted || a.measured - b.measured);
}

/** Room at either end, as a share: a point at the edge of the chart would be half of one. */
const ROOM = 0.05;

/** One range for both axes, with 0 in it: else the line of equal values would be no diagonal. */
export function rangeOf(points: readonly Point[]): { low: number; high: number } {
  let [low, high] = [0, 0];
  for (const { predicted, measured } of points) {
    low = Math.min(low, predicted, measured);
    high = Math.max(high, predicted, measured);
  }
  const room = (high - low || 1) * ROOM;
  return { low: low - room, high: high + room };
}

/** The point nearest to a place, within reach; -1 if there is none. */
export function nearestPoint(
  points: readonly Pick<Point, "predicted" | "measured">[],
  at: { predicted: number; measured: number },
  reach: number,
): number {
  let [best, least] = [-1, reach];
  points.forEach(({ predicted, measured }, place) => {
    const away = Math.hypot(predicted - at.predicted, measured - at.measured);
    if (away <= least) [best, least] = [place, away];
  });
  return best;
}

/** A change of a share of the original: +12 %, −300 %. */
export function change(share: number): string {
  return `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;
}

export function pointWords({ source, target, ...of }: Point): string {
  const control = of.control === null ? "no control" : `control ${change(of.control)}`;
  const values = `predicted ${change(of.predicted)}, measured ${change(of.measured)}`;
  return `${source} → ${target}: ${values}, ${control}; ${of.verdict}`;
}
