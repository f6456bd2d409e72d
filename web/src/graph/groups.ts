// Groups on the canvas. Boxes of the circuit have no colours that a ring could take, so a member has
// a second ring, and the group's name stands behind the row of the member of most influence.

import type { Group } from "../state/document.ts";
import { AXIS, FAMILY } from "./axes.ts";
import type { Context, Transform } from "./layer.ts";
import type { Layout } from "./layout.ts";
import type { Pack } from "./pack.ts";
import type { Ink } from "./paint.ts";

/** Where each name stands: at the shown member of most influence; of a group without one nowhere. */
export function anchors(
  groups: readonly Group[],
  pack: Pick<Pack, "influence" | "layer" | "pos">,
  mask: Uint8Array,
  { x, y }: Layout,
): Named[] {
  const { influence, layer, pos } = pack;
  return groups.flatMap(({ name, nodes }) => {
    const shown = nodes.filter((node) => mask[node]);
    if (shown.length === 0) return [];
    const node = shown.reduce((best, one) => (influence[one] > influence[best] ? one : best));
    let [left, right] = [x[node], x[node]];
    for (let other = 0; other < mask.length; other++) {
      const isBeside = layer[other] === layer[node] && pos[other] === pos[node];
      if (!mask[other] || !isBeside || Math.abs(y[other] - y[node]) >= 1) continue;
      left = Math.min(left, x[other]);
      right = Math.max(right, x[other]);
    }
    return [{ node, name, left, right }];
  });
}

export interface Named {
  node: number;
  name: string;
  /** Where the first and the last node of its row stand, as the name would hide those beside it. */
  left: number;
  right: number;
}

const LINE = 15;
const MOST_LETTERS = 24;

/**
 * Names at a fixed size behind their rows, or before them where there is no room; `context` is in
 * the pane's pixels.
 */
export function paintNames(
  context: Context,
  named: readonly Named[],
  { y }: Layout,
  { k, x: dx, y: dy }: Transform,
  ink: Ink,
): void {
  context.font = `600 11px ${FAMILY}`;
  context.textBaseline = "middle";
  const width = context.canvas.width / context.getTransform().a;
  for (const { node, name, left: first, right } of named) {
    const text = name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
    const size = context.measureText(text).width;
    const gap = 12 * Math.max(1, k);
    const behind = right * k + dx + gap;
    const left = behind + size + 2 < width ? behind : first * k + dx - gap - size;
    const middle = y[node] * k + dy;
    if (left < AXIS.left) continue;
    // A ground of its own, as a stroked outline takes ten times as long.
    context.globalAlpha = 0.85;
    context.fillStyle = ink.paper;
    context.fillRect(left - 2, middle - LINE / 2, size + 4, LINE);
    context.globalAlpha = 1;
    context.fillStyle = ink.ink;
    context.fillText(text, left, middle);
  }
}
