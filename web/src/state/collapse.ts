// The command that collapses layers and tokens, and the one that expands them, as `apply` gives them.

import { counted } from "../ui/numbers.ts";
import type { Applied } from "./commands.ts";
import type { Collapsed, View } from "./document.ts";

/** Of what is given, only what is not so already: the inverse takes back no more than that. */
export function collapse(view: View, to: "collapse" | "expand", given: Collapsed): Applied {
  const had = view.collapsed;
  const changed = (list: readonly number[], now: readonly number[]): number[] =>
    [...new Set(list)].filter((one) => now.includes(one) === (to === "expand"));
  const layers = changed(given.layers, had.layers);
  const positions = changed(given.positions, had.positions);
  if (layers.length + positions.length === 0) return { view, inverse: null };
  const put = (now: readonly number[], some: readonly number[]): number[] =>
    to === "collapse"
      ? [...now, ...some].sort((a, b) => a - b)
      : now.filter((one) => !some.includes(one));
  return {
    view: {
      ...view,
      collapsed: { layers: put(had.layers, layers), positions: put(had.positions, positions) },
    },
    inverse: { do: to === "collapse" ? "expand" : "collapse", layers, positions },
  };
}

/** `3 layers`, `1 token`, `3 layers, 2 tokens`. */
export function amountText(nLayers: number, nPositions: number): string {
  const parts = [
    nLayers > 0 && counted(nLayers, "layer"),
    nPositions > 0 && counted(nPositions, "token"),
  ];
  return parts.filter(Boolean).join(", ");
}
