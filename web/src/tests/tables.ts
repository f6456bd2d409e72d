// Results of tests as tables for files: a row for each measurement, its units in the head.

import type { Names } from "../graph/names.ts";
import type { Table } from "../ui/csv.ts";
import type {
  CaseRow,
  GroupEffect,
  Shift,
  SweepResult,
  TargetEffect,
  ValidateRun,
} from "../wire.ts";
import { linesOf } from "./lines.ts";

export function groupTable(groups: readonly GroupEffect[]): Table {
  return {
    head: [
      "group",
      "changed",
      "predicted (share of the original)",
      "measured (share of the original)",
      "agrees",
    ],
    rows: groups.map(({ name, edited, predicted, measured, agrees }) => {
      return [name, edited, predicted, measured, agrees];
    }),
  };
}

export function targetTable(targets: readonly TargetEffect[]): Table {
  return {
    head: ["output", "before (logit less the mean)", "predicted change", "measured change"],
    rows: targets.map(({ label, before, predicted, measured }) => {
      return [label, before, predicted, measured];
    }),
  };
}

export function outputTable({ tokens }: Shift): Table {
  return {
    head: ["token", "id", "p before", "p after", "rank before", "rank after"],
    rows: tokens.map((token) => [
      token.text,
      token.id,
      token.p_before,
      token.p_after,
      token.rank_before,
      token.rank_after,
    ]),
  };
}

/**
 * What rows of the matrix are called: a feature, and a pinned node that stands alone, by its name
 * and place, as everywhere; a group as it was tested.
 */
export function caseNames(
  { cases }: Pick<ValidateRun, "cases">,
  names: Pick<Names, "short" | "where"> | null,
): string[] {
  return cases.map(({ group, name, nodes: [node, ...others] }) => {
    const isOne = (group === null || group === `n${node}`) && others.length === 0;
    return isOne && names ? `${names.short(node)} ${names.where(node)}` : name;
  });
}

/** The rows as they stand: groups, which were asked for, before single features. */
export function caseOrder({ cases }: Pick<ValidateRun, "cases">): { one: CaseRow; row: number }[] {
  const rows = cases.map((one, row) => ({ one, row }));
  return rows.sort((a, b) => Number(a.one.group === null) - Number(b.one.group === null));
}

/** The cells that were tested, of all doses. */
export function matrixTable(
  run: ValidateRun,
  nameOf: (column: string) => string,
  rows: readonly string[],
): Table {
  const changes = ["predicted", "measured", "control"].map((of) => `${of} (share of the original)`);
  return {
    head: ["changed", "dose (× the original)", "column", ...changes, "verdict"],
    rows: run.cells.map((cell) => [
      rows[cell.case],
      run.doses[cell.dose],
      nameOf(run.columns[cell.column]),
      cell.predicted,
      cell.measured,
      cell.control,
      cell.verdict,
    ]),
  };
}

/** All lines of a sweep, point by point; `axis` is what its numbers are. */
export function sweepTable(
  sweep: SweepResult,
  groups: readonly GroupEffect[],
  axis: string,
): Table {
  const rows = Object.entries(linesOf(sweep, groups)).flatMap(([of, { unit, lines }]) =>
    lines.flatMap(({ name, measured, predicted }) =>
      sweep.points.map(({ value }, at) => {
        return [of, name, value, predicted?.[at] ?? null, measured[at], unit];
      }),
    ),
  );
  return { head: ["of", "name", axis, "predicted", "measured", "unit"], rows };
}
