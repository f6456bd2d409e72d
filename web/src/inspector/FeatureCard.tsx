// What is known of the selected feature beyond this prompt: examples, logits, histogram.

import type { JSX } from "preact";
import { FeatureView } from "../feature/FeatureView.tsx";
import { featureUrl, promptExample } from "../feature/shape.ts";
import { featureOf } from "../file/answers.ts";
import { file } from "../file/file.ts";
import { KIND } from "../graph/pack.ts";
import { percent } from "../ui/numbers.ts";
import { Empty } from "../ui/parts.tsx";
import type { PageFile } from "../wire.ts";
import { feedsUrl } from "../workspace/address.ts";
import type { Workspace } from "../workspace/model.ts";

/** Why a page in a file knows nothing of a feature. */
function notInside({ features }: PageFile): string {
  if (!features) return "No index of features was at hand when this file was written.";
  return features.features.length < features.n_shown
    ? "This feature is not in the file: it was full, or the feature was not shown when it was written."
    : "This feature is not in the file: it was not shown when the file was written.";
}

export function FeatureCard({ work }: { work: Workspace }): JSX.Element {
  const pack = work.pack.value;
  const head = work.head.value;
  const names = work.names.value;
  const [node] = work.selection.value;
  if (!pack || !head || !names) return <Empty>Nothing is loaded yet.</Empty>;
  if (work.selection.value.length !== 1) return <Empty>Select one feature.</Empty>;
  const kind = pack.kind[node];
  if (kind === KIND.error) {
    return (
      <Empty>
        An error node: what the dictionary failed to reconstruct of the MLP of layer{" "}
        {pack.layer[node]} at “{names.token(pack.pos[node])}”. It has outputs, and no inputs that
        are traced.
      </Empty>
    );
  }
  if (kind === KIND.token)
    return <Empty>The embedding of the token “{names.token(pack.pos[node])}”.</Empty>;
  if (kind === KIND.target) {
    const p = names.targetProbability(node);
    return (
      <Empty>
        An explained output{p === null ? "" : `; the model gives it ${percent(p)}`}. Its inputs are
        what moves its logit against the vocabulary's mean.
      </Empty>
    );
  }
  const id = { layer: pack.layer[node], index: pack.feature[node] };
  const set = head.feature_set;
  const here = promptExample(
    pack,
    head.tokens.map(({ text }) => text),
    node,
  );
  if (file) {
    if (set !== null && featureOf(file, id.layer, id.index))
      return <FeatureView set={set} {...id} here={here} />;
    return <Empty>{notInside(file)} Open the graph in `serve`.</Empty>;
  }
  if (set === null) {
    return (
      <Empty>
        Neither the model of this graph ({head.provenance.model.name || "not named"}) nor an index
        of its dictionary's features is here. Serve the model, or import an index (`connectome
        features import`) and start the server with `--features`.
      </Empty>
    );
  }
  const feeds = feedsUrl(work);
  return (
    <div class="stack">
      <p class="row">
        <a href={featureUrl(set, id)}>
          Page of L{id.layer} · {id.index}
        </a>
        {feeds && (
          <a href={feeds} title="A new trace with this feature as what is explained">
            Trace what feeds this
          </a>
        )}
      </p>
      <FeatureView set={set} {...id} here={here} />
    </div>
  );
}
