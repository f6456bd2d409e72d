// The operand plot of the selected feature, in the probes that were kept.

import type { JSX } from "preact";
import { file, NEEDS_SERVER } from "../file/file.ts";
import { KIND } from "../graph/pack.ts";
import { Operand } from "../probe/Operand.tsx";
import { Empty } from "../ui/parts.tsx";
import type { Workspace } from "../workspace/model.ts";

export function OperandCard({ work }: { work: Workspace }): JSX.Element {
  const pack = work.pack.value;
  const head = work.head.value;
  const [node, ...more] = work.selection.value;
  if (!pack || !head || more.length > 0 || pack.kind[node] !== KIND.feature) {
    return <Empty>Select one feature to see what it does with two operands.</Empty>;
  }
  if (file) return <Empty>Plots are not in this file: {NEEDS_SERVER}.</Empty>;
  if (head.feature_set === null) return <Empty>The dictionary of this graph is not here.</Empty>;
  return (
    <Operand
      set={head.feature_set}
      feature={{ layer: pack.layer[node], index: pack.feature[node] }}
      digest={head.provenance.dictionary.digest}
    />
  );
}
