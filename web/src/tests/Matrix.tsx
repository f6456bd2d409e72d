// The validation matrix: rows are what was changed, columns what was measured, each cell with
// its prediction and its control.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { count, plain, score } from "../ui/numbers.ts";
import { Chip, Empty, Segments } from "../ui/parts.tsx";
import { Csv } from "../ui/save.tsx";
import type { MatrixCell, ValidateRun } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { RUNGS } from "./all.ts";
import { Scatter } from "./Scatter.tsx";
import { change, pointsOf } from "./scatter.ts";
import { caseNames, caseOrder, matrixTable } from "./tables.ts";
import { MARKS } from "./verdicts.ts";

interface MatrixProps {
  run: ValidateRun;
  work: Workspace;
  /** How the file of its cells begins. */
  file: string;
}

export function Matrix({ run, work, file }: MatrixProps): JSX.Element {
  const dose = useSignal(0);
  if (run.cases.length === 0) return <Empty>No group was tested.</Empty>;
  const cells = new Map<string, MatrixCell>();
  for (const cell of run.cells)
    if (cell.dose === dose.value) cells.set(`${cell.case},${cell.column}`, cell);
  const rows = caseNames(run, work.names.value);
  const nameOf = (column: string): string => columnName(work, run, rows, column);
  const untested = run.cases.length * run.columns.length - cells.size;
  const tally = { supported: 0, weak: 0, contradicted: 0 };
  for (const cell of cells.values()) tally[cell.verdict]++;
  return (
    <>
      <div class="row">
        <Segments
          label="Dose"
          value={String(dose.value)}
          options={run.doses.map((value, at) => ({ value: String(at), text: `${plain(value)} ×` }))}
          onChange={(at) => (dose.value = Number(at))}
        />
        <Chip tone="good">{tally.supported} supported</Chip>
        <Chip>{tally.weak} weak</Chip>
        <Chip tone="bad">{tally.contradicted} contradicted</Chip>
        {untested > 0 && <Chip>{count(untested)} not tested</Chip>}
        {run.partial && (
          <Chip tone="warn">
            {run.cases.length} of {run.n_asked} cases
          </Chip>
        )}
        <Csv name={`${file}-matrix`} table={() => matrixTable(run, nameOf, rows)} />
      </div>
      <div class="matrix-scroll">
        <table class="matrix">
          <caption>
            Change of each column as a share of its original: <strong>measured</strong>, predicted,
            control. {RUNGS[run.rung]}.
            {untested > 0 &&
              " “·” was not tested: the change cannot reach that column, or the column is 0 without it."}
          </caption>
          <thead>
            <tr>
              <th>changed</th>
              {run.columns.map((column) => (
                <th key={column} class="number">
                  {nameOf(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {caseOrder(run).map(({ one, row }) => (
              <tr key={row}>
                <th
                  scope="row"
                  title={
                    one.control.length > 0
                      ? `control: ${one.control.join(", ")}`
                      : "no control was found"
                  }
                >
                  {rows[row]}
                </th>
                {run.columns.map((column, at) => (
                  <Cell key={column} cell={cells.get(`${row},${at}`)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="agreement">
        {/* By dose: what was pointed at in one is nothing in another. */}
        <Scatter key={dose.value} points={pointsOf(run, dose.value, rows, nameOf)} />
        <Ladder run={run} />
      </div>
    </>
  );
}

/** A column is an output, or what stands in a row. */
function columnName(
  work: Workspace,
  run: ValidateRun,
  rows: readonly string[],
  column: string,
): string {
  const target = /^target:(\d+)$/.exec(column);
  if (target) {
    const row = work.head.value?.targets[Number(target[1])];
    return row ? (work.names.value?.short(row.node) ?? row.label) : column;
  }
  const at = run.cases.findIndex((one) => one.group === column);
  return rows[at] ?? column;
}

function Cell({ cell }: { cell: MatrixCell | undefined }): JSX.Element {
  if (!cell)
    return (
      <td class="number muted" title="not tested">
        ·
      </td>
    );
  return (
    <td class={`number cell ${cell.verdict}`} title={cell.verdict}>
      <strong>
        {change(cell.measured)} {MARKS[cell.verdict]}
      </strong>
      <small>predicted {change(cell.predicted)}</small>
      <small>{cell.control === null ? "no control" : `control ${change(cell.control)}`}</small>
    </td>
  );
}

function Ladder({ run }: { run: ValidateRun }): JSX.Element | null {
  if (run.ladder.every((row) => row.n === 0)) return null;
  const cell = (value: number | null): string => (value === null ? "–" : score(value));
  return (
    <table>
      <caption>How well predictions and measurements agree, the more of the model answers</caption>
      <thead>
        <tr>
          <th>what answers</th>
          <th class="number">pairs</th>
          <th class="number">rank correlation</th>
          <th class="number">correlation</th>
          <th class="number">slope</th>
          <th class="number">same sign</th>
        </tr>
      </thead>
      <tbody>
        {run.ladder.map((row) => (
          <tr key={row.rung}>
            <td>{RUNGS[row.rung]}</td>
            <td class="number">{row.n}</td>
            <td class="number">{cell(row.spearman)}</td>
            <td class="number">{cell(row.pearson)}</td>
            <td class="number">{cell(row.slope)}</td>
            <td class="number">{cell(row.sign_agreement)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
