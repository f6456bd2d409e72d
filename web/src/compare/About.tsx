// One feature of two graphs in words: beside the pointer, below the grid, and read out.

import type { JSX } from "preact";
import { percent, raw } from "../ui/numbers.ts";
import type { CompareAlign } from "../wire.ts";
import { changeText } from "./List.tsx";
import type { Placed } from "./opened.ts";
import type { Row } from "./rows.ts";
import { Strongest } from "./Strongest.tsx";

const TIP_WIDTH = 250;

/** A row in words: what it is called in each graph, and A's numbers before B's. */
function About({ row }: { row: Row }): JSX.Element {
  const both = (show: (value: number) => string, inA: number | null, inB: number | null) =>
    `A ${inA === null ? "none" : show(inA)}, B ${inB === null ? "none" : show(inB)}`;
  return (
    <>
      <strong>{row.name}</strong> {row.id && <span class="muted">{row.id}</span>}
      {row.nameInB && <div>in B: {row.nameInB}</div>}
      <div>activation {both(raw, row.activationA, row.activationB)}</div>
      <div>
        influence, of all in its graph: {both(percent, row.influenceA, row.influenceB)}, B − A{" "}
        {changeText(row)}
      </div>
    </>
  );
}

export function rowText(row: Row): string {
  const where = row.where === "both" ? "in both" : row.where === "a" ? "only in A" : "only in B";
  return `${row.name}, ${where}, influence ${changeText(row)} from A to B`;
}

export function Tip(props: { row: Row; at: { x: number; y: number; width: number } }): JSX.Element {
  const { row, at } = props;
  const right = at.x + 16 + TIP_WIDTH < at.width;
  return (
    <div
      class="tip"
      style={{
        left: right ? `${at.x + 14}px` : "auto",
        right: right ? "auto" : `${at.width - at.x + 14}px`,
        top: `${at.y + 12}px`,
      }}
    >
      <About row={row} />
    </div>
  );
}

/** What was clicked, with ways on. */
export function Picked(props: {
  row: Row | undefined;
  a: Placed;
  b: Placed;
  align: CompareAlign;
}): JSX.Element | null {
  const { row, a, b, align } = props;
  if (!row) return null;
  return (
    <section class="card picked" aria-label="Chosen feature">
      <div class="grow">
        <About row={row} />
        {row.where === "both" && <Strongest row={row} a={a} b={b} align={align} />}
      </div>
      {row.a >= 0 && (
        <a class="button" href={`/g/${a.id}#s=${row.a}`}>
          Open in A
        </a>
      )}
      {row.b >= 0 && (
        <a class="button" href={`/g/${b.id}#s=${row.b}`}>
          Open in B
        </a>
      )}
    </section>
  );
}
