// To which layers a feature writes, and how strongly. Only a cross-layer dictionary has several.

import type { JSX } from "preact";
import { featureSets, featureWrites } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { raw } from "../ui/numbers.ts";
import { Failure, Skeleton } from "../ui/parts.tsx";
import type { WriteRow } from "../wire.ts";

interface Props {
  set: string;
  layer: number;
  index: number;
}

/** The rows, or nothing where no model is served: an index has no decoder. */
async function ask({ set, layer, index }: Props, signal: AbortSignal): Promise<WriteRow[] | null> {
  const { sets } = await featureSets(signal);
  if (!sets.find((one) => one.name === set)?.is_run) return null;
  return (await featureWrites(set, layer, index, signal)).rows;
}

export function Writes(props: Props): JSX.Element {
  const { set, layer, index } = props;
  const { state, again } = useLoad((signal) => ask(props, signal), [set, layer, index]);
  const load = state.value;
  return (
    <section aria-label="Writes to layers">
      <h3>Writes to layers</h3>
      {load.is === "loading" && <Skeleton lines={2} label="Reading its decoder" />}
      {load.is === "failed" && (
        <Failure what="Its decoder could not be read" why={load.why} again={again} />
      )}
      {load.is === "ready" && <Bars rows={load.value} />}
    </section>
  );
}

function Bars({ rows }: { rows: readonly WriteRow[] | null }): JSX.Element {
  if (rows === null) {
    return <p class="muted">Not in the index: its decoder is the dictionary's, not served here.</p>;
  }
  const most = Math.max(1e-9, ...rows.map(({ norm }) => norm));
  const [first] = rows;
  if (rows.length === 1) {
    return (
      <p>
        To layer {first.layer} alone, with a decoder row of length {raw(first.norm)} (‖W_dec‖₂).
      </p>
    );
  }
  return (
    <>
      <ol class="writes">
        {rows.map(({ layer, norm }) => (
          <li key={layer}>
            <span class="number">{raw(norm)}</span>
            <span class="writes-bar" aria-hidden="true">
              <span style={{ height: `${(100 * norm) / most}%` }} />
            </span>
            <small>L{layer}</small>
          </li>
        ))}
      </ol>
      <p class="note">
        Length of its decoder row for each layer (‖W_dec‖₂), as the dictionary has it: without the
        model's norms, and before anything fires.
      </p>
    </>
  );
}
