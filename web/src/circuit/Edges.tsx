// Edges between boxes, as lines whose sign is also a dash and another end.

import type { JSX } from "preact";
import { type EdgeVerdict, markOf } from "../tests/verdicts.ts";
import { signedShare } from "../ui/numbers.ts";
import { course } from "./around.ts";
import type { Area, Placed } from "./places.ts";

export function Markers(): JSX.Element {
  return (
    <defs>
      <marker
        id="excites"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="8"
        markerHeight="8"
        markerUnits="userSpaceOnUse"
        orient="auto"
      >
        <path d="M0 0 8 4 0 8Z" class="positive-fill" />
      </marker>
      <marker
        id="inhibits"
        viewBox="0 0 4 10"
        refX="3"
        refY="5"
        markerWidth="4"
        markerHeight="12"
        markerUnits="userSpaceOnUse"
        orient="auto"
      >
        <path d="M2 0V10" class="negative-stroke" />
      </marker>
    </defs>
  );
}

interface EdgeProps {
  from: Placed | undefined;
  to: Placed | undefined;
  share: number;
  /** Below the threshold, and drawn all the same. */
  weaker: boolean;
  /** What the edge does not join, and goes around. */
  others: readonly Area[];
  /** From the middle of the target's lower side. */
  shift: number;
  verdict: EdgeVerdict | null;
}

export function Edge(props: EdgeProps): JSX.Element | null {
  const { from, to, share, weaker, shift, verdict } = props;
  if (!from || !to) return null;
  const { d, middle } = course(
    { x: from.x + from.width / 2, y: from.y },
    { x: to.x + to.width / 2 + shift, y: to.y + to.height + 3 },
    props.others,
    Math.abs(shift) / 4,
  );
  const width = 1 + 7 * Math.min(1, Math.abs(share));
  const negative = share < 0;
  return (
    <>
      <path
        d={d}
        class={`circuit-edge ${negative ? "negative" : "positive"} ${weaker ? "weaker" : ""} ${verdict?.verdict ?? ""}`}
        stroke-width={width}
        stroke-dasharray={negative ? "6 4" : undefined}
        marker-end={negative ? "url(#inhibits)" : "url(#excites)"}
      >
        <title>
          {from.box.name} → {to.box.name}: {signedShare(share)} of its input
          {toldOf(verdict)}
        </title>
      </path>
      {verdict && (
        <text
          x={middle.x}
          y={middle.y + 4}
          class={`circuit-verdict ${verdict.verdict}`}
          aria-hidden="true"
        >
          {markOf(verdict)}
        </text>
      )}
    </>
  );
}

export function toldOf(verdict: EdgeVerdict | null): string {
  return verdict ? `; tests: ${verdict.words}` : "";
}
