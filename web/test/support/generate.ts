// Random graphs of any size in the pack's format, the same for the same seed.
//
// Edges go from lower layers to higher ones at the same or a later position, a few strong and
// many weak, as in real graphs; where they go is uniform, which draws worse than a real one.

import type { GraphHead } from "../../src/wire.ts";

export interface Size {
  nNodes: number;
  nEdges: number;
  nLayers: number;
  nPos: number;
  seed: number;
}

export const SIZES = {
  "1k": { nNodes: 1_000, nEdges: 20_000, nLayers: 12, nPos: 12, seed: 1 },
  "10k": { nNodes: 10_000, nEdges: 500_000, nLayers: 18, nPos: 24, seed: 2 },
  "50k": { nNodes: 50_000, nEdges: 1_000_000, nLayers: 26, nPos: 48, seed: 3 },
} satisfies Record<string, Size>;

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const N_TARGETS = 3;

interface Nodes {
  kind: Uint8Array;
  layer: Int16Array;
  pos: Uint16Array;
  feature: Uint32Array;
}

/** Features by layer and position, then one error a layer and position, tokens, targets. */
function nodesOf(size: Size, random: () => number): Nodes {
  const { nNodes, nLayers, nPos } = size;
  const nErrors = nLayers * nPos;
  const nFeatures = nNodes - nErrors - nPos - N_TARGETS;
  const kind = new Uint8Array(nNodes);
  const layer = new Int16Array(nNodes);
  const pos = new Uint16Array(nNodes);
  const feature = new Uint32Array(nNodes);
  const cells = Array.from({ length: nFeatures }, () => Math.floor(random() * nErrors)).sort(
    (a, b) => a - b,
  );
  cells.forEach((cell, node) => {
    layer[node] = Math.floor(cell / nPos);
    pos[node] = cell % nPos;
    feature[node] = node * 7;
  });
  for (let at = 0; at < nErrors; at++) {
    kind[nFeatures + at] = 1;
    layer[nFeatures + at] = Math.floor(at / nPos);
    pos[nFeatures + at] = at % nPos;
  }
  for (let at = 0; at < nPos; at++) {
    kind[nFeatures + nErrors + at] = 2;
    layer[nFeatures + nErrors + at] = -1;
    pos[nFeatures + nErrors + at] = at;
  }
  for (let at = 0; at < N_TARGETS; at++) {
    kind[nNodes - N_TARGETS + at] = 3;
    layer[nNodes - N_TARGETS + at] = nLayers;
    pos[nNodes - N_TARGETS + at] = nPos - 1;
  }
  return { kind, layer, pos, feature };
}

export interface Generated {
  pack: (top: number) => ArrayBuffer;
  head: GraphHead;
  /** What pruning by nodes goes by. */
  cumulative: Float32Array;
}

/** A pack with all its edges, and the head that belongs to it. */
export function generate(size: Size): Generated {
  const random = generator(size.seed);
  const { nNodes, nEdges } = size;
  const nodes = nodesOf(size, random);
  const edges: { source: number; target: number; weight: number }[] = [];
  const absIn = new Float32Array(nNodes);
  while (edges.length < nEdges) {
    const a = Math.floor(random() * nNodes);
    const b = Math.floor(random() * nNodes);
    const [source, target] = nodes.layer[a] < nodes.layer[b] ? [a, b] : [b, a];
    if (nodes.layer[source] >= nodes.layer[target] || nodes.kind[target] === 1) continue;
    if (nodes.pos[source] > nodes.pos[target]) continue;
    const weight = (random() < 0.7 ? 1 : -1) * random() ** 6 * 4;
    edges.push({ source, target, weight });
    absIn[target] += Math.abs(weight);
  }
  const share = (edge: (typeof edges)[number]): number =>
    Math.abs(edge.weight) / absIn[edge.target];
  edges.sort((a, b) => share(b) - share(a));
  // Every feature and target of a generated graph has its row.
  const expanded = Uint8Array.from(nodes.kind, (kind) => Number(kind === 0 || kind === 3));
  const columns = { ...nodes, ...influences(size, nodes, random), abs_in: absIn, expanded };
  return {
    pack: (top) => encode(size, columns, edges.slice(0, top)),
    head: headOf(size),
    cumulative: columns.cumulative,
  };
}

function influences(size: Size, nodes: Nodes, random: () => number) {
  const { nNodes } = size;
  const activation = new Float32Array(nNodes).map((_, at) =>
    nodes.kind[at] === 0 ? random() * 8 : 0,
  );
  const influence = new Float32Array(nNodes).map((_, at) =>
    nodes.kind[at] < 2 ? random() ** 8 : 0,
  );
  const total = influence.reduce((sum, value) => sum + value, 0);
  for (let at = 0; at < nNodes; at++) influence[at] /= total;
  const order = Array.from(influence.keys()).sort((a, b) => influence[b] - influence[a]);
  const cumulative = new Float32Array(nNodes);
  let sum = 0;
  for (const at of order) {
    sum += influence[at];
    cumulative[at] = Math.min(1, sum);
  }
  const frequency = new Float32Array(nNodes).fill(Number.NaN);
  return { activation, influence, cumulative, frequency };
}

type Column = Uint8Array | Int16Array | Uint16Array | Uint32Array | Float32Array;

function dtype(column: Column): string {
  if (column instanceof Uint8Array) return "u8";
  if (column instanceof Int16Array) return "i16";
  if (column instanceof Uint16Array) return "u16";
  return column instanceof Uint32Array ? "u32" : "f32";
}

function encode(
  size: Size,
  nodeColumns: Record<string, Column>,
  edges: { source: number; target: number; weight: number }[],
): ArrayBuffer {
  const all: Record<string, Column> = {
    ...nodeColumns,
    source: Uint32Array.from(edges, (edge) => edge.source),
    target: Uint32Array.from(edges, (edge) => edge.target),
    weight: Float32Array.from(edges, (edge) => edge.weight),
  };
  let offset = 0;
  const columns = Object.entries(all).map(([name, column]) => {
    const at = offset;
    offset = Math.ceil((offset + column.byteLength) / 8) * 8;
    return { name, dtype: dtype(column), offset: at, len: column.length };
  });
  const header = new TextEncoder().encode(
    JSON.stringify({
      version: 1,
      n_nodes: size.nNodes,
      n_edges: edges.length,
      n_edges_total: size.nEdges,
      columns,
    }),
  );
  const start = Math.ceil((8 + header.length) / 8) * 8;
  const bytes = new ArrayBuffer(start + offset);
  new Uint8Array(bytes).set(new TextEncoder().encode("CTPK"));
  new DataView(bytes).setUint32(4, header.length, true);
  new Uint8Array(bytes, 8).set(header);
  for (const { name, offset: at } of columns) {
    const column = all[name];
    new Uint8Array(bytes, start + at).set(
      new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
    );
  }
  return bytes;
}

function headOf(size: Size): GraphHead {
  const { nNodes, nEdges, nLayers, nPos } = size;
  const nErrors = nLayers * nPos;
  const nFeatures = nNodes - nErrors - nPos - N_TARGETS;
  const score = { value: 0.5, lo: 0.4, hi: 0.6 };
  const tokens = Array.from({ length: nPos }, (_, pos) => ({ id: pos, text: ` word${pos}` }));
  const range = (start: number, n: number): { start: number; end: number } => ({
    start,
    end: start + n,
  });
  return {
    id: "generated",
    title: "",
    tags: [],
    created: 0,
    tokens,
    text: tokens.map((token) => token.text).join(""),
    targets: Array.from({ length: N_TARGETS }, (_, at) => ({
      node: nNodes - N_TARGETS + at,
      kind: "logit",
      token: at,
      minus: null,
      label: ` out${at}`,
      pos: nPos - 1,
      weight: 0.5 / (at + 1),
    })),
    n_layers: nLayers,
    counts: {
      nodes: nNodes,
      features: nFeatures,
      errors: nErrors,
      tokens: nPos,
      targets: N_TARGETS,
      edges: nEdges,
      active: nFeatures,
      expanded: nFeatures,
    },
    ranges: {
      features: range(0, nFeatures),
      errors: range(nFeatures, nErrors),
      tokens: range(nFeatures + nErrors, nPos),
      targets: range(nNodes - N_TARGETS, N_TARGETS),
    },
    scores: { replacement: score, completeness: score },
    provenance: {
      tool: "generated",
      model: { name: "generated", digest: null },
      dictionary: { name: "generated", digest: null },
      flags: {},
      imported: null,
      passed_over: null,
    },
    extent: {
      expansion: "exhaustive",
      tolerance: null,
      max_feature_nodes: null,
      partial: false,
      unresolved: 0,
    },
    labels: [],
    feature_set: null,
    groups: [],
    pinned: [],
    verdicts: null,
    views: [],
    n_runs: 0,
    runnable: false,
    not_runnable: "it was generated",
  };
}
