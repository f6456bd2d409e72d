// Edges between boxes, as curves whose sign is also a dash and another end.

import type { JSX } from "preact";
import { type EdgeVerdict, markOf } from "../tests/verdicts.ts";
import { signedShare } from "../ui/numbers.ts";
import type { Placed } from "./places.ts";

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
  /** From the middle of the target's lower side. */
  shift: number;
  verdict: EdgeVerdict | null;
}

export function Edge({ from, to, share, weaker, shift, verdict }: EdgeProps): JSX.Element | null {
  if (!from || !to) return null;
  const x1 = from.x + from.width / 2;
  const y1 = from.y;
  const x2 = to.x + to.width / 2 + shift;
  const y2 = to.y + to.height + 3;
  const bend = Math.max(24, Math.abs(y1 - y2) * 0.45);
  const width = 1 + 7 * Math.min(1, Math.abs(share));
  const negative = share < 0;
  return (
    <>
      <path
        d={`M${x1} ${y1} C${x1} ${y1 - bend} ${x2} ${y2 + bend} ${x2} ${y2}`}
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
        // The two bends are alike, so the middle of the curve is that of its ends.
        <text
          x={(x1 + x2) / 2}
          y={(y1 + y2) / 2 + 4}
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
