// What shapes, fills and lines mean, in one line. How many links are drawn is told in the bar.

import type { JSX } from "preact";
import { FILLS, type Fill } from "../state/document.ts";
import type { Workspace } from "./model.ts";

const FILL: Record<Fill, { text: string; title: string }> = {
  influence: {
    text: "influence",
    title: "its share of all influence on the outputs, as a part of the strongest node's",
  },
  activation: {
    text: "activation",
    title: "its activation, as a part of the largest in the graph",
  },
  error: {
    text: "error share of input",
    title:
      "the share of its absolute input that comes from error nodes: full is all of it, empty also where its inputs were not traced",
  },
};

/** The next measure, for the key. */
export function nextFill(now: Fill): Fill {
  return FILLS[(FILLS.indexOf(now) + 1) % FILLS.length];
}

export function Legend({ work }: { work: Workspace }): JSX.Element {
  const { fill } = work.view.value;
  const bound =
    fill === "error" && work.partial.value ? ", at least, of the strongest edges alone" : "";
  const collapsed = (work.nCollapsed.value?.nodes ?? 0) > 0;
  return (
    <div class="legend" aria-label="Legend">
      <span>
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <circle cx="6" cy="6" r="4.5" class="legend-glyph" />
        </svg>
        feature
      </span>
      <span>
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <path d="M6 1 11 6 6 11 1 6Z" class="legend-glyph" />
        </svg>
        error
      </span>
      <span>
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <rect x="2" y="2" width="8" height="8" fill="currentColor" />
        </svg>
        token or output
      </span>
      <span>
        <svg viewBox="0 0 22 12" class="legend-wide" aria-hidden="true">
          <path d="M1 6H19M15 2l5 4-5 4" class="legend-positive" />
        </svg>
        raises
      </span>
      <span>
        <svg viewBox="0 0 22 12" class="legend-wide" aria-hidden="true">
          <path d="M1 6H20" class="legend-negative" stroke-dasharray="4 3" />
          <path d="M20 2V10" class="legend-negative" />
        </svg>
        lowers
      </span>
      <span>◯ pinned, ◎ grouped</span>
      {collapsed && (
        <span title="All nodes of a cell of a collapsed layer or token">▬ collapsed</span>
      )}
      <span title="Named by a program, from an index of features">≈ automatic</span>
      {/* Both at once: a legend that changed with each selection would move the graph. */}
      <span
        title={`A node is filled by ${FILL[fill].title}${bound}. What a selection is linked with is filled by the edge's weight over the sum of its target's absolute inputs, by sign; that is also the width of an edge.`}
      >
        fill:{" "}
        <select
          class="legend-select"
          aria-label="What fills a node"
          value={fill}
          onChange={(event) => work.do({ do: "fill", by: event.currentTarget.value as Fill })}
        >
          {FILLS.map((by) => (
            <option key={by} value={by}>
              {FILL[by].text}
            </option>
          ))}
        </select>{" "}
        (links: share)
      </span>
    </div>
  );
}
