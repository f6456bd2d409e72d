import { describe, expect, it } from "vitest";
import { KIND, type Pack } from "../../src/graph/pack.ts";
import { emptyView } from "../../src/state/document.ts";
import { readAddress, viewOf } from "../../src/state/foreign.ts";
import type { TargetRow } from "../../src/wire.ts";

const SUPERNODES = JSON.stringify([["Texas", "0_5_2", "1_7_3"], ["empty"]]);
const CLERPS = JSON.stringify([["1_7_3", "the state"]]);

function address(page: string, twice: boolean): string {
  const url = new URL(page);
  const values = {
    slug: "oak-port",
    pinnedIds: "4_9_3,E_12_1,9_9_9",
    supernodes: SUPERNODES,
    clerps: CLERPS,
    clickedId: "1_7_3",
    pruningThreshold: "0.6",
    densityThreshold: "0.05",
  };
  for (const [key, value] of Object.entries(values))
    url.searchParams.set(key, twice ? encodeURIComponent(value) : value);
  return url.href;
}

/** Two features, an error, a token and a target. */
function graph(): { pack: Pack; targets: TargetRow[] } {
  const pack = {
    nNodes: 5,
    kind: Uint8Array.of(KIND.feature, KIND.feature, KIND.error, KIND.token, KIND.target),
    layer: Int16Array.of(0, 1, 1, -1, 3),
    pos: Uint16Array.of(2, 3, 3, 1, 3),
    feature: Uint32Array.of(5, 7, 0, 12, 0),
  } as Pack;
  const target = { node: 4, kind: "logit", token: 9, minus: null, label: "x", pos: 3, weight: 1 };
  return { pack, targets: [target] };
}

describe("an address of another page", () => {
  const pages = [
    { of: "Neuronpedia", url: address("https://www.neuronpedia.org/gemma-2-2b/graph", false) },
    { of: "circuit-tracer", url: address("http://localhost:8041/index.html", true) },
  ];
  for (const { of, url } of pages) {
    it(`of ${of} becomes a view of the same graph`, () => {
      const read = readAddress(url);
      expect(read?.slug).toBe("oak-port");
      const { pack, targets } = graph();
      const { view, selection, missing } = viewOf(read!, pack, targets);
      expect(view.pins).toEqual([4, 3, 0, 1]);
      expect(view.groups).toEqual([{ id: "g-0", name: "Texas", nodes: [0, 1] }]);
      expect(view.labels).toEqual({ "1": "the state" });
      expect(view.filters).toMatchObject({ nodeThreshold: 0.6, maxFrequency: 0.05 });
      expect(selection).toEqual([1]);
      expect(missing).toEqual(["9_9_9"]);
    });
  }

  it("is none without a graph, and what is no list is left out", () => {
    for (const text of ["", "oak-port", "https://www.neuronpedia.org/gemma-2-2b/graph"])
      expect(readAddress(text)).toBeNull();
    const { pack, targets } = graph();
    const odd = readAddress(
      "https://x.org/?slug=a%25b&supernodes={}&clerps=[&pruningThreshold=7&densityThreshold=0",
    );
    expect(odd).toMatchObject({ slug: "a%b", groups: [], labels: [], nodeThreshold: null });
    expect(odd).toMatchObject({ maxFrequency: null, pins: [], clicked: null });
    const bare = readAddress("https://x.org/?slug=a");
    expect(viewOf(bare!, pack, targets).view).toEqual(emptyView());
  });
});
