// What stands under the pointer, in words, beside it.

import type { ComponentChildren, JSX } from "preact";
import { groupOf } from "../state/document.ts";
import { nodesText, percent, raw, score, signedShare } from "../ui/numbers.ts";
import type { Workspace } from "../workspace/model.ts";
import type { Camera } from "./camera.ts";
import type { Edge } from "./drawn.ts";
import { groupName } from "./names.ts";
import { KIND } from "./pack.ts";
import type { Point } from "./paint.ts";
import { sumText } from "./summed.ts";
import { type Strip, stripText } from "./thin.ts";

const WIDTH = 250;

export function Tip({ work, camera }: { work: Workspace; camera: Camera }): JSX.Element | null {
  const node = work.hover.value;
  const under = work.under.value;
  const layout = work.layout.value;
  if (!layout || !work.pack.value || !work.names.value) return null;
  if (node >= 0 && !Number.isNaN(layout.x[node])) {
    return (
      <Beside camera={camera} at={{ x: layout.x[node], y: layout.y[node] }}>
        <OfNode work={work} node={node} />
      </Beside>
    );
  }
  if (!under) return null;
  return (
    <Beside camera={camera} at={under.at}>
      {under.is === "edge" ? (
        <OfEdge work={work} edge={under.edge} />
      ) : (
        <OfCollapsed work={work} {...under} />
      )}
    </Beside>
  );
}

/** Beside a place of the world, where there is room. */
function Beside(props: { camera: Camera; at: Point; children: ComponentChildren }): JSX.Element {
  const { k, x, y } = props.camera.transform.value;
  const { width, height } = props.camera.size.value;
  const at = { x: props.at.x * k + x, y: props.at.y * k + y };
  const right = at.x + 16 + WIDTH < width;
  const below = at.y < height / 2;
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
      {props.children}
    </div>
  );
}

/** An edge of the selection; several nodes are treated as one, as everywhere. */
function OfEdge({ work, edge: { end, link } }: { work: Workspace; edge: Edge }): JSX.Element {
  const names = work.names.value!;
  const [node, ...more] = work.selection.value;
  const here = more.length > 0 ? `${nodesText(more.length + 1)} treated as one` : names.full(node);
  const [from, to] =
    end === "input" ? [names.full(link.node), here] : [here, names.full(link.node)];
  const absIn = end === "input" && more.length > 0 ? "their" : "its target's";
  return (
    <>
      <strong>
        {from} → {to}
      </strong>
      <div>
        share {signedShare(link.share)} of {absIn} absolute input
      </div>
      <div>raw {raw(link.raw)}, in units of its target's input</div>
      <div class="muted">{more.length > 0 ? "the sum of their edges" : "click: why this edge"}</div>
    </>
  );
}

function OfCollapsed(props: {
  work: Workspace;
  is: "mark" | "name";
  strips: readonly Strip[];
  nodes: readonly number[];
}): JSX.Element {
  const { work, nodes } = props;
  const names = work.names.value!;
  const text = props.strips.map((strip) => stripText(strip, (pos) => names.token(pos)));
  const bar = work.bar.value;
  return (
    <>
      <strong>{text.join(", ")}</strong>
      <div>{nodesText(nodes.length)} collapsed</div>
      {bar && <div>{sumText(bar, work.partial.value)}</div>}
      <div class="muted">{props.is === "name" ? "click: expand" : "click: select them"}</div>
    </>
  );
}

function OfNode({ work, node }: { work: Workspace; node: number }): JSX.Element {
  const pack = work.pack.value!;
  const names = work.names.value!;
  const kind = pack.kind[node];
  const p = names.targetProbability(node);
  const group = groupOf(work.circuitOf.value, node);
  return (
    <>
      <strong>{names.full(node)}</strong>
      {kind === KIND.feature && names.label(node) && <div class="muted">{names.id(node)}</div>}
      {group && <div>in the group “{groupName(group)}”</div>}
      {kind === KIND.feature && <div>activation {raw(pack.activation[node])}</div>}
      {kind === KIND.target && p !== null && <div>probability {percent(p)}</div>}
      {kind !== KIND.target && <div>influence {percent(pack.influence[node])} of all</div>}
      {kind === KIND.feature && !Number.isNaN(pack.frequency[node]) && (
        <div>fires on {score(pack.frequency[node] * 100)} % of tokens</div>
      )}
    </>
  );
}
