// What is shown: the pruning slider with its scores, other filters, what each one hides, and what is
// collapsed.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { countLinks, type LinkCount } from "../graph/drawn.ts";
import { countOfSign, type Links } from "../graph/edges.ts";
import { MOST_HAZE } from "../graph/still.ts";
import type { Filters } from "../state/document.ts";
import { count, percent } from "../ui/numbers.ts";
import { Button, Chip } from "../ui/parts.tsx";
import { openPopover } from "../ui/popover.tsx";
import { DrawnEdges, Scores, ShownCount } from "./Counts.tsx";
import { Kinds, MORE, MoreFilters } from "./FilterMenus.tsx";
import { type Hiding, hidings } from "./hiding.ts";
import type { Workspace } from "./model.ts";

/** Chips that the bar has room for. */
const CHIPS = 2;

export function FilterBar({ work }: { work: Workspace }): JSX.Element | null {
  const pack = work.pack.value;
  const shown = work.shown.value;
  const head = work.head.value;
  if (!pack || !head) return null;
  const { filters } = work.view.value;
  const set = (to: Partial<Filters>): void => work.do({ do: "filters", to });
  const { minShare, sign } = filters;
  const nHaze = Math.min(MOST_HAZE, pack.nEdges);
  const haze = countOfSign(pack, nHaze, sign);
  const selected = work.drawnLinks.value;
  const countOf = (of: Links | null): LinkCount | null =>
    of && shown && countLinks(of, { mask: shown.mask, minShare, sign });
  const links = countOf(selected);
  const others = (countOf(work.links.value)?.all ?? 0) - (links?.all ?? 0);
  const ends = { drawn: work.ends.value, others };
  const kept = work.kept.value;
  const all = hidings({
    view: work.view.value,
    gone: shown?.gone ?? null,
    collapsed: work.nCollapsed.value,
    links,
    ends,
    hazeOfOtherSign: nHaze - haze,
    edges: kept && { kept: kept.nEdges, all: head.counts.edges },
  });
  // The bar keeps its one row: what has no room stands behind "More filters", with its ways back.
  const inBar = all.length > CHIPS ? all.slice(0, CHIPS - 1) : all;
  const takeBack = (back: Hiding["back"]): void => {
    if (back.do === "both ends") work.ends.value = "both";
    else work.do(back);
  };
  const chips = (of: readonly Hiding[]): JSX.Element[] =>
    of.map(({ key, text, label, title, back }) => (
      <Chip key={key} removeLabel={label} title={title} onRemove={() => takeBack(back)}>
        {text}
      </Chip>
    ));
  const behind = all.slice(inBar.length);
  return (
    <div class="filters" role="group" aria-label="Filters">
      <Threshold work={work} />
      <ShownCount work={work} nNodes={pack.nNodes} />
      <DrawnEdges links={links} ends={ends} haze={haze} all={pack.nEdgesTotal} />
      <Scores work={work} />
      <Kinds work={work} set={set} />
      <MoreFilters work={work} set={set}>
        {behind.length > 0 && <p class="row">{chips(behind)}</p>}
      </MoreFilters>
      {chips(inBar)}
      {behind.length > 0 && (
        <Button
          kind="quiet"
          keyName="q"
          title="What else filters hide"
          onClick={() => openPopover(MORE)}
        >
          {behind.length} more
        </Button>
      )}
      <Find work={work} />
    </div>
  );
}

function Threshold({ work }: { work: Workspace }): JSX.Element {
  const { nodeThreshold } = work.view.value.filters;
  const dragging = useRef(false);
  return (
    <label
      class="check threshold"
      title="Keep the fewest nodes that hold this share of all influence on the outputs"
    >
      influence
      <input
        type="range"
        min="0.2"
        max="1"
        step="0.01"
        value={nodeThreshold}
        aria-valuetext={`${percent(nodeThreshold)} of all influence`}
        onInput={(event) => {
          const to = { nodeThreshold: Number(event.currentTarget.value) };
          work.do({ do: "filters", to }, dragging.current);
          dragging.current = true;
        }}
        onChange={() => {
          dragging.current = false;
        }}
      />
      <output>{percent(nodeThreshold)}</output>
    </label>
  );
}

function Find({ work }: { work: Workspace }): JSX.Element {
  const { query } = work.view.value.filters;
  const read = work.query.value;
  const shown = work.shown.value;
  const matches = work.matches.value;
  let found = 0;
  if (matches && shown) for (const node of shown.nodes) found += matches[node];
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !matches || !shown) return;
    work.select([...shown.nodes].filter((node) => matches[node]));
  };
  return (
    <span class="find">
      <input
        id="find"
        type="search"
        placeholder='Find: layer>2 "state"'
        aria-label="Find nodes, for example layer>2 state. Enter selects them."
        value={query}
        onInput={(event) =>
          work.do({ do: "filters", to: { query: event.currentTarget.value } }, true)
        }
        onKeyDown={onKeyDown}
      />
      {matches && <small>{count(found)} found</small>}
      {read && read.unread.length > 0 && (
        <small class="negative">cannot read {read.unread.join(" ")}</small>
      )}
    </span>
  );
}
