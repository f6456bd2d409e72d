// Where the canvas looks: shared by the view, the minimap and the keys.

import { signal } from "@preact/signals";
import { AXIS } from "./axes.ts";
import type { Transform } from "./layer.ts";
import type { Layout } from "./layout.ts";

/** So near to a side a node is cut. */
const NEAR = 8;

export class Camera {
  readonly transform = signal<Transform>({ k: 1, x: 0, y: 0 });
  readonly size = signal({ width: 0, height: 0 });
  /** Whether a person moved it: then a new layout does not move it again. */
  touched = false;
  /** Set by the view that is mounted. */
  moveTo: (transform: Transform) => void = () => undefined;
  fit: () => void = () => undefined;

  zoomBy(factor: number): void {
    const { k, x, y } = this.transform.peek();
    const { width, height } = this.size.peek();
    const next = Math.max(0.02, Math.min(6, k * factor));
    const ratio = next / k;
    this.moveTo({
      k: next,
      x: width / 2 - (width / 2 - x) * ratio,
      y: height / 2 - (height / 2 - y) * ratio,
    });
  }

  /** Moves just so far that a world point is on the screen; what is on it stays where it is. */
  reveal(at: { x: number; y: number }): void {
    const { k, x, y } = this.transform.peek();
    const { width, height } = this.size.peek();
    if (width === 0 || Number.isNaN(at.x)) return;
    const px = at.x * k + x;
    const py = at.y * k + y;
    const { left, bottom } = AXIS;
    // A graph that fits has nodes nearer to the sides than a node that is brought in.
    if (px >= left && px <= width - NEAR && py >= NEAR && py <= height - bottom) return;
    const margin = 24;
    let dx = 0;
    let dy = 0;
    if (px < AXIS.left + margin) dx = AXIS.left + margin - px;
    else if (px > width - margin) dx = width - margin - px;
    if (py < margin) dy = margin - py;
    else if (py > height - AXIS.bottom - margin) dy = height - AXIS.bottom - margin - py;
    if (dx !== 0 || dy !== 0) this.moveTo({ k, x: x + dx, y: y + dy });
  }
}

const MOST_FIT = 1.5;
/** Below this, glyphs are too small to hit; a wide graph is then shown from its right end. */
const LEAST_FIT = 0.45;

/** The transform that shows all of a layout, or as much as stays legible, last tokens first. */
export function fitted(layout: Layout, width: number, height: number): Transform {
  const inner = { width: width - AXIS.left - AXIS.right, height: height - AXIS.bottom - AXIS.top };
  const whole = Math.min(inner.width / layout.width, inner.height / layout.height);
  const k = Math.max(Math.min(LEAST_FIT, inner.height / layout.height), Math.min(MOST_FIT, whole));
  const overflows = layout.width * k > inner.width;
  const x = overflows
    ? width - AXIS.right - layout.width * k
    : AXIS.left + (inner.width - layout.width * k) / 2;
  const y = AXIS.top + Math.max(0, (inner.height - layout.height * k) / 2);
  return { k, x, y };
}
