// Parts of the page that are too small for a file of their own tests.

import { describe, expect, it, vi } from "vitest";
import { viewRemote } from "../../src/api/endpoints.ts";
import { BOX, boxPlaces, landings, SNAP, snapped } from "../../src/circuit/places.ts";
import { whyNoFeature } from "../../src/feature/shape.ts";
import { Camera, fitted } from "../../src/graph/camera.ts";
import type { Layout } from "../../src/graph/layout.ts";
import { KIND } from "../../src/graph/pack.ts";
import { directionOf } from "../../src/inspector/direction.ts";
import { emptyView } from "../../src/state/document.ts";
import { decodeView, encodeView } from "../../src/state/link.ts";
import { doseWords, ticksOf } from "../../src/tests/doses.ts";
import { interveneAsk, type Plan, plan, STRENGTHS } from "../../src/tests/plan.ts";
import { changeAt, putIn, takeOut, told, unchanged } from "../../src/tokens/edit.ts";
import {
  command,
  newTraceUrl,
  type Request,
  readStart,
  SALIENT,
  type Start,
  traceAsk,
} from "../../src/trace/request.ts";
import { targetText } from "../../src/trace/texts.ts";
import { shownOf } from "../../src/ui/load.ts";
import {
  bytes,
  counted,
  numberIn,
  percent,
  plain,
  raw,
  score,
  signedPoints,
  signedRaw,
  signedScore,
  signedShare,
} from "../../src/ui/numbers.ts";
import type { Circuit, Forward } from "../../src/wire.ts";

describe("a link", () => {
  it("carries a view and a selection, whatever is written in them", async () => {
    const view = emptyView();
    view.pins = Array.from({ length: 300 }, (_, node) => node * 3);
    view.groups = [{ id: "g", name: "größer & <b>böser</b> 🦎", nodes: [1, 2] }];
    const code = await encodeView(view, [4, 5]);
    expect(code).toMatch(/^z=[\w-]+$/);
    expect(await decodeView(code)).toEqual({ view, selection: [4, 5] });
  });

  it("that is broken gives nothing", async () => {
    const code = await encodeView(emptyView(), []);
    for (const hash of ["", "z=", "z=%%%", code.slice(0, -9), `z=${"A".repeat(50)}`]) {
      expect(await decodeView(hash)).toBeNull();
    }
  });
});

describe("places of boxes", () => {
  const boxes = ["a", "b", "c", "d"].map((id, at) => ({ id, name: id, nodes: [at] }));
  const known = [
    { id: "a", place: { x: 20, y: 120 } },
    { id: "b", place: { x: 20, y: 20 } },
  ];
  const circuit = { boxes: known, edges: [] } as unknown as Circuit;

  it("are the server's, and what it has not seen yet stands below, apart", () => {
    const placed = boxPlaces(boxes, circuit, {});
    expect(placed.slice(0, 2)).toMatchObject(known.map(({ place }) => place));
    for (const a of placed) {
      for (const b of placed) {
        if (a === b) continue;
        const apart = Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height;
        expect(apart).toBe(true);
      }
    }
    expect(placed[2].y).toBeGreaterThan(120 + BOX.height);
    expect(boxPlaces(boxes, null, {})[0].y).toBe(20);
  });

  it("are a person's where a person put one", () => {
    const placed = boxPlaces(boxes, circuit, { b: { x: 400, y: 80 } });
    expect(placed[1]).toMatchObject({ x: 400, y: 80 });
    expect(snapped(3) % SNAP).toBe(0);
    expect(snapped(-20)).toBe(0);
  });
});

describe("edges that meet at a box", () => {
  it("land side by side within it, in the order of their sources", () => {
    const ids = Array.from({ length: 12 }, (_, at) => `s${at}`);
    const at100 = ids.map((id, at) => [id, { x: at * 100, width: BOX.width }] as const);
    const x = new Map([...at100, ["t", { x: 0, width: BOX.width }]]);
    const edges = ids.toReversed().map((source) => ({ source, target: "t" }));
    const shifts = landings(edges, x);
    const at = ids.map((id) => shifts.get(`${id}>t`) ?? Number.NaN);
    for (let n = 1; n < at.length; n++) expect(at[n]).toBeGreaterThan(at[n - 1]);
    expect(Math.max(...at.map(Math.abs))).toBeLessThan(BOX.width / 2);
    expect(landings([{ source: "s0", target: "t" }], x).get("s0>t")).toBe(0);
  });
});

describe("a test's request", () => {
  const boxes = [
    { id: "a", name: "a", nodes: [1, 2] },
    { id: "b", name: "b", nodes: [3] },
  ];
  const usual: Plan = { ...plan.peek(), graph: "oak", changed: ["b"], value: 7 };
  // An activation of a token is none.
  const pack = {
    kind: Uint8Array.from([KIND.token, KIND.feature, KIND.feature, KIND.feature]),
    activation: Float32Array.from([9, 0.5, 1.234, 2]),
  };
  const of = (to: Partial<Plan>) => interveneAsk({ ...usual, ...to }, boxes, [], pack, 5);

  it("changes what was ticked, follows every box, and means what its words say", () => {
    const ask = of({});
    expect(ask.groups.map((group) => group.id)).toEqual(["a", "b"]);
    expect(ask.edits).toEqual([{ nodes: [3], how: "scale", value: -1, positions: "own" }]);
    expect(ask.sweep).toBeNull();
    // More than the page lists at first; fewer where every point of a sweep has them.
    expect([ask.top_k, of({ sweep: "position" }).top_k]).toEqual([50, 20]);
    for (const { name, how, value } of STRENGTHS) {
      const [edit] = of({ strength: name }).edits;
      expect(edit).toMatchObject({ how, value: value ?? 7 });
    }
  });

  it("changes each in its own way where it has one, in the order in which they were ticked", () => {
    const own = { a: { strength: "set", value: 3, positions: "all" } } as const;
    expect(of({ changed: ["b", "a"], own }).edits).toEqual([
      { nodes: [3], how: "scale", value: -1, positions: "own" },
      { nodes: [1, 2], how: "set", value: 3, positions: "all" },
    ]);
    // What is not ticked is not changed.
    expect(of({ own }).edits).toHaveLength(1);
    // A sweep of what is off is one of multiples, whatever the others are.
    const off = { a: { ...own.a, strength: "off" } } as const;
    const swept = of({ changed: ["b", "a"], own: off, strength: "set", sweep: "dose" });
    expect(swept.edits.map(({ how }) => how)).toEqual(["set", "scale"]);
  });

  it("follows nodes of a measured test that are no box, or what that test followed", () => {
    const loose = [{ id: "test-3-0", name: "2 nodes", nodes: [1, 3] }];
    const ask = of({ changed: ["test-3-0"], loose });
    expect(ask.edits[0].nodes).toEqual([1, 3]);
    expect(ask.groups.map(({ id }) => id)).toEqual(["a", "b", "test-3-0"]);
    const asIn = { number: 3, groups: [boxes[1]], watch: [5], topK: 12 };
    expect(of({ changed: ["test-3-0"], loose, asIn })).toMatchObject({
      groups: [boxes[1]],
      watch: [5],
      top_k: 12,
    });
  });

  it("holds norms where they could answer", () => {
    expect([of({}).norms, of({ norms: "frozen" }).norms]).toEqual([null, "frozen"]);
    expect(of({ norms: "frozen", mode: "direct" }).norms).toBeNull();
  });

  it("has no swap without a group to take it from", () => {
    const swap = { graph: "g", nodes: [], times: 1, fromEnd: true };
    expect(of({ swap }).swap).toBeNull();
    expect(of({ swap: { ...swap, nodes: [9] } }).swap).toEqual({
      graph: "g",
      nodes: [9],
      times: 1,
      from_end: true,
    });
  });
});

describe("a sweep of the dose", () => {
  const boxes = [{ id: "a", name: "a", nodes: [0, 1, 2] }];
  const pack = {
    kind: Uint8Array.from([KIND.token, KIND.feature, KIND.feature]),
    activation: Float32Array.from([9, 0.5, 1.234]),
  };
  const swept = (to: Partial<Plan>) => {
    const now: Plan = { ...plan.peek(), changed: ["a"], sweep: "dose", ...to };
    const { edits, sweep } = interveneAsk(now, boxes, [], pack, 5);
    return { how: edits[0]?.how, values: sweep?.kind === "dose" && sweep.values };
  };

  it("is of multiples of the original, and for off, which is 0 of them, too", () => {
    const multiples = [-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];
    expect(swept({ strength: "double" })).toEqual({ how: "scale", values: multiples });
    expect(swept({ strength: "off" })).toEqual({ how: "scale", values: multiples });
    expect(doseWords(["scale"], null)).toContain("× the original");
  });

  it("is of activations as large as those of the features, for what is set or added", () => {
    const values = [-2.4, -1.8, -1.2, -0.6, 0, 0.6, 1.2, 1.8, 2.4];
    expect(swept({ strength: "set" })).toEqual({ how: "set", values });
    expect(swept({ strength: "add" })).toEqual({ how: "add", values });
    expect(swept({ strength: "set", changed: [] }).values).toContain(-2);
    expect(doseWords(["set", "set"], {})).toBe(
      "activation that is set; × what is put in was there",
    );
  });

  it("is of what somebody wrote, in order", () => {
    expect(swept({ doses: "2, −1, 2" }).values).toEqual([-1, 2]);
    expect(swept({ doses: "2, x" }).values).toEqual([]);
  });

  it("has whole numbers below it, and no more than there is room for", () => {
    expect([...ticksOf([-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3])]).toEqual([
      -3, -2, -1, 0, 1, 2, 3,
    ]);
    expect([...ticksOf([-6.8, -3.4, 0, 3.4])]).toEqual([-6.8, -3.4, 0, 3.4]);
    expect([...ticksOf(Array.from({ length: 60 }, (_, at) => at))]).toHaveLength(10);
  });
});

describe("a trace's request", () => {
  const request: Request = {
    model: "two-hop",
    text: "it's here",
    ids: null,
    chat: false,
    system: "be brief",
    targets: { kind: "salient", max: 10, probability: 0.95 },
    position: 3,
    expand: "budget",
    tolerance: 0.01,
    maxNodes: 50,
  };

  it("and its command say the same", () => {
    const ask = traceAsk(request);
    expect(ask.prompt).toMatchObject({ model: "two-hop", text: "it's here", ids: null });
    expect(ask.expand).toEqual({ kind: "budget", max_feature_nodes: 50 });
    expect(command(request)).toBe(
      "connectome trace 'it'\\''s here' --model two-hop --max-feature-nodes 50 --position 3",
    );
  });

  it("shows targets by the text of their tokens, as soon as it is known", () => {
    const texts = new Map([
      [7, " oak"],
      [8, "\n"],
    ]);
    expect(targetText({ kind: "contrast", plus: 7, minus: 8 }, texts)).toBe("“ oak” − “⏎”");
    expect(targetText({ kind: "token", id: 9 }, texts)).toBe("token 9");
    expect(targetText({ kind: "feature", layer: 2, index: 46 }, texts)).toBe("L2 · 46");
  });

  it("and its command name the targets that are not the usual ones", () => {
    const targets: Request["targets"] = {
      kind: "given",
      targets: [
        { kind: "contrast", plus: 333, minus: 332 },
        { kind: "token", id: 7 },
        { kind: "feature", layer: 2, index: 46 },
      ],
    };
    expect(command({ ...request, targets, expand: "certified", position: null })).toBe(
      "connectome trace 'it'\\''s here' --model two-hop --contrast id:333 id:332 --target id:7 --feature L2/46",
    );
    const few: Request["targets"] = { kind: "salient", max: 3, probability: 0.5 };
    expect(traceAsk(request).prompt.system).toBeNull();
    expect(traceAsk({ ...request, chat: true }).prompt.system).toBe("be brief");
    expect(command({ ...request, chat: true })).toContain(" --chat --system 'be brief'");
    expect(command({ ...request, ids: [1, 2], targets: few, chat: true })).toBe(
      "connectome trace --token-ids 1,2 --model two-hop --chat --max-n-logits 3 --desired-logit-prob 0.5 --max-feature-nodes 50 --position 3",
    );
  });

  it("starts from an address: where, and what is explained there", () => {
    const read = (of: Start) => readStart(new URL(newTraceUrl(of), "http://here").searchParams);
    const start = { model: "two-hop", ids: [5, 6, 7] };
    const feature = { kind: "feature", layer: 2, index: 46 } as const;
    expect(read({ ...start, position: 2 })).toEqual({
      ids: [5, 6, 7],
      position: null,
      targets: SALIENT,
    });
    const targets = [{ kind: "token", id: 9 } as const, feature];
    expect(read({ ...start, position: 1, targets })).toEqual({
      ids: [5, 6, 7],
      position: 1,
      targets: { kind: "given", targets },
    });
    expect(newTraceUrl({ ...start, position: 1, targets: [feature] })).toContain("L2%2F46%401");
    const odd = readStart(new URLSearchParams("target=x,,2/46@0,-1&position=last"));
    expect(odd).toEqual({
      ids: null,
      position: 0,
      targets: { kind: "given", targets: [feature] },
    });
    expect(readStart(new URLSearchParams("text=a&position=-3"))).toMatchObject({ position: null });
  });

  it("with tokens has no text", () => {
    expect(traceAsk({ ...request, ids: [1, 2] }).prompt).toMatchObject({ text: null, ids: [1, 2] });
  });
});

describe("numbers", () => {
  it("say their sign and their size", () => {
    expect(signedShare(-0.218)).toBe("−21.8 %");
    expect(percent(0.61)).toBe("61 %");
    expect(percent(0.0042)).toBe("0.42 %");
    expect(percent(0)).toBe("0 %");
    expect(percent(1)).toBe("100 %");
    expect(percent(0.9998)).toBe("99.9 %");
    expect(percent(-3)).toBe("−300 %");
    expect(percent(-0.0042)).toBe("−0.42 %");
    expect(signedShare(-0.00042)).toBe("−0.042 %");
    expect(signedShare(0.0000042)).toBe("+0.00042 %");
    expect(signedShare(0)).toBe("+0.0 %");
    expect([0.03, -0.004, 0.0001, 1].map(signedScore)).toEqual(["+.03", "−.004", "±0", "+1.00"]);
    expect(raw(-3.21)).toBe("−3.21");
    expect([-0.42, 0, 12.34].map(signedRaw)).toEqual(["−0.42", "+0.00", "+12.3"]);
    expect([0.031, -0.0004].map(signedPoints)).toEqual(["+3.1 points", "−0.04 points"]);
    expect(raw(Number.NaN)).toBe("–");
    expect([0, -1, 0.5, 100, -0.1 * 3].map(plain)).toEqual(["0", "−1", "0.5", "100", "−0.3"]);
    expect(score(0.414)).toBe(".41");
    expect(bytes(1_234_567)).toBe("1.2 MB");
  });

  it("are none while half of one is typed, and beyond their bounds", () => {
    expect(["8", "85", "501", "", " ", "-", "8x"].map((text) => numberIn(text, 20, 500))).toEqual([
      null,
      85,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(["-1", "0.5", "1e3", "Infinity"].map((text) => numberIn(text))).toEqual([
      -1,
      0.5,
      1000,
      null,
    ]);
  });
});

describe("an answer", () => {
  const last = { of: ["oak", 3], since: [1], load: { is: "ready", value: 7 } } as const;

  it("is shown under the question that it answers, and no other", () => {
    expect(shownOf(last, ["oak", 3], [1])).toEqual({ state: { value: last.load }, stale: false });
    expect(shownOf(last, ["oak", 4], [1])).toEqual({
      state: { value: { is: "loading" } },
      stale: false,
    });
  });

  it("stays until the next one where only time went on, and is told apart", () => {
    expect(shownOf(last, ["oak", 3], [2])).toEqual({ state: { value: last.load }, stale: true });
  });
});

describe("a changed text", () => {
  it("knows what was put in, and that it is as before when that is out again", () => {
    const text = unchanged([1, 2, 3]);
    expect(told(text)).toBe("");
    const longer = putIn(putIn(text, 0, [7, 8]), 1, [9]);
    expect(longer.ids).toEqual([1, 7, 9, 8, 2, 3]);
    expect(longer.from).toEqual([0, null, null, null, 1, 2]);
    expect(told(longer)).toBe("3 tokens put in, marked with +");
    const shorter = takeOut(takeOut(longer, 4), 2);
    expect(shorter.ids).toEqual([1, 7, 8, 3]);
    expect(told(shorter)).toBe(
      "2 tokens put in, marked with +; 1 token of the graph's text taken out",
    );
    expect(takeOut(putIn(text, 2, [5]), 3)).toEqual(text);
  });

  it("is compared position by position with the graph's own", () => {
    const forward = (entropies: number[], p: number): Forward => ({
      tokens: entropies.map((_, id) => ({ id, text: "" })),
      positions: entropies.map((entropy_bits) => ({
        top: [],
        entropy_bits,
        watched: [p],
        watched_total: p,
      })),
      notes: [],
    });
    const was = forward([1, 2, 3], 0.25);
    const edit = takeOut(putIn(unchanged([7, 8, 9]), 0, [5]), 2);
    const now = forward([1, 9, 2.5], 0.5);
    const changes = [0, 1, 2].map((place) => changeAt(edit, now, was, place));
    expect(changes).toEqual([null, null, { bits: -0.5, p: 0.25 }]);
    // The server puts back a first token that the model wants.
    const bare = takeOut(unchanged([7, 8, 9]), 0);
    const whole = forward([1, 2, 4], 0.25);
    expect([0, 1, 2].map((place) => changeAt(bare, whole, was, place)?.bits)).toEqual([
      undefined,
      0,
      1,
    ]);
  });
});

describe("a graph that fits", () => {
  it("stays where it is while its nodes are walked, and brings in what is out of sight", () => {
    const layout = { width: 900, height: 700 } as Layout;
    const [width, height] = [704, 400];
    const camera = new Camera();
    camera.size.value = { width, height };
    camera.transform.value = fitted(layout, width, height);
    const moved = vi.fn();
    camera.moveTo = moved;
    for (const y of [0, 12, 350, 690]) {
      for (const x of [0, 450, 900]) camera.reveal({ x, y });
    }
    expect(moved).not.toHaveBeenCalled();
    camera.reveal({ x: 450, y: -50 });
    expect(moved).toHaveBeenCalledOnce();
  });
});

describe("why an edge", () => {
  const link = [{ node: 1, share: 1, raw: 1 }];

  it("begins on a side that has edges, and stays on one that was asked for", () => {
    const token = { inputs: [], outputs: link };
    const output = { inputs: link, outputs: [] };
    expect(directionOf(token, 4, null)).toBe("output");
    expect(directionOf(output, 4, null)).toBe("input");
    expect(directionOf({ inputs: link, outputs: link }, 4, null)).toBe("input");
    expect(directionOf({ inputs: link, outputs: link }, 4, { node: 3, is: "output" })).toBe(
      "output",
    );
    expect(directionOf(output, 4, { node: 3, is: "output" })).toBe("input");
    expect(directionOf(token, 4, { node: 4, is: "input" })).toBe("input");
  });
});

describe("a feature's number", () => {
  it("is told to be none of the dictionary, with its last", () => {
    const set = { dictionary: "elegans/clt", n_layers: 8, n_features: 512 };
    expect(whyNoFeature(set, { layer: 7, index: 511 })).toBeNull();
    const why = "elegans/clt has no feature L7/512: its last is L7/511";
    expect(whyNoFeature(set, { layer: 7, index: 512 })).toBe(why);
    expect(whyNoFeature(set, { layer: 8, index: 0 })).toContain("L8/0");
  });
});

describe("a saved view", () => {
  it("that is not there is asked for by its versions alone, which is no failure", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (path: string) => {
      asked.push(path);
      return new Response("[]");
    });
    expect(await viewRemote("g", "main").load()).toBeNull();
    expect(asked).toEqual(["/api/graphs/g/views/main/versions"]);
    vi.unstubAllGlobals();
  });
});

describe("counts", () => {
  it("of one take no s", () => {
    expect([0, 1, 1234].map((n) => counted(n, "weaker edge"))).toEqual([
      "0 weaker edges",
      "1 weaker edge",
      "1,234 weaker edges",
    ]);
  });
});
