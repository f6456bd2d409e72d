// A choice of one node: outputs, then boxes of the circuit, then what the selection is tied to.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { count } from "../ui/numbers.ts";
import type { Workspace } from "../workspace/model.ts";

/** Links of each end that are listed first; each "more" lists ten times as many. */
const MOST_LINKED = 30;
const MORE = "more";

export function NodeSelect(props: {
  work: Workspace;
  value: number | null;
  label: string;
  onChange: (node: number) => void;
}): JSX.Element {
  const { work, value } = props;
  const names = work.names.value;
  const links = work.links.value;
  const option = (node: number): JSX.Element => (
    <option key={node} value={node}>
      {names?.full(node)}
    </option>
  );
  const most = useSignal(MOST_LINKED);
  const all = [links?.inputs ?? [], links?.outputs ?? []];
  const linked = all.flatMap((list) => list.slice(0, most.value));
  const nMore = all.reduce((sum, list) => sum + Math.max(0, list.length - most.value), 0);
  const listed = new Set<number>([...work.targets.value, ...work.view.value.pins]);
  const rest = linked.map((link) => link.node).filter((node) => !listed.has(node));
  const shown = value === null ? "" : String(value);
  return (
    <select
      aria-label={props.label}
      value={shown}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        if (chosen !== MORE) {
          props.onChange(Number(chosen));
          return;
        }
        most.value *= 10;
        event.currentTarget.value = shown;
      }}
    >
      <optgroup label="Outputs">{work.targets.value.map(option)}</optgroup>
      {work.view.value.pins.length > 0 && (
        <optgroup label="Pinned">{work.view.value.pins.map(option)}</optgroup>
      )}
      {rest.length + nMore > 0 && (
        <optgroup label="Inputs and outputs of the selection">
          {rest.map(option)}
          {nMore > 0 && <option value={MORE}>{count(nMore)} more…</option>}
        </optgroup>
      )}
    </select>
  );
}
