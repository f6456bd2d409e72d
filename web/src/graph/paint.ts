// Painting: pure functions from columns, layout and colours onto a 2D context.
//
// Contexts come in with the world transform already set; sizes are in world pixels. Sign is
// never colour alone: a negative edge is dashed and ends in a bar, a positive one in an arrow.

import { interpolateRgb, quantize } from "d3-interpolate";
import type { Link } from "./edges.ts";
import type { Context } from "./layer.ts";
import type { Layout } from "./layout.ts";
import { KIND, type Pack } from "./pack.ts";
import { type NodeInk, RADIUS, type Rgb, rgb } from "./pixels.ts";

/** Colours of the theme, read once a theme change. */
export interface Ink {
  paper: string;
  ink: string;
  muted: string;
  line: string;
  accent: string;
  positive: string;
  negative: string;
  glyph: string;
  /** The same for what is painted pixel by pixel. */
  pixel: NodeInk & { haze: Rgb; column: Rgb };
  /** From a plain glyph's colour to an edge's, by sign. */
  ramps: { positive: string[]; negative: string[] };
}

export function readInk(element: Element): Ink {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const [glyph, positive, negative] = [of("glyph"), of("positive"), of("negative")];
  return {
    paper: of("paper"),
    ink: of("ink"),
    muted: of("muted"),
    line: of("line"),
    accent: of("accent"),
    positive,
    negative,
    glyph,
    pixel: {
      paper: rgbOf(of("paper")),
      ink: rgbOf(of("ink")),
      glyph: rgbOf(glyph),
      line: rgbOf(of("glyph-line")),
      haze: rgbOf(of("haze")),
      column: rgbOf(of("line")),
    },
    ramps: {
      positive: quantize(interpolateRgb(glyph, positive), SHADES),
      negative: quantize(interpolateRgb(glyph, negative), SHADES),
    },
  };
}

/** Whatever a colour is written as, an interpolation writes it as three numbers. */
function rgbOf(text: string): Rgb {
  const [r, g, b] = (interpolateRgb(text, text)(0).match(/\d+/g) ?? [0, 0, 0]).map(Number);
  return rgb(r, g, b);
}

const SHADES = 64;

/** Fill of a neighbour by signed share: from a plain glyph's to its edge's, at a third of the input. */
export function shareColour(share: number, ink: Ink): string {
  const strength = Math.min(1, 0.15 + Math.sqrt(Math.abs(share) / 0.33));
  const { positive, negative } = ink.ramps;
  return (share < 0 ? negative : positive)[Math.round(strength * (SHADES - 1))];
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

/** One neighbour's glyph, filled by its share. */
export function paintGlyph(
  context: Context,
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
  context: Context,
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

/** Links of `anchors`. Shares set width and, at the ends, colour. */
export function paintLinks(
  context: Context,
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

/** A place of the world. */
export interface Point {
  x: number;
  y: number;
}

/** Where links of several nodes start and end. */
export function centre(layout: Layout, nodes: readonly number[]): Point | null {
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

/** An edge as it is drawn: its ends and, between them, the points that bend it. */
export function curveOf(from: Point, to: Point): [Point, Point, Point, Point] {
  const bend = (from.y - to.y) * 0.4;
  return [
    from,
    { x: from.x, y: from.y - bend },
    { x: to.x, y: to.y + bend },
    { x: to.x, y: to.y + RADIUS },
  ];
}

function paintEdge(
  context: Context,
  from: Point,
  to: Point,
  share: number,
  style: { ink: Ink; alpha: number; width: number },
): void {
  const strength = Math.min(1, Math.abs(share) / 0.3);
  const width = (0.7 + 4 * strength) * style.width;
  const [start, first, second, end] = curveOf(from, to);
  context.globalAlpha = Math.min(1, style.alpha * (0.35 + 0.65 * Math.sqrt(strength)));
  context.strokeStyle = share < 0 ? style.ink.negative : style.ink.positive;
  context.lineWidth = width;
  context.setLineDash(share < 0 ? [4 + 2 * width, 2 + width] : []);
  context.beginPath();
  context.moveTo(start.x, start.y);
  context.bezierCurveTo(first.x, first.y, second.x, second.y, end.x, end.y);
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
