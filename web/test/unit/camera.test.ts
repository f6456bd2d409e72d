// What of a graph the canvas shows.

import { describe, expect, it, vi } from "vitest";
import { Camera, fitted } from "../../src/graph/camera.ts";
import type { Layout } from "../../src/graph/layout.ts";

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
