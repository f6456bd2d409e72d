// A graph as a small picture: its strongest nodes where the workspace puts them, and its strongest
// edges as a haze. Painted by what paints the workspace, at a scale at which all of it fits.

import { byCell, layoutNodes, shapeOf } from "../graph/layout.ts";
import { KIND, type Pack } from "../graph/pack.ts";
import { fill, Haze, type NodeInk, type Pixels, paintNodes, type Rgb } from "../graph/pixels.ts";
import { count } from "../ui/numbers.ts";

/** Edges of a pack for a picture: it has room for no more, and they are 12 bytes each. */
export const TOP = 400;
/** Features and errors that are drawn: more of them are one grey. Tokens and outputs are all. */
const MOST_NODES = 300;
const MARGIN = 6;
/** Pixels of the page to one of the world at most: a graph of few nodes is not blown up. */
const LARGEST = 1;
/** How opaque a line of the haze is. */
const FAINT = 0.16;

/** What is drawn of a graph. */
export interface Drawn {
  nodes: Uint32Array;
  /** Nodes of the graph, drawn or not. */
  nAll: number;
}

/** The nodes that are drawn, in the order in which they are laid out. */
export function drawnOf(pack: Pack): Drawn {
  const { kind, influence, nNodes } = pack;
  const inner: number[] = [];
  for (let node = 0; node < nNodes; node++) if (kind[node] <= KIND.error) inner.push(node);
  inner.sort((a, b) => influence[b] - influence[a] || a - b);
  // What passes on nothing says nothing, and would be most of a large graph.
  const strong = new Set(inner.slice(0, MOST_NODES).filter((node) => influence[node] > 0));
  const isDrawn = (node: number): boolean => kind[node] > KIND.error || strong.has(node);
  return { nodes: byCell(pack, shapeOf(pack)).filter(isDrawn), nAll: nNodes };
}

/** What a picture shows, for whoever does not see it. */
export function wordsOf({ nodes, nAll }: Drawn): string {
  const some =
    nodes.length < nAll
      ? `the ${count(nodes.length)} of ${count(nAll)} nodes that have most influence`
      : `all ${count(nAll)} nodes`;
  return `Picture of the graph, ${some}: layers from below to above, tokens from left to right`;
}

/** Paints a graph into pixels, `ratio` of which are one of the page's. */
export function paintThumbnail(
  pixels: Pixels,
  pack: Pack,
  { nodes }: Drawn,
  ink: NodeInk & { haze: Rgb },
  ratio: number,
): void {
  const layout = layoutNodes(pack, nodes, shapeOf(pack));
  const room = (side: number): number => Math.max(1, side - 2 * MARGIN * ratio);
  const scale = Math.min(
    LARGEST * ratio,
    room(pixels.width) / layout.width,
    room(pixels.height) / layout.height,
  );
  const place = {
    scale,
    dx: (pixels.width - layout.width * scale) / 2,
    dy: (pixels.height - layout.height * scale) / 2,
  };
  const mask = new Uint8Array(pack.nNodes);
  for (const node of nodes) mask[node] = 1;
  const { nEdges } = pack;
  const haze = new Haze(pixels, { pack, layout, mask, nEdges, sign: "all" }, place);
  fill(pixels, ink.paper);
  // Some hundred lines: they are there at once.
  haze.run(Number.POSITIVE_INFINITY);
  haze.paint(pixels, ink.paper, ink.haze, FAINT);
  paintNodes(pixels, { pack, layout, nodes }, place, ink);
}
