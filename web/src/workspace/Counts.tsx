// Numbers in the filter bar: nodes that are shown, edges that are drawn, scores of what is kept.

import type { JSX } from "preact";
import { LINKS, type LinkCount } from "../graph/drawn.ts";
import { count, score } from "../ui/numbers.ts";
import { Button } from "../ui/parts.tsx";
import type * as wire from "../wire.ts";
import { drawnText, type HidingOf } from "./hiding.ts";
import type { Workspace } from "./model.ts";

/** How many nodes are shown, and what that is worth where pruning has not answered. */
export function ShownCount({ work, nNodes }: { work: Workspace; nNodes: number }): JSX.Element {
  const shown = work.shown.value;
  const why = work.notPruned.value;
  return (
    <>
      <span class="shown-count">
        {shown ? (
          <>
            <strong>{count(shown.nodes.length)}</strong> of {count(nNodes)} nodes
          </>
        ) : (
          `pruning ${count(nNodes)} nodes…`
        )}
      </span>
      {why !== null && (
        <span class="negative" role="status">
          {work.kept.value ? "pruned as before" : "not pruned"}: {why}{" "}
          {!work.readOnly && (
            <Button kind="quiet" onClick={() => work.pruneRound.value++}>
              Try again
            </Button>
          )}
        </span>
      )}
    </>
  );
}

/**
 * Which edges are drawn. Always there, with one text or the other, as a bar that grew with each
 * selection would move the graph under the hand.
 */
export function DrawnEdges(props: {
  links: LinkCount | null;
  ends: HidingOf["ends"];
  haze: number;
  all: number;
}): JSX.Element {
  const { links, ends, haze, all } = props;
  return links ? (
    <span
      title={`Links of the selection to nodes that are shown. At most the ${LINKS.all} strongest inputs and the ${LINKS.all} strongest outputs are drawn, under the pointer ${LINKS.first} until it rests; the inspector lists all.`}
    >
      {drawnText(links, ends)}
    </span>
  ) : (
    <span title="The haze behind the nodes is made of the strongest edges. A selection draws its own.">
      haze of {haze < all ? `${count(haze)} of ` : "all "}
      {count(all)} edges
    </span>
  );
}

/** Scores of what is kept, beside the whole graph's. */
export function Scores({ work }: { work: Workspace }): JSX.Element | null {
  const head = work.head.value;
  const kept = work.kept.value;
  if (!head) return null;
  const now = (name: keyof wire.Scores): string => (kept ? score(kept.scores[name].value) : "–");
  return (
    <span
      class="scores"
      title="Of what is kept; the whole graph's in brackets. Replacement: how much of the influence reaches tokens and not errors. Completeness: how much of the inputs is explained."
    >
      replacement <strong>{now("replacement")}</strong>{" "}
      <span class="muted">({score(head.scores.replacement.value)})</span> completeness{" "}
      <strong>{now("completeness")}</strong>{" "}
      <span class="muted">({score(head.scores.completeness.value)})</span>
    </span>
  );
}
