// The page of one feature of a dictionary.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { featureSets } from "../api/endpoints.ts";
import { Operand } from "../probe/Operand.tsx";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { go } from "../ui/router.ts";
import { lastGraph, pinAddress } from "../workspace/last.ts";
import { FeatureView } from "./FeatureView.tsx";
import { InGraphs } from "./InGraphs.tsx";
import { OnText } from "./OnText.tsx";
import { featureId, featureUrl, whyNoFeature } from "./shape.ts";

export function FeaturePage(props: { set: string; layer: number; index: number }): JSX.Element {
  const { set, layer, index } = props;
  // Whether there is a next one is the dictionary's to say.
  const { state } = useLoad((signal) => featureSets(signal), [set]);
  const sets = state.value.is === "ready" ? state.value.value.sets : [];
  const here = sets.find((one) => one.name === set);
  const next = { layer, index: index + 1 };
  const hasNext = here !== undefined && whyNoFeature(here, next) === null;
  useEffect(() => {
    document.title = `${featureId({ layer, index })} · Connectome`;
  }, [layer, index]);
  const last = lastGraph(set);
  const pin = last && pinAddress(last, { layer, index });
  useActions(
    section("Feature", [
      ["p", "Pin in the graph that was open last", () => pin && go(pin), () => pin !== null],
      [
        "[",
        "The feature before",
        () => go(featureUrl(set, { layer, index: index - 1 })),
        () => index > 0,
      ],
      ["]", "The next feature", () => go(featureUrl(set, next)), () => hasNext],
    ]),
  );
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
        {last && pin && (
          <a class="button" href={pin} title={`In “${last.title}”, which was open last (p)`}>
            Pin in the graph
          </a>
        )}
        {index > 0 && (
          <a class="button" href={featureUrl(set, { layer, index: index - 1 })} title="([)">
            ← {index - 1}
          </a>
        )}
        {hasNext && (
          <a class="button" href={featureUrl(set, next)} title="(])">
            {next.index} →
          </a>
        )}
      </div>
      <section class="card">
        <FeatureView set={set} layer={layer} index={index} />
      </section>
      {here?.is_run && (
        <section class="card stack" aria-label="Your text">
          <h2>On a text of yours</h2>
          <OnText key={`${set} ${layer} ${index}`} set={set} feature={{ layer, index }} />
        </section>
      )}
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
