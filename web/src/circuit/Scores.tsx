// The circuit's scores beside the graph's, and what the last change did to them.

import type { JSX } from "preact";
import { counted, score, signedScore } from "../ui/numbers.ts";
import type { Bounded } from "../wire.ts";
import type { Answered } from "./answer.ts";

/** What a score is a share of. */
export const MEANS = {
  replacement: "of the influence that ends in tokens or errors, the share that ends in tokens",
  completeness:
    "of the inputs of all nodes, weighted by what each passes on, the share that are no errors",
};

export function Scores(props: {
  found: Answered;
  pins: number;
  boxes: number;
  /** Whether a token is in the circuit. */
  hasToken: boolean;
}): JSX.Element {
  const { pins, boxes, hasToken } = props;
  const { circuit, before } = props.found;
  const one = (name: keyof typeof MEANS): JSX.Element => {
    const now = circuit.scores[name];
    const graph = circuit.graph_scores[name];
    // Outputs are in every circuit; where no token is, no influence can end in one.
    if (name === "replacement" && !hasToken) {
      return (
        <span title={`Of the circuit: ${MEANS[name]}. Pin a token to have it.`}>
          {name} <strong>–</strong> <span>(no token is pinned; graph {score(graph.value)})</span>
        </span>
      );
    }
    const change = before && now.value - before[name].value;
    return (
      <span>
        {name}{" "}
        <strong
          title={`Of the circuit: ${MEANS[name]}. All outside it counts as an error.${bounds(now)}`}
        >
          {score(now.value)}
        </strong>{" "}
        {change !== null && (
          <span title="What the last change of the circuit did to it">{signedScore(change)} </span>
        )}
        <span title={`Of the whole graph: ${MEANS[name]}.${bounds(graph)}`}>
          (graph {score(graph.value)})
        </span>
      </span>
    );
  };
  return (
    <span class="scores row">
      {one("replacement")}
      {one("completeness")}
      <span
        title={`${counted(pins, "pinned node")} in ${boxes === 1 ? "1 box" : `${boxes} boxes`}`}
      >
        pins <strong>{pins}</strong>
      </span>
    </span>
  );
}

/** What a score can still become, as a sentence; nothing if it is certain. */
export function bounds({ lo, hi }: Bounded): string {
  return lo === hi ? "" : ` Between ${score(lo)} and ${score(hi)} once rows not traced are known.`;
}
