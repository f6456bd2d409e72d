// Filters that are set now and then: kinds of nodes, and what stands behind "More filters".

import type { ComponentChildren, JSX } from "preact";
import { file } from "../file/file.ts";
import { KIND_NAMES } from "../graph/pack.ts";
import { KIND_FILTER } from "../graph/visible.ts";
import type { Filters, Sign } from "../state/document.ts";
import { keyLabel } from "../ui/keys.ts";
import { count, percent } from "../ui/numbers.ts";
import { Key, Segments } from "../ui/parts.tsx";
import { Popover } from "../ui/popover.tsx";
import type { Workspace } from "./model.ts";

interface Props {
  work: Workspace;
  set: (to: Partial<Filters>) => void;
}

const KIND_TEXT = { feature: "features", error: "error nodes", token: "tokens", target: "outputs" };

export function Kinds({ work, set }: Props): JSX.Element {
  const { filters } = work.view.value;
  const counts = work.head.value?.counts;
  const of = (kind: keyof typeof KIND_TEXT) => KIND_FILTER[kind];
  const n = KIND_NAMES.filter((kind) => filters[of(kind)]).length;
  return (
    <Popover
      id={KINDS}
      title={`(${keyLabel("Shift+q")})`}
      text={n === KIND_NAMES.length ? "Kinds" : `Kinds: ${n} of ${KIND_NAMES.length}`}
    >
      {KIND_NAMES.map((kind) => (
        <label class="check" key={kind}>
          <input
            type="checkbox"
            checked={filters[of(kind)]}
            onChange={(event) => set({ [of(kind)]: event.currentTarget.checked })}
          />
          <span class="grow">{KIND_TEXT[kind]}</span>
          {kind === "error" && <Key name="x" />}
          {counts && <span class="muted">{count(counts[of(kind)])}</span>}
        </label>
      ))}
      <p class="note">Pinned and selected nodes stay.</p>
    </Popover>
  );
}

const SHARES = [0, 0.005, 0.01, 0.02, 0.05];
const EDGES = [1, 0.99, 0.98, 0.95, 0.9, 0.8, 0.6];
const FREQUENCIES = [1, 0.1, 0.05, 0.01, 0.001, 0.0001];
const SIGNS: readonly { value: Sign; text: string; title?: string }[] = [
  { value: "all", text: "all" },
  { value: "positive", text: "positive", title: "Those that raise their target" },
  { value: "negative", text: "negative", title: "Those that lower their target" },
];

export const MORE = "more-filters";
export const KINDS = "kinds";

export function MoreFilters(props: Props & { children?: ComponentChildren }): JSX.Element {
  const { work, set } = props;
  const { filters } = work.view.value;
  const kept = work.kept.value;
  const all = work.head.value?.counts.edges ?? 0;
  // A page in a file holds what pruning keeps at some thresholds, and no others.
  const edges = file ? file.pruned.map((one) => one.edge_threshold) : EDGES;
  return (
    <Popover id={MORE} text="More filters" title="(q)">
      {props.children}
      <Line name="Draw edges" note="of the selection, under the pointer, and in the haze">
        <Segments
          label="Sign of the edges that are drawn"
          options={SIGNS}
          value={filters.sign}
          onChange={(sign) => set({ sign })}
        />
      </Line>
      <Steps
        name="Least share of a link"
        note="of its target's absolute input; weaker links of the selection are not drawn"
        value={filters.minShare}
        steps={SHARES}
        any={0}
        onChange={(minShare) => set({ minShare })}
      />
      <Steps
        name="Edges kept"
        note={`of the influence on edges between kept nodes${kept ? `: ${count(kept.nEdges)} of ${count(all)}` : ""}. Nodes that are left without one go; scores and exports follow.`}
        value={filters.edgeThreshold}
        steps={edges}
        any={1}
        onChange={(edgeThreshold) => set({ edgeThreshold })}
      />
      {work.knowsFrequency.value && (
        <Steps
          name="Features that fire on at most"
          note="of tokens; those whose frequency is not known stay"
          value={filters.maxFrequency}
          steps={FREQUENCIES}
          any={1}
          onChange={(maxFrequency) => set({ maxFrequency })}
        />
      )}
      <Layers work={work} set={set} />
    </Popover>
  );
}

function Line(props: { name: string; note: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="filter-line">
      <span>
        {props.name}
        <small>{props.note}</small>
      </span>
      {props.children}
    </div>
  );
}

/** A few values to choose from, with that of the document, which may come from elsewhere. */
function Steps(props: {
  name: string;
  note: string;
  value: number;
  steps: readonly number[];
  /** The value that leaves nothing out. */
  any: number;
  onChange: (value: number) => void;
}): JSX.Element {
  const { value, any } = props;
  const steps = [...new Set([...props.steps, value])].sort((a, b) => (any === 0 ? a - b : b - a));
  return (
    <Line name={props.name} note={props.note}>
      <select
        aria-label={props.name}
        value={String(value)}
        onChange={(event) => props.onChange(Number(event.currentTarget.value))}
      >
        {steps.map((step) => (
          <option key={step} value={step}>
            {step === any ? (any === 0 ? "any" : "all") : percent(step)}
          </option>
        ))}
      </select>
    </Line>
  );
}

function Layers({ work, set }: Props): JSX.Element {
  const { layerFrom, layerTo } = work.view.value.filters;
  const last = (work.shape.value?.nLayers ?? 1) - 1;
  const read = (text: string): number | null => (text === "" ? null : Number(text));
  return (
    <Line name="Layers" note="of features and error nodes">
      <span class="check">
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
    </Line>
  );
}
