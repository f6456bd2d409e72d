// The first two cells of a row about a feature: its number, which leads to its page, and its name.

import type { JSX } from "preact";
import { nameText } from "../graph/names.ts";
import { featureId, featureUrl } from "./shape.ts";

export function NamedCells(props: {
  set: string;
  row: { layer: number; index: number; label: string | null; label_source: string | null };
}): JSX.Element {
  const { set, row } = props;
  return (
    <>
      <td>
        <a href={featureUrl(set, row)}>{featureId(row)}</a>
      </td>
      <td title={row.label_source ?? undefined}>
        {row.label ? nameText(row.label, row.label_source) : <span class="muted">–</span>}
      </td>
    </>
  );
}
