// What feeds a feature most in A, beside what does in B. The packs of this page have no edges: those
// of the one feature are asked for.

import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import { edgesOf } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { signedShare } from "../ui/numbers.ts";
import { Chip } from "../ui/parts.tsx";
import type { CompareAlign, NodeEdges } from "../wire.ts";
import type { Placed } from "./opened.ts";
import type { Row } from "./rows.ts";
import { difference, strongest } from "./strongest.ts";

/** `row` is of both graphs. */
export function Strongest(props: {
  row: Row;
  a: Placed;
  b: Placed;
  align: CompareAlign;
}): JSX.Element {
  const { row, a, b, align } = props;
  const { state } = useLoad(
    (signal) => Promise.all([edgesOf(a.id, row.a, signal), edgesOf(b.id, row.b, signal)]),
    [a.id, row.a, b.id, row.b],
  );
  const load = state.value;
  const start = "strongest input, of the absolute input in its graph: ";
  if (load.is === "loading") return <div aria-busy="true">{start}…</div>;
  if (load.is === "failed") {
    return (
      <div role="alert">
        {start}not read: {sentence(load.why)}.
      </div>
    );
  }
  const [inA, inB] = load.value;
  const differs = difference([a, strongest(inA)], [b, strongest(inB)], align);
  return (
    <div>
      {start}A <Input of={a} edges={inA} />, B <Input of={b} edges={inB} />{" "}
      {differs && <Chip tone="warn">{differs} in B</Chip>}
    </div>
  );
}

function Input({ of, edges }: { of: Placed; edges: NodeEdges }): JSX.Element {
  const input = strongest(edges);
  if (!input) return <>{edges.expanded ? "none" : "not known, as its inputs were not traced"}</>;
  return (
    <>
      <a href={`/g/${of.id}#s=${input.node}`}>{of.names.full(input.node)}</a>{" "}
      <span class={input.share < 0 ? "negative" : "positive"}>{signedShare(input.share)}</span>
    </>
  );
}
