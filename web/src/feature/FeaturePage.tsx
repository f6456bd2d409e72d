// The page of one feature of a dictionary.

import type { JSX } from "preact";
import { FeatureView } from "./FeatureView.tsx";

export function FeaturePage(props: { model: string; layer: number; index: number }): JSX.Element {
  const { model, layer, index } = props;
  const at = (to: number): string => `/f/${encodeURIComponent(model)}/${layer}/${to}`;
  return (
    <div class="sheet narrow">
      <div class="head-row">
        <h1>
          L{layer} · {index}
        </h1>
        <span class="muted">{model}</span>
        <span class="grow" />
        {index > 0 && (
          <a class="button" href={at(index - 1)}>
            ← {index - 1}
          </a>
        )}
        <a class="button" href={at(index + 1)}>
          {index + 1} →
        </a>
      </div>
      <section class="card">
        <FeatureView model={model} layer={layer} index={index} />
      </section>
    </div>
  );
}
