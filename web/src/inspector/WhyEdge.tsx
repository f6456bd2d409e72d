// Why an edge: at each layer that it crosses, what goes past attention and what each head moves.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { why as askWhy } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { useMore } from "../ui/more.tsx";
import { count, counted, raw, signedShare } from "../ui/numbers.ts";
import { Bar, Button, Empty, Failure, Segments, Skeleton } from "../ui/parts.tsx";
import type { WhyLayer } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { directionOf } from "./direction.ts";

/** Ends that are listed at first: a target has thousands, and a name is made for each. */
const ENDS = 60;

export function WhyEdge({ work }: { work: Workspace }): JSX.Element {
  const { of, end, node: chosen } = work.explained.value;
  const all = useSignal(false);
  const links = work.links.value;
  const [node] = work.selection.value;
  if (work.selection.value.length !== 1 || !links)
    return <Empty>Select one node, then one of its edges.</Empty>;
  const direction = directionOf(links, node, { node: of, is: end });
  const list = direction === "input" ? links.inputs : links.outputs;
  const isThere = list.some((link) => link.node === chosen);
  const other = isThere ? chosen : (list[0]?.node ?? null);
  // One that was chosen stays in the list, however weak it is.
  const ends = list.filter((link, place) => all.value || place < ENDS || link.node === other);
  const names = work.names.value!;
  return (
    <div class="stack">
      <div class="row">
        <Segments
          label="Which edges"
          value={direction}
          options={[
            { value: "input", text: "its input" },
            { value: "output", text: "its output" },
          ]}
          onChange={(is) => (work.explained.value = { of: node, end: is, node: chosen })}
        />
        {other !== null && (
          <select
            aria-label="The other end of the edge"
            value={String(other)}
            onChange={(event) =>
              (work.explained.value = { of, end, node: Number(event.currentTarget.value) })
            }
          >
            {ends.map((link) => (
              <option key={link.node} value={link.node}>
                {names.full(link.node)} {signedShare(link.share)}
              </option>
            ))}
          </select>
        )}
        {list.length > ENDS && (
          <>
            <small>
              {all.value ? "all " : `the ${ENDS} strongest of `}
              {count(list.length)}, by share
            </small>
            <Button kind="quiet" onClick={() => (all.value = !all.value)}>
              {all.value ? `Show ${ENDS}` : "Show all"}
            </Button>
          </>
        )}
      </div>
      {other === null ? (
        <Empty>There is no such edge.</Empty>
      ) : direction === "input" ? (
        <Split work={work} source={other} target={node} />
      ) : (
        <Split work={work} source={node} target={other} />
      )}
    </div>
  );
}

function Split({
  work,
  source,
  target,
}: {
  work: Workspace;
  source: number;
  target: number;
}): JSX.Element {
  const { state, again } = useLoad(
    (signal) => askWhy(work.id, source, target, signal),
    [work.id, source, target],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={4} label="Splitting the edge by heads" />;
  if (load.is === "failed")
    return <Failure what="The edge was not split" why={load.why} again={again} />;
  const { raw: edge, layers } = load.value;
  const names = work.names.value!;
  if (layers.length === 0) {
    return (
      <Empty>
        This edge of {raw(edge)} crosses no attention: {names.full(source)} acts on{" "}
        {names.full(target)} within the residual stream alone.
      </Empty>
    );
  }
  return (
    <>
      <p class="muted">
        The edge is {raw(edge)} in units of {names.full(target)}. Each layer below splits the same
        edge once; a layer's parts add up to it.
      </p>
      {layers.map((layer) => (
        <Layer key={layer.layer} layer={layer} edge={edge} />
      ))}
    </>
  );
}

const MOST_HEADS = 6;

function Layer({ layer, edge }: { layer: WhyLayer; edge: number }): JSX.Element {
  const size = Math.max(1e-12, Math.abs(layer.residual), ...layer.heads.map(Math.abs));
  const heads = layer.heads
    .map((value, head) => ({ name: `head ${head}`, value }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const { rows: first, more } = useMore(heads, MOST_HEADS);
  const rows = [{ name: "residual path", value: layer.residual }, ...first];
  const others = heads.slice(first.length);
  const rest = others.reduce((sum, { value }) => sum + value, 0);
  if (others.length > 0) rows.push({ name: counted(others.length, "other head"), value: rest });
  return (
    <section>
      <h3>Layer {layer.layer}</h3>
      <ul class="split-list">
        {rows.map(({ name, value }) => (
          <li key={name}>
            <span>{name}</span>
            <Bar share={Math.abs(value) / size} tone={value < 0 ? "negative" : "positive"} />
            <span class="number">{raw(value)}</span>
            <span class="number muted">{edge === 0 ? "" : signedShare(value / edge)}</span>
          </li>
        ))}
      </ul>
      {more}
    </section>
  );
}
