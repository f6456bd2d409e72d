// Painting: pure functions from columns, layout and colours onto a 2D context.
//
// Contexts come in with the world transform already set; sizes are in world pixels. Sign is
// never colour alone: a negative edge is dashed and ends in a bar, a positive one in an arrow.

import { interpolateRgb } from "d3-interpolate";
import type { Link } from "./edges.ts";
import type { Layout } from "./layout.ts";
import { KIND, type Pack } from "./pack.ts";

/** Colours of the theme, read once a theme change. */
export interface Ink {
  paper: string;
  surface: string;
  ink: string;
  muted: string;
  line: string;
  accent: string;
  positive: string;
  negative: string;
  haze: string;
  glyph: string;
  glyphLine: string;
}

export function readInk(element: Element): Ink {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: of("paper"),
    surface: of("surface"),
    ink: of("ink"),
    muted: of("muted"),
    line: of("line"),
    accent: of("accent"),
    positive: of("positive"),
    negative: of("negative"),
    haze: of("haze"),
    glyph: of("glyph"),
    glyphLine: of("glyph-line"),
  };
}

export const RADIUS = 4.4;

/** Fill of a neighbour by signed share: from a plain glyph's to its edge's, at a third of the input. */
export function shareColour(share: number, ink: Ink): string {
  const strength = Math.min(1, 0.15 + Math.sqrt(Math.abs(share) / 0.33));
  return interpolateRgb(ink.glyph, share < 0 ? ink.negative : ink.positive)(strength);
}

function glyphPath(path: Path2D, kind: number, x: number, y: number, r: number): void {
  if (kind === KIND.feature) {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  } else if (kind === KIND.error) {
    const d = r * 1.15;
    path.moveTo(x, y - d);
    path.lineTo(x + d, y);
    path.lineTo(x, y + d);
    path.lineTo(x - d, y);
    path.closePath();
  } else path.rect(x - r, y - r, 2 * r, 2 * r);
}

const LEVELS = 6;

/** All given nodes: darker with more influence (square root, of the strongest node's). */
export function paintNodes(
  context: CanvasRenderingContext2D,
  pack: Pack,
  layout: Layout,
  nodes: ArrayLike<number>,
  ink: Ink,
): void {
  let most = 0;
  for (let at = 0; at < nodes.length; at++) {
    const kind = pack.kind[nodes[at]];
    if (kind === KIND.feature || kind === KIND.error) {
      most = Math.max(most, pack.influence[nodes[at]]);
    }
  }
  const levels = Array.from({ length: LEVELS }, () => new Path2D());
  const solid = new Path2D();
  const errors = new Path2D();
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    const kind = pack.kind[node];
    const x = layout.x[node];
    const y = layout.y[node];
    if (kind === KIND.token || kind === KIND.target) glyphPath(solid, kind, x, y, RADIUS);
    else if (kind === KIND.error) glyphPath(errors, kind, x, y, RADIUS);
    else {
      const strength = most > 0 ? Math.sqrt(pack.influence[node] / most) : 0;
      const level = Math.min(LEVELS - 1, Math.floor(strength * LEVELS));
      glyphPath(levels[level], kind, x, y, RADIUS);
    }
  }
  context.lineWidth = 1;
  context.strokeStyle = ink.glyphLine;
  context.fillStyle = ink.paper;
  context.globalAlpha = 0.55;
  context.fill(errors);
  context.stroke(errors);
  context.globalAlpha = 1;
  levels.forEach((path, level) => {
    context.fillStyle = ink.glyph;
    context.fill(path);
    context.globalAlpha = (level / (LEVELS - 1)) * 0.75;
    context.fillStyle = ink.glyphLine;
    context.fill(path);
    context.globalAlpha = 1;
    context.stroke(path);
  });
  context.fillStyle = ink.ink;
  context.fill(solid);
}

/** One neighbour's glyph, filled by its share. */
export function paintGlyph(
  context: CanvasRenderingContext2D,
  pack: Pack,
  layout: Layout,
  node: number,
  style: { fill: string; stroke: string; width: number; grow: number },
): void {
  const path = new Path2D();
  glyphPath(path, pack.kind[node], layout.x[node], layout.y[node], RADIUS + style.grow);
  context.fillStyle = style.fill;
  context.strokeStyle = style.stroke;
  context.lineWidth = style.width;
  context.fill(path);
  context.stroke(path);
}

/** A ring around a node, for hover and selection. */
export function paintRing(
  context: CanvasRenderingContext2D,
  layout: Layout,
  node: number,
  style: { colour: string; width: number; radius: number; dash?: number[] },
): void {
  context.beginPath();
  context.arc(layout.x[node], layout.y[node], style.radius, 0, 2 * Math.PI);
  context.lineWidth = style.width;
  context.strokeStyle = style.colour;
  context.setLineDash(style.dash ?? []);
  context.stroke();
  context.setLineDash([]);
}

/** The haze: the given edges, faint. Called in slices, as 20,000 take long without a GPU. */
export function paintHaze(
  context: CanvasRenderingContext2D,
  pack: Pack,
  layout: Layout,
  mask: Uint8Array,
  range: { from: number; to: number },
): void {
  context.beginPath();
  for (let edge = range.from; edge < range.to; edge++) {
    const source = pack.source[edge];
    const target = pack.target[edge];
    if (!mask[source] || !mask[target]) continue;
    context.moveTo(layout.x[source], layout.y[source]);
    context.lineTo(layout.x[target], layout.y[target]);
  }
  context.stroke();
}

/** Links of `anchors`. Shares set width and, at the ends, colour. */
export function paintLinks(
  context: CanvasRenderingContext2D,
  layout: Layout,
  anchors: readonly number[],
  links: { inputs: readonly Link[]; outputs: readonly Link[] },
  style: { ink: Ink; alpha: number; shown: Uint8Array; width: number },
): void {
  const anchor = centre(layout, anchors);
  if (!anchor) return;
  const draw = (link: Link, into: boolean): void => {
    if (!style.shown[link.node]) return;
    const other = { x: layout.x[link.node], y: layout.y[link.node] };
    const [from, to] = into ? [other, anchor] : [anchor, other];
    paintEdge(context, from, to, link.share, style);
  };
  for (const link of links.inputs.toReversed()) draw(link, true);
  for (const link of links.outputs.toReversed()) draw(link, false);
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function centre(layout: Layout, nodes: readonly number[]): { x: number; y: number } | null {
  let x = 0;
  let y = 0;
  let n = 0;
  for (const node of nodes) {
    if (Number.isNaN(layout.x[node])) continue;
    x += layout.x[node];
    y += layout.y[node];
    n++;
  }
  return n > 0 ? { x: x / n, y: y / n } : null;
}

function paintEdge(
  context: CanvasRenderingContext2D,
  from: { x: number; y: number },
  to: { x: number; y: number },
  share: number,
  style: { ink: Ink; alpha: number; width: number },
): void {
  const strength = Math.min(1, Math.abs(share) / 0.3);
  const width = (0.7 + 4 * strength) * style.width;
  const bend = (from.y - to.y) * 0.4;
  context.globalAlpha = style.alpha * (0.35 + 0.65 * Math.sqrt(strength));
  context.strokeStyle = share < 0 ? style.ink.negative : style.ink.positive;
  context.lineWidth = width;
  context.setLineDash(share < 0 ? [4 + 2 * width, 2 + width] : []);
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(from.x, from.y - bend, to.x, to.y + bend, to.x, to.y + RADIUS);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  const tip = to.y + RADIUS + 1;
  const size = 2.5 + width;
  if (share < 0) {
    context.moveTo(to.x - size, tip);
    context.lineTo(to.x + size, tip);
  } else {
    context.moveTo(to.x - size * 0.8, tip + size);
    context.lineTo(to.x, tip);
    context.lineTo(to.x + size * 0.8, tip + size);
  }
  context.lineWidth = Math.max(1, width * 0.6);
  context.stroke();
}
