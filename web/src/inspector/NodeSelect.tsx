// A choice of one node: outputs, then boxes of the circuit, then what the selection is tied to.

import type { JSX } from "preact";
import type { Workspace } from "../workspace/model.ts";

const MOST_LINKED = 30;

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
  const linked = [
    ...(links?.inputs ?? []).slice(0, MOST_LINKED),
    ...(links?.outputs ?? []).slice(0, MOST_LINKED),
  ];
  const listed = new Set<number>([...work.targets.value, ...work.view.value.pins]);
  const rest = linked.map((link) => link.node).filter((node) => !listed.has(node));
  return (
    <select
      aria-label={props.label}
      value={value === null ? "" : String(value)}
      onChange={(event) => props.onChange(Number(event.currentTarget.value))}
    >
      <optgroup label="Outputs">{work.targets.value.map(option)}</optgroup>
      {work.view.value.pins.length > 0 && (
        <optgroup label="Pinned">{work.view.value.pins.map(option)}</optgroup>
      )}
      {rest.length > 0 && (
        <optgroup label="Inputs and outputs of the selection">{rest.map(option)}</optgroup>
      )}
    </select>
  );
}
