// Nodes as the command line names them (`connectome paths --help`).

import { KIND, type Pack } from "./pack.ts";

/** `L2/17@5`, `token:3`, `error:L1@4`, `target:0`. */
export function written(pack: Pack, node: number): string {
  const [layer, pos] = [pack.layer[node], pack.pos[node]];
  switch (pack.kind[node]) {
    case KIND.feature:
      return `L${layer}/${pack.feature[node]}@${pos}`;
    case KIND.token:
      return `token:${pos}`;
    case KIND.error:
      return `error:L${layer}@${pos}`;
    default:
      return `target:${pack.kind.subarray(0, node).filter((kind) => kind === KIND.target).length}`;
  }
}
