// Which links are drawn, which of them is at a place, and how many are not.

import type { Sign } from "../state/document.ts";
import { isOfSign, type Link, type Links } from "./edges.ts";
import type { Layout } from "./layout.ts";
import { centre, curveOf, type Point } from "./paint.ts";

/** Links of each end: of a hover in its first frame, which has the least time, and in all. */
export const LINKS = { first: 25, all: 150 };

/** What decides which links are drawn: nodes that are shown, the least share, and the sign. */
export interface Drawing {
  mask: Uint8Array;
  minShare: number;
  sign: Sign;
}

/** The strongest links to nodes that are shown, so many of each end; lists come strongest first. */
export function drawnOf(links: Links, { mask, minShare, sign }: Drawing, most: number): Links {
  const of = (list: Links["inputs"]): Links["inputs"] => {
    const drawn: Links["inputs"] = [];
    for (const link of list) {
      if (drawn.length === most || Math.abs(link.share) < minShare) break;
      if (mask[link.node] && isOfSign(link.share, sign)) drawn.push(link);
    }
    return drawn;
  };
  return { ...links, inputs: of(links.inputs), outputs: of(links.outputs) };
}

export interface LinkCount {
  /** Of the selection, to nodes that are shown. */
  all: number;
  /** Left out by their sign. */
  otherSign: number;
  /** Left out by their share, of those that are left. */
  below: number;
  drawn: number;
}

export function countLinks(links: Links, drawing: Drawing): LinkCount {
  const { inputs, outputs } = drawnOf(links, drawing, LINKS.all);
  const { mask, minShare, sign } = drawing;
  const shown = [...links.inputs, ...links.outputs].filter((link) => mask[link.node]);
  const signed = shown.filter((link) => isOfSign(link.share, sign));
  const below = signed.filter((link) => Math.abs(link.share) < minShare).length;
  const drawn = inputs.length + outputs.length;
  return { all: shown.length, otherSign: shown.length - signed.length, below, drawn };
}

/** A link of some nodes, which are treated as one. */
export interface Edge {
  end: "input" | "output";
  link: Link;
}

/**
 * The nearest of the drawn links to a world point and within `reach`, or null. At most 300 are
 * drawn, and most are too far by their ends alone: a tenth of a millisecond.
 */
export function edgeAt(
  layout: Layout,
  anchors: readonly number[],
  drawn: Links,
  at: Point,
  reach: number,
): Edge | null {
  const anchor = centre(layout, anchors);
  if (!anchor) return null;
  let best: Edge | null = null;
  let least = reach;
  const look = (end: Edge["end"], link: Link): void => {
    const other = { x: layout.x[link.node], y: layout.y[link.node] };
    const [from, to] = end === "input" ? [other, anchor] : [anchor, other];
    const far = distance(from, to, at, least);
    if (far < least) [best, least] = [{ end, link }, far];
  };
  for (const link of drawn.inputs) look("input", link);
  for (const link of drawn.outputs) look("output", link);
  return best;
}

/** Straight parts that a curve is measured by. */
const PARTS = 20;

/** How far a point is from the curve between two others; infinite if that is more than `most`. */
function distance(from: Point, to: Point, at: Point, most: number): number {
  const [a, b, c, d] = curveOf(from, to);
  // The curve does not leave the box around its ends.
  const [left, right] = a.x < d.x ? [a.x, d.x] : [d.x, a.x];
  const [top, bottom] = a.y < d.y ? [a.y, d.y] : [d.y, a.y];
  const isNear =
    at.x > left - most && at.x < right + most && at.y > top - most && at.y < bottom + most;
  if (!isNear) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  let before = a;
  for (let part = 1; part <= PARTS; part++) {
    const t = part / PARTS;
    const s = 1 - t;
    const [wa, wb, wc, wd] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
    const point = {
      x: wa * a.x + wb * b.x + wc * c.x + wd * d.x,
      y: wa * a.y + wb * b.y + wc * c.y + wd * d.y,
    };
    least = Math.min(least, toSegment(before, point, at));
    before = point;
  }
  return least;
}

function toSegment(from: Point, to: Point, at: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  const along = square > 0 ? ((at.x - from.x) * dx + (at.y - from.y) * dy) / square : 0;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(from.x + t * dx - at.x, from.y + t * dy - at.y);
}
