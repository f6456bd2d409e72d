// What stands under the pointer, in words, beside it.

import type { JSX } from "preact";
import { groupOf } from "../state/document.ts";
import { percent, raw, score } from "../ui/numbers.ts";
import type { Workspace } from "../workspace/model.ts";
import type { Camera } from "./camera.ts";
import { groupName } from "./names.ts";
import { KIND } from "./pack.ts";

const WIDTH = 250;

export function Tip({ work, camera }: { work: Workspace; camera: Camera }): JSX.Element | null {
  const node = work.hover.value;
  const pack = work.pack.value;
  const layout = work.layout.value;
  const names = work.names.value;
  if (node < 0 || !pack || !layout || !names || Number.isNaN(layout.x[node])) return null;
  const { k, x, y } = camera.transform.value;
  const { width, height } = camera.size.value;
  const at = { x: layout.x[node] * k + x, y: layout.y[node] * k + y };
  const right = at.x + 16 + WIDTH < width;
  const below = at.y < height / 2;
  const kind = pack.kind[node];
  const p = names.targetProbability(node);
  const group = groupOf(work.circuitOf.value, node);
  return (
    <div
      class="tip"
      style={{
        left: right ? `${at.x + 14}px` : "auto",
        right: right ? "auto" : `${width - at.x + 14}px`,
        top: below ? `${at.y + 10}px` : "auto",
        bottom: below ? "auto" : `${height - at.y + 10}px`,
      }}
    >
      <strong>{names.full(node)}</strong>
      {kind === KIND.feature && names.label(node) && <div class="muted">{names.id(node)}</div>}
      {group && <div>in the group “{groupName(group)}”</div>}
      {kind === KIND.feature && <div>activation {raw(pack.activation[node])}</div>}
      {kind === KIND.target && p !== null && <div>probability {percent(p)}</div>}
      {kind !== KIND.target && <div>influence {percent(pack.influence[node])} of all</div>}
      {kind === KIND.feature && !Number.isNaN(pack.frequency[node]) && (
        <div>fires on {score(pack.frequency[node] * 100)} % of tokens</div>
      )}
    </div>
  );
}
