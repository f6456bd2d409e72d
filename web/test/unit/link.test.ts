// A view and a selection in an address.

import { describe, expect, it } from "vitest";
import { emptyView } from "../../src/state/document.ts";
import { decodeView, encodeView } from "../../src/state/link.ts";

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
