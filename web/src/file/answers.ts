// A file in place of the server: the requests that it can answer, from what it holds.
//
// Nothing is computed here. What the file does not hold is `null`, and the caller says that it
// needs the server.

import type * as wire from "../wire.ts";

/** The file's answer to a request, or `null` if only a server has one. */
export function answerOf(file: wire.PageFile, path: string, body: unknown): Response | null {
  const url = new URL(path, "http://file");
  if (url.pathname.startsWith("/api/features/")) return feature(file, url.pathname);
  const graph = `/api/graphs/${encodeURIComponent(file.head.id)}`;
  if (url.pathname === graph) return json(file.head);
  if (!url.pathname.startsWith(`${graph}/`)) return null;
  const [what, number] = url.pathname.slice(graph.length + 1).split("/");
  if (what === "pack") return new Response(bytesOf(file.pack) as BodyInit);
  if (what === "prune") return prune(file, body as wire.PruneAsk);
  if (what === "circuit") return circuit(file, body as wire.CircuitAsk);
  if (what === "runs" && body === undefined) return runs(file, number);
  return null;
}

function json(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers: { "content-type": "application/json" } });
}

/** What an index knew of a feature, if it is inside. */
export function featureOf(file: wire.PageFile, layer: number, index: number): wire.Feature | null {
  const found = file.features?.features.find(
    (one) => one.more.layer === layer && one.index === index,
  );
  return found ?? null;
}

function feature(file: wire.PageFile, path: string): Response | null {
  const [set, layer, index, more] = path.slice("/api/features/".length).split("/");
  if (more !== undefined || decodeURIComponent(set) !== file.features?.set) return null;
  const found = featureOf(file, Number(layer), Number(index));
  return found && json(found);
}

function runs(file: wire.PageFile, number: string | undefined): Response | null {
  if (number === undefined) return json(file.run_rows);
  const run = file.runs.find((one) => one.number === Number(number));
  return run ? json(run) : null;
}

/** Thresholds are told apart to a thousandth. */
const same = (a: number, b: number): boolean => Math.round(a * 1000) === Math.round(b * 1000);

function prune(file: wire.PageFile, ask: wire.PruneAsk): Response | null {
  const found = file.pruned.find(
    (one) =>
      same(one.node_threshold, ask.node_threshold) && same(one.edge_threshold, ask.edge_threshold),
  );
  if (!found) return null;
  const answer: wire.PrunedGraph = {
    kept: placesOf(bytesOf(found.kept)),
    n_edges: found.n_edges,
    n_undetermined: found.n_undetermined,
    scores: found.scores,
  };
  return json(answer);
}

/** The circuit, if it is the one that is asked for. */
function circuit(file: wire.PageFile, ask: wire.CircuitAsk): Response | null {
  const held = file.circuit;
  if (!held || held.boxes.length !== ask.groups.length) return null;
  const ids = new Set(held.boxes.map((box) => box.id));
  return ask.groups.every((group) => ids.has(group.id)) ? json(held) : null;
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Places of the bits that are set, the lowest bit of the first byte being 0. */
function placesOf(bits: Uint8Array): number[] {
  const places: number[] = [];
  bits.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) places.push(at * 8 + bit);
  });
  return places;
}
