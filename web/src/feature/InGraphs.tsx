// The graphs of the workspace in which a feature fires.

import type { JSX } from "preact";
import { featureGraphs } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { count, raw, tokenText } from "../ui/numbers.ts";
import { Empty, Failure, Skeleton } from "../ui/parts.tsx";
import type { FeatureGraph, FeatureName } from "../wire.ts";
import { graphAddress, MAIN, selectionHash } from "../workspace/address.ts";

export function InGraphs(props: { set: string; feature: FeatureName }): JSX.Element {
  const { set, feature } = props;
  const { state, again } = useLoad(
    (signal) => featureGraphs(set, feature, signal),
    [set, feature.layer, feature.index],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={2} label="Reading graphs" />;
  if (load.is === "failed") {
    return <Failure what="Graphs could not be read" why={load.why} again={again} />;
  }
  const { rows, n_read, n_left_out } = load.value;
  const left = n_left_out > 0 ? `; ${count(n_left_out)} older ones were not read` : "";
  return (
    <>
      {rows.length === 0 && <Empty>It fires in no graph of this workspace.</Empty>}
      <ul class="examples">
        {rows.map((row) => (
          <li key={row.graph}>
            <a href={`${graphAddress(row.graph, MAIN)}#${selectionHash(row.nodes)}`}>
              {row.title || textOf(row)}
            </a>{" "}
            <span class="muted">
              {row.positions.map((pos) => placeOf(row, pos)).join(", ")}: {raw(row.activation)}
            </span>
          </li>
        ))}
      </ul>
      <p class="note">
        Of {count(n_read)} graphs of this dictionary{left}. With each, its largest activation.
      </p>
    </>
  );
}

function textOf({ tokens }: FeatureGraph): string {
  return tokens.map(tokenText).join(tokens.some((token) => /\s/.test(token)) ? "" : " ");
}

function placeOf(row: FeatureGraph, pos: number): string {
  return `“${tokenText(row.tokens[pos] ?? "")}”`;
}
