// The graph pack: a JSON header and little-endian columns, read without a copy.
//
// Edges come strongest share first, so any prefix is a useful graph; the header says how many
// the graph has, and the page says so when it shows fewer.
//
// Layout: docs/server.md.

import type { PackHeader } from "../wire.ts";

export const KIND = { feature: 0, error: 1, token: 2, target: 3 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

export const KIND_NAMES = ["feature", "error", "token", "target"] as const;

/** A graph as columns: one entry a node, one entry an edge. */
export interface Pack {
  nNodes: number;
  nEdges: number;
  /** Edges of the graph, of which the first `nEdges` are here. */
  nEdgesTotal: number;
  kind: Uint8Array;
  /** −1 for a token, the number of layers for a target. */
  layer: Int16Array;
  pos: Uint16Array;
  feature: Uint32Array;
  activation: Float32Array;
  /** Share of all influence on the targets. */
  influence: Float32Array;
  /** How often the feature fires on its corpus, or NaN if that was never measured. */
  frequency: Float32Array;
  /** Sum of the absolute inputs, which turns a raw weight into a share. */
  absIn: Float32Array;
  /** Whether the node's inputs were traced; of a token or an error nothing is asked. */
  expanded: Uint8Array;
  source: Uint32Array;
  target: Uint32Array;
  weight: Float32Array;
}

const ARRAYS = {
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f32: Float32Array,
} as const;

/** What is wrong with a pack, in one sentence. */
export class PackError extends Error {}

/**
 * Reads a pack. The columns are views of `bytes`, which must not change afterwards.
 *
 * @throws PackError if the bytes are not a pack or are cut short.
 */
export function readPack(bytes: ArrayBuffer): Pack {
  const view = new DataView(bytes);
  if (bytes.byteLength < 8 || view.getUint32(0, false) !== 0x4354504b) {
    throw new PackError("these bytes are not a graph pack: they do not start with CTPK");
  }
  const headerLen = view.getUint32(4, true);
  if (8 + headerLen > bytes.byteLength) {
    throw new PackError(`the pack is cut short: its header has ${headerLen} bytes`);
  }
  const header = JSON.parse(
    new TextDecoder().decode(new Uint8Array(bytes, 8, headerLen)),
  ) as PackHeader;
  // Columns start at a multiple of eight, counted from the first byte.
  const start = Math.ceil((8 + headerLen) / 8) * 8;
  const column = <D extends keyof typeof ARRAYS>(name: string, dtype: D, n: number) => {
    const found = header.columns.find((candidate) => candidate.name === name);
    if (!found) throw new PackError(`the pack has no column ${name}`);
    if (found.dtype !== dtype || found.len !== n) {
      throw new PackError(
        `column ${name} is ${found.len} of ${found.dtype}, expected ${n} of ${dtype}`,
      );
    }
    const Type = ARRAYS[dtype];
    const at = start + found.offset;
    if (at + n * Type.BYTES_PER_ELEMENT > bytes.byteLength) {
      throw new PackError(`the pack is cut short in column ${name}`);
    }
    return new Type(bytes, at, n) as InstanceType<(typeof ARRAYS)[D]>;
  };
  const { n_nodes: nNodes, n_edges: nEdges } = header;
  return {
    nNodes,
    nEdges,
    nEdgesTotal: header.n_edges_total,
    kind: column("kind", "u8", nNodes),
    layer: column("layer", "i16", nNodes),
    pos: column("pos", "u16", nNodes),
    feature: column("feature", "u32", nNodes),
    activation: column("activation", "f32", nNodes),
    influence: column("influence", "f32", nNodes),
    frequency: column("frequency", "f32", nNodes),
    absIn: column("abs_in", "f32", nNodes),
    expanded: column("expanded", "u8", nNodes),
    source: column("source", "u32", nEdges),
    target: column("target", "u32", nEdges),
    weight: column("weight", "f32", nEdges),
  };
}

/** The edges of `all` with the very node arrays of `first`, so that nothing of nodes changes. */
export function moreEdges(first: Pack, all: Pack): Pack {
  if (all.nNodes !== first.nNodes) return all;
  const { nEdges, nEdgesTotal, source, target, weight } = all;
  return { ...first, nEdges, nEdgesTotal, source, target, weight };
}
