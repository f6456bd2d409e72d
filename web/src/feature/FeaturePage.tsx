// The page of one feature of a dictionary.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Operand } from "../probe/Operand.tsx";
import { FeatureView } from "./FeatureView.tsx";
import { InGraphs } from "./InGraphs.tsx";
import { OnText } from "./OnText.tsx";
import { featureId, featureUrl } from "./shape.ts";

export function FeaturePage(props: { set: string; layer: number; index: number }): JSX.Element {
  const { set, layer, index } = props;
  useEffect(() => {
    document.title = `${featureId({ layer, index })} · Connectome`;
  }, [layer, index]);
  return (
    <div class="sheet narrow">
      <div class="head-row">
        <h1>
          L{layer} · {index}
        </h1>
        <a class="muted" href={`/features?set=${encodeURIComponent(set)}`}>
          {set}
        </a>
        <span class="grow" />
        {index > 0 && (
          <a class="button" href={featureUrl(set, { layer, index: index - 1 })}>
            ← {index - 1}
          </a>
        )}
        <a class="button" href={featureUrl(set, { layer, index: index + 1 })}>
          {index + 1} →
        </a>
      </div>
      <section class="card">
        <FeatureView set={set} layer={layer} index={index} />
      </section>
      <section class="card stack" aria-label="Your text">
        <h2>On a text of yours</h2>
        <OnText key={`${set} ${layer} ${index}`} set={set} feature={{ layer, index }} />
      </section>
      <section class="card stack" aria-label="Graphs">
        <h2>Graphs in which it fires</h2>
        <InGraphs set={set} feature={{ layer, index }} />
      </section>
      <section class="card" aria-label="Operand">
        <h2>Operand</h2>
        <Operand set={set} feature={{ layer, index }} />
      </section>
    </div>
  );
}
