// What is shown: the pruning slider with its scores, other filters, and what each one hides.

import type { JSX } from "preact";
import type { Reason } from "../graph/visible.ts";
import { DEFAULT_FILTERS, type Filters } from "../state/document.ts";
import { count, percent } from "../ui/numbers.ts";
import { Chip } from "../ui/parts.tsx";
import { DrawnEdges, Scores, ShownCount } from "./Counts.tsx";
import type { Workspace } from "./model.ts";

export function FilterBar({ work }: { work: Workspace }): JSX.Element | null {
  const pack = work.pack.value;
  if (!pack) return null;
  const { filters } = work.view.value;
  const set = (to: Partial<Filters>, joined = false): void =>
    work.do({ do: "filters", to }, joined);
  return (
    <div class="filters" role="group" aria-label="Filters">
      <Threshold work={work} />
      <ShownCount work={work} nNodes={pack.nNodes} />
      <DrawnEdges work={work} set={set} />
      <Scores work={work} />
      <label class="check">
        min share
        <select
          value={String(filters.minShare)}
          onChange={(event) => set({ minShare: Number(event.currentTarget.value) })}
        >
          {[0, 0.005, 0.01, 0.02, 0.05].map((share) => (
            <option key={share} value={share}>
              {share === 0 ? "any" : percent(share)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={filters.errors}
          onChange={(event) => set({ errors: event.currentTarget.checked })}
        />
        errors
      </label>
      <Layers work={work} set={set} />
      <HiddenChips work={work} set={set} />
      <Find work={work} />
    </div>
  );
}

function Threshold({ work }: { work: Workspace }): JSX.Element {
  const { nodeThreshold } = work.view.value.filters;
  let dragging = false;
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
          work.do({ do: "filters", to }, dragging);
          dragging = true;
        }}
        onChange={() => {
          dragging = false;
        }}
      />
      <output>{percent(nodeThreshold)}</output>
    </label>
  );
}

function Layers({ work, set }: { work: Workspace; set: (to: Partial<Filters>) => void }) {
  const { layerFrom, layerTo } = work.view.value.filters;
  const last = (work.shape.value?.nLayers ?? 1) - 1;
  const read = (text: string): number | null => (text === "" ? null : Number(text));
  return (
    <span class="check">
      layers
      <input
        type="number"
        aria-label="First layer that is shown"
        min="0"
        max={last}
        placeholder="0"
        value={layerFrom ?? ""}
        onChange={(event) => set({ layerFrom: read(event.currentTarget.value) })}
      />
      –
      <input
        type="number"
        aria-label="Last layer that is shown"
        min="0"
        max={last}
        placeholder={String(last)}
        value={layerTo ?? ""}
        onChange={(event) => set({ layerTo: read(event.currentTarget.value) })}
      />
    </span>
  );
}

const WORDS: Record<Reason, string> = {
  hidden: "hidden by hand",
  pruned: "pruned",
  error: "errors",
  layer: "other layers",
  frequency: "fire too often",
};

const WAY_BACK: Record<Reason, Partial<Filters> | null> = {
  hidden: null,
  pruned: { nodeThreshold: 1, edgeThreshold: 1 },
  error: { errors: true },
  layer: { layerFrom: null, layerTo: null },
  frequency: { maxFrequency: DEFAULT_FILTERS.maxFrequency },
};

function HiddenChips(props: { work: Workspace; set: (to: Partial<Filters>) => void }): JSX.Element {
  const { work, set } = props;
  const gone = work.shown.value?.gone;
  const reasons = gone ? (Object.keys(gone) as Reason[]).filter((reason) => gone[reason] > 0) : [];
  return (
    <>
      {reasons.map((reason) => (
        <Chip
          key={reason}
          removeLabel={`Show ${count(gone?.[reason] ?? 0)} nodes: ${WORDS[reason]}`}
          onRemove={() => {
            const back = WAY_BACK[reason];
            if (back) set(back);
            else work.do({ do: "show", nodes: [...work.view.value.hidden] });
          }}
        >
          {count(gone?.[reason] ?? 0)} {WORDS[reason]}
        </Chip>
      ))}
    </>
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
