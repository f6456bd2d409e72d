// What the newest validation and the graph file say of the circuit's edges, counted below them.

import type { JSX } from "preact";
import { MARKS, tallied, type Verdicts } from "../tests/verdicts.ts";
import { count, plain } from "../ui/numbers.ts";
import type { CircuitEdge, Run, VerdictsRow } from "../wire.ts";

export function VerdictLegend(props: {
  run: Run | null;
  file: VerdictsRow | null;
  edges: readonly CircuitEdge[];
  verdicts: Verdicts;
}): JSX.Element {
  const { run, file, edges, verdicts } = props;
  const tally = tallied(edges, verdicts);
  return (
    <div class="legend" aria-label="Verdicts on the edges">
      {run && (
        <span>
          by test #{run.number}
          {run.result.kind === "validate" && run.result.partial && ", which was stopped"}:
        </span>
      )}
      {file && (
        <span
          title={`${file.tool}: ${file.rung}, features one by one at ${plain(file.dose)} ×${file.partial ? ", ended early" : ""}`}
        >
          in brackets from the file:
        </span>
      )}
      {(["supported", "weak", "contradicted"] as const).map((verdict) => (
        <span key={verdict}>
          <svg viewBox="0 0 22 12" class="legend-wide" aria-hidden="true">
            <path d="M1 6H21" class={`circuit-edge ${verdict}`} stroke-width="3" />
          </svg>
          {MARKS[verdict]} {count(tally[verdict])} {verdict}
        </span>
      ))}
      <span title="A group that changed since the test counts as not tested">
        <svg viewBox="0 0 22 12" class="legend-wide" aria-hidden="true">
          <path d="M1 6H21" class="circuit-edge" stroke-width="3" />
        </svg>
        no mark: {count(tally.untested)} not tested
      </span>
    </div>
  );
}
