// What the form of a new trace asks for, as a request, a command and an address.

import { describe, expect, it } from "vitest";
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
