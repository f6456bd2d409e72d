// One of the two graphs: which it is, its prompt, and its scores beside the other's.

import type { JSX } from "preact";
import { bounds, MEANS } from "../circuit/Scores.tsx";
import { count, promptText, score, signedScore, tokenText } from "../ui/numbers.ts";
import { Chip, Choice } from "../ui/parts.tsx";
import type { GraphRow } from "../wire.ts";

export function Chosen(props: {
  label: "A" | "B";
  id: string;
  rows: readonly GraphRow[];
  /** The graph that the scores' difference is to; none for A. */
  than?: string;
  onChange: (id: string) => void;
}): JSX.Element {
  const { label, id, rows, than, onChange } = props;
  const options = rows.map((row) => ({ value: row.id, text: `${explained(row)} (${row.model})` }));
  const row = rows.find((one) => one.id === id);
  const other = rows.find((one) => one.id === than && one.id !== id);
  return (
    <section class="compared-graph" aria-label={`Graph ${label}`}>
      <Choice label={label} value={id} options={options} onChange={onChange} />
      {row && <Facts row={row} other={other} />}
    </section>
  );
}

function explained(row: GraphRow): string {
  return `${promptText(row.tokens)} → ${tokenText(row.target)}`;
}

function Facts({ row, other }: { row: GraphRow; other: GraphRow | undefined }): JSX.Element {
  const one = (name: keyof typeof MEANS): JSX.Element => {
    const now = row.scores[name];
    return (
      <span title={`Of the whole graph: ${MEANS[name]}.${bounds(now)}`}>
        {name} {score(now.value)}
        {other && ` (B − A ${signedScore(now.value - other.scores[name].value)})`}
      </span>
    );
  };
  return (
    <>
      <p>
        {row.title && `${row.title}: `}
        {explained(row)}
      </p>
      <p class="graph-facts">
        {one("replacement")}
        {one("completeness")}
        <span>{count(row.n_nodes)} nodes</span>
        {row.partial && <Chip tone="warn">partial</Chip>}
      </p>
    </>
  );
}
