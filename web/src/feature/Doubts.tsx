// What speaks against a feature, above all else that is said of it.

import type { JSX } from "preact";
import { nameText } from "../graph/names.ts";
import { percent } from "../ui/numbers.ts";
import { Chip } from "../ui/parts.tsx";
import type { Feature } from "../wire.ts";
import { doubtsOf } from "./known.ts";
import { featureId, featureUrl } from "./shape.ts";

export function Doubts({ set, value }: { set: string; value: Feature }): JSX.Element | null {
  const { dead, twins } = doubtsOf(value);
  if (dead === null && twins.length === 0) return null;
  return (
    <ul class="stack doubts" aria-label="Warnings">
      {dead !== null && (
        <li>
          <Chip tone="warn">dead here</Chip> {dead}
        </li>
      )}
      {twins.map((twin) => (
        <li key={featureId(twin)}>
          <Chip tone="warn">may be a duplicate</Chip>{" "}
          <a href={featureUrl(set, twin)}>{featureId(twin)}</a>
          {twin.label && ` “${nameText(twin.label, twin.label_source)}”`} fires with it on{" "}
          {percent(twin.jaccard)} of the tokens on which either does (Jaccard).
        </li>
      ))}
    </ul>
  );
}
