// What is under the pointer: nodes, edges that are drawn, marks and names.

import { describe, expect, it, vi } from "vitest";
import { AXIS } from "../../src/graph/axes.ts";
import { Camera } from "../../src/graph/camera.ts";
import { drawnOf, edgeAt, LINKS } from "../../src/graph/drawn.ts";
import { type Link, type Links, shareOf } from "../../src/graph/edges.ts";
import type { Layout } from "../../src/graph/layout.ts";
import { readPack } from "../../src/graph/pack.ts";
import { centre, curveOf, type Point } from "../../src/graph/paint.ts";
import { generate } from "../support/generate.ts";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
const { Workspace } = await import("../../src/workspace/model.ts");
const { hit } = await import("../../src/graph/under.ts");

/** A place of a curve, by Casteljau's construction. */
function along(curve: readonly Point[], t: number): Point {
  if (curve.length === 1) return curve[0];
  const next = curve.slice(1).map((point, at) => ({
    x: curve[at].x + t * (point.x - curve[at].x),
    y: curve[at].y + t * (point.y - curve[at].y),
  }));
  return along(next, t);
}

const places = (x: number[], y: number[]): Layout =>
  ({ x: Float32Array.from(x), y: Float32Array.from(y) }) as unknown as Layout;
const link = (node: number, share = 0.5): Link => ({ node, share, raw: share });

describe("an edge under the pointer", () => {
  // Node 0 is selected; 1 and 2 feed it from below, it feeds 3 above.
  const layout = places([0, -90, 90, 40], [0, 120, 120, -100]);
  const drawn: Links = { inputs: [link(1), link(2, -0.2)], outputs: [link(3)], absIn: 1 };
  const at = (end: "input" | "output", node: number, t: number): Point => {
    const [here, other] = [0, node].map((one) => ({ x: layout.x[one], y: layout.y[one] }));
    return along(end === "input" ? curveOf(other, here) : curveOf(here, other), t);
  };

  it("is the one that the point lies on, all along it", () => {
    for (const [end, links] of [
      ["input", drawn.inputs],
      ["output", drawn.outputs],
    ] as const) {
      for (const one of links) {
        for (const t of [0.1, 0.3, 0.5, 0.7]) {
          expect(edgeAt(layout, [0], drawn, at(end, one.node, t), 4)).toEqual({ end, link: one });
        }
      }
    }
  });

  it("is the nearer of two, and none beyond the reach", () => {
    const { x, y } = at("input", 2, 0.5);
    for (const by of [-3, 3]) {
      expect(edgeAt(layout, [0], drawn, { x: x + by, y }, 4)?.link.node).toBe(2);
    }
    expect(edgeAt(layout, [0], drawn, { x: x + 40, y }, 4)).toBeNull();
    expect(edgeAt(layout, [0], drawn, { x, y: y + 500 }, 4)).toBeNull();
    expect(edgeAt(layout, [], drawn, { x, y }, 4)).toBeNull();
  });

  it("of several nodes is met where it is drawn: at their middle", () => {
    const two = places([0, 100, 50], [0, 0, 90]);
    const links: Links = { inputs: [link(2)], outputs: [], absIn: 1 };
    const middle = centre(two, [0, 1])!;
    expect(middle).toEqual({ x: 50, y: 0 });
    const on = along(curveOf({ x: 50, y: 90 }, middle), 0.4);
    expect(edgeAt(two, [0, 1], links, on, 3)?.link.node).toBe(2);
    expect(edgeAt(two, [0], links, on, 3)).toBeNull();
  });

  it("is found as hundreds of places of each curve would find it", () => {
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const n = 40;
    const some = places(
      Array.from({ length: n }, () => random() * 400),
      Array.from({ length: n }, () => random() * 400),
    );
    const nodes = Array.from({ length: n - 1 }, (_, at) => at + 1);
    const links: Links = {
      inputs: nodes.slice(0, 20).map((node) => link(node)),
      outputs: [],
      absIn: 1,
    };
    links.outputs = nodes.slice(20).map((node) => link(node));
    const place = (node: number): Point => ({ x: some.x[node], y: some.y[node] });
    const curves = [
      ...links.inputs.map(({ node }) => ({ node, curve: curveOf(place(node), place(0)) })),
      ...links.outputs.map(({ node }) => ({ node, curve: curveOf(place(0), place(node)) })),
    ].map(({ node, curve }) => ({
      node,
      points: Array.from({ length: 301 }, (_, at) => along(curve, at / 300)),
    }));
    let found = 0;
    for (let round = 0; round < 50; round++) {
      const pointer = { x: random() * 400, y: random() * 400 };
      const far = curves.map(({ points }) =>
        Math.min(...points.map(({ x, y }) => Math.hypot(x - pointer.x, y - pointer.y))),
      );
      const least = Math.min(...far);
      const edge = edgeAt(some, [0], links, pointer, 8);
      // Straight parts cut corners: what is as good as equal may be either.
      if (edge) {
        found++;
        expect(far[curves.findIndex(({ node }) => node === edge.link.node)]).toBeLessThan(
          least + 1,
        );
      } else expect(least).toBeGreaterThan(7);
    }
    expect(found).toBeGreaterThan(15);
  });
});

const SIZE = { nNodes: 600, nEdges: 5000, nLayers: 6, nPos: 8, seed: 11 };
const graph = generate(SIZE);
const pack = readPack(graph.pack(SIZE.nEdges));

function opened(): { work: InstanceType<typeof Workspace>; camera: Camera } {
  const work = new Workspace("generated", "main");
  work.head.value = graph.head;
  work.pack.value = pack;
  work.opened.value = true;
  work.do({ do: "filters", to: { nodeThreshold: 1, edgeThreshold: 1 } });
  const camera = new Camera();
  camera.size.value = { width: 2000, height: 2000 };
  camera.transform.value = { k: 1, x: AXIS.left, y: 0 };
  return { work, camera };
}

describe("what is hit", () => {
  const { work, camera } = opened();
  const layout = (): Layout => work.layout.value!;
  const at = ({ x, y }: Point, ofEdges = true) =>
    hit(work, camera, { pane: { x: x + AXIS.left, y }, world: { x, y }, ofEdges });
  const target = SIZE.nNodes - 1;

  it("is a node at its own place, whatever edge ends there", () => {
    work.select([target]);
    for (const { node } of work.edges.value!.inputs) {
      const { x, y } = layout();
      expect(at({ x: x[node], y: y[node] })).toMatchObject({ node, edge: null });
    }
  });

  it("is an edge where it is nearer than any node, but for what a modifier does to nodes", () => {
    const { inputs } = work.edges.value!;
    const { x, y, open } = layout();
    const far = (point: Point): number =>
      Math.min(...[...open].map((node) => Math.hypot(x[node] - point.x, y[node] - point.y)));
    let met = 0;
    for (const { node } of inputs) {
      const curve = curveOf({ x: x[node], y: y[node] }, { x: x[target], y: y[target] });
      for (let t = 0.1; t < 0.9; t += 0.05) {
        const point = along(curve, t);
        const found = at(point);
        if (far(point) <= 8) expect(found.edge).toBeNull();
        else {
          met++;
          expect(found.edge).not.toBeNull();
          expect(found.node).toBe(-1);
          expect(at(point, false).edge).toBeNull();
        }
      }
    }
    expect(met).toBeGreaterThan(20);
    // Without a selection nothing is drawn.
    work.select([]);
    expect(work.edges.value).toBeNull();
    work.select([target]);
  });

  it("is a mark where nodes are collapsed, and a name along the edges of the pane", () => {
    work.do({ do: "collapse", layers: [1, 2, 3], positions: [] });
    for (const mark of layout().marks) expect(at(mark)).toMatchObject({ mark, node: -1 });
    const [mark] = layout().marks;
    expect(hit(work, camera, { pane: { x: 9, y: mark.y }, world: mark, ofEdges: true })).toEqual({
      node: -1,
      mark: null,
      edge: null,
      name: { axis: "layer", from: 1, to: 3, thin: true },
    });
    const foot = { x: AXIS.left + layout().columns.left[2] + 3, y: 1990 };
    const { name } = hit(work, camera, { pane: foot, world: foot, ofEdges: true });
    expect(name).toEqual({ axis: "token", from: 2, to: 2, thin: false });
    work.undo();
  });
});

describe("links that are drawn", () => {
  it("are those of the ends, the sign and the share that are asked for, and at most 300", () => {
    const { work } = opened();
    const strong = [...pack.target].find((node) => pack.absIn[node] > 0) ?? 0;
    work.select([strong]);
    const all = work.edges.value!;
    const { mask } = work.shown.value!;
    const given = { mask, minShare: 0, sign: "all" } as const;
    expect(all).toEqual(drawnOf(work.links.value!, given, LINKS.all));
    work.do({ do: "filters", to: { sign: "negative" } });
    expect(work.edges.value!.inputs).toEqual(all.inputs.filter(({ share }) => share < 0));
    work.do({ do: "filters", to: { sign: "all", minShare: 0.05 } });
    expect(work.edges.value!.inputs).toEqual(
      all.inputs.filter((one) => Math.abs(one.share) >= 0.05),
    );
    work.ends.value = "output";
    expect(work.edges.value!.inputs).toEqual([]);
    const many: Links = {
      inputs: Array.from({ length: 400 }, (_, node) => link(node, shareOf(400 - node, 400))),
      outputs: Array.from({ length: 400 }, (_, node) => link(node)),
      absIn: 1,
    };
    const drawn = drawnOf(many, { ...given, mask: new Uint8Array(400).fill(1) }, LINKS.all);
    expect(drawn.inputs.length + drawn.outputs.length).toBe(300);
    expect(drawn.inputs[0].node).toBe(0);
    work.destroy();
  });
});
