// The still layer as pixels: haze, columns and nodes, painted without a 2D context.
//
// Without a GPU a context takes 0.3 s for 20,000 faint lines and 40 ms for 10,000 circles, as
// each is an outline that is made, sorted and filled, and it takes it at the end of a frame,
// where no slice can be cut short. Here a line is one walk over its pixels and a glyph one
// distance a pixel, at exact places; the time is spent where it is measured.
//
// Places are in device pixels. The layer is opaque: what is below it is the pane's paper.

import type { Sign } from "../state/document.ts";
import { isOfSign } from "./edges.ts";
import type { Layout } from "./layout.ts";
import { KIND, type Pack } from "./pack.ts";
import type { Mark } from "./thin.ts";

/** A colour as the bytes of a pixel lie in a word of a little-endian machine. */
export type Rgb = number;

/** Bytes of an `ImageData`, a word a pixel. */
export interface Pixels {
  width: number;
  height: number;
  words: Uint32Array;
}

/** From world to device pixels. */
export interface Place {
  scale: number;
  dx: number;
  dy: number;
}

export function rgb(r: number, g: number, b: number): Rgb {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** `over` on `under` with an opacity of 0 to 256. Two channels at a time, 16 bits each. */
export function mix(under: Rgb, over: Rgb, opacity: number): Rgb {
  const rest = 256 - opacity;
  const even =
    ((Math.imul(under & 0xff00ff, rest) + Math.imul(over & 0xff00ff, opacity)) >>> 8) & 0xff00ff;
  const odd =
    (Math.imul((under >>> 8) & 0xff, rest) + Math.imul((over >>> 8) & 0xff, opacity)) & 0xff00;
  return (0xff000000 | even | odd) >>> 0;
}

/** Parts of a full pixel that a line counts. */
const UNIT = 32;

/** What the haze is of. */
export interface HazeOf {
  pack: Pack;
  layout: Layout;
  mask: Uint8Array;
  /** The first so many edges: the strongest. */
  nEdges: number;
  /** Those of them that are painted. */
  sign: Sign;
}

/**
 * How many faint lines cross each pixel. Painted in as many steps as there is time for; a pixel
 * of a line is shared between the two nearest, so that lines are smooth.
 */
export class Haze {
  private readonly counts: Uint32Array;
  private next = 0;

  constructor(
    private readonly size: { width: number; height: number },
    private readonly of: HazeOf,
    private readonly place: Place,
  ) {
    this.counts = new Uint32Array(size.width * size.height);
  }

  /** Goes on until a time of `performance.now()`; says whether all is done. */
  run(until: number): boolean {
    const { pack, layout, mask, nEdges, sign } = this.of;
    const { scale, dx, dy } = this.place;
    while (this.next < nEdges) {
      const last = Math.min(nEdges, this.next + 200);
      for (let edge = this.next; edge < last; edge++) {
        const source = pack.source[edge];
        const target = pack.target[edge];
        if (!mask[source] || !mask[target] || !isOfSign(pack.weight[edge], sign)) continue;
        this.line(
          layout.x[source] * scale + dx,
          layout.y[source] * scale + dy,
          layout.x[target] * scale + dx,
          layout.y[target] * scale + dy,
        );
      }
      this.next = last;
      if (performance.now() >= until) break;
    }
    return this.next >= nEdges;
  }

  /** Paper where nothing is, towards the haze's colour the more lines cross, each as `opacity`. */
  paint(pixels: Pixels, paper: Rgb, haze: Rgb, opacity: number): void {
    const shades = new Uint32Array(256 * UNIT);
    for (let count = 0; count < shades.length; count++) {
      const passes = (1 - opacity) ** (count / UNIT);
      shades[count] = mix(paper, haze, Math.round(256 * (1 - passes)));
    }
    const { words } = pixels;
    const last = shades.length - 1;
    for (let at = 0; at < words.length; at++) words[at] = shades[Math.min(last, this.counts[at])];
  }

  /** Counts one line, cut to the picture (Liang, Barsky 1984, "A New Concept and Method for Line Clipping"). */
  private line(x0: number, y0: number, x1: number, y1: number): void {
    const { width, height } = this.size;
    const dx = x1 - x0;
    const dy = y1 - y0;
    let from = 0;
    let to = 1;
    for (let side = 0; side < 4; side++) {
      const towards = side === 0 ? -dx : side === 1 ? dx : side === 2 ? -dy : dy;
      const room =
        side === 0 ? x0 : side === 1 ? width - 2 - x0 : side === 2 ? y0 : height - 2 - y0;
      if (towards === 0) {
        if (room < 0) return;
      } else if (towards < 0) from = Math.max(from, room / towards);
      else to = Math.min(to, room / towards);
    }
    // Also where a place is NaN: the node is not shown.
    if (!(from < to)) return;
    const [ax, ay, bx, by] = [x0 + from * dx, y0 + from * dy, x0 + to * dx, y0 + to * dy];
    if (Math.abs(dx) >= Math.abs(dy)) this.walk(ax, ay, bx, by, 1, width);
    else this.walk(ay, ax, by, bx, width, 1);
  }

  /** Steps along the longer side (`major`), pixels of which are `along` words apart. */
  private walk(
    major0: number,
    minor0: number,
    major1: number,
    minor1: number,
    along: number,
    across: number,
  ): void {
    const { counts } = this;
    const forward = major1 >= major0;
    const [start, end] = forward ? [major0, major1] : [major1, major0];
    const slope = end > start ? (minor1 - minor0) / (major1 - major0) : 0;
    const first = Math.ceil(start);
    // 16 bits below the point.
    let minor = Math.round(65536 * ((forward ? minor0 : minor1) + slope * (first - start)));
    const step = Math.round(65536 * slope);
    let base = first * along;
    for (let at = first; at <= end; at++) {
      const word = base + (minor >> 16) * across;
      const far = (minor >> 11) & (UNIT - 1);
      counts[word] += UNIT - far;
      counts[word + across] += far;
      minor += step;
      base += along;
    }
  }
}

export function fill(pixels: Pixels, colour: Rgb): void {
  pixels.words.fill(colour);
}

/** Lines of one pixel down the picture. */
export function paintColumns(pixels: Pixels, left: Iterable<number>, colour: Rgb): void {
  const { width, words } = pixels;
  for (const at of left) {
    const x = Math.round(at);
    if (x < 0 || x >= width) continue;
    for (let word = x; word < words.length; word += width) words[word] = colour;
  }
}

/** Bars where collapsed nodes stand, at least a pixel thick. */
export function paintMarks(
  { width, height, words }: Pixels,
  marks: readonly Mark[],
  { scale, dx, dy }: Place,
  colour: Rgb,
  opacity = 1,
): void {
  for (const mark of marks) {
    const [w, h] = [mark.width * scale, mark.height * scale];
    const left = Math.round(mark.x * scale + dx - w / 2);
    const top = Math.round(mark.y * scale + dy - h / 2);
    const right = Math.min(width, left + Math.max(1, Math.round(w)));
    const bottom = Math.min(height, top + Math.max(1, Math.round(h)));
    for (let y = Math.max(0, top); y < bottom; y++) {
      for (let x = Math.max(0, left); x < right; x++) {
        const word = y * width + x;
        words[word] = mix(words[word], colour, Math.round(256 * opacity));
      }
    }
  }
}

/** One way to draw a node; lengths in device pixels, opacities 0 to 256. */
interface Glyph {
  kind: number;
  radius: number;
  fill: Rgb;
  line: Rgb;
  lineWidth: number;
  opacity: number;
}

/** Colours of nodes. */
export interface NodeInk {
  paper: Rgb;
  ink: Rgb;
  glyph: Rgb;
  line: Rgb;
}

export const RADIUS = 4.4;
const LEVELS = 6;
const ERROR_OPACITY = 0.55;

/**
 * All given nodes: darker with more influence (square root, of the strongest node's), or with more
 * of what is given instead.
 */
export function paintNodes(
  pixels: Pixels,
  graph: {
    pack: Pack;
    layout: Layout;
    nodes: ArrayLike<number>;
    /** 0 to 1, a value a node. */
    strengths?: Float32Array | null;
  },
  place: Place,
  ink: NodeInk,
  opacity = 1,
): void {
  const { pack, layout, nodes, strengths } = graph;
  const glyphs = glyphsOf(place.scale, ink, 256 * opacity);
  let most = 0;
  for (let at = 0; at < nodes.length; at++) {
    if (pack.kind[nodes[at]] <= KIND.error) most = Math.max(most, pack.influence[nodes[at]]);
  }
  const margin = 2 * RADIUS * place.scale + 2;
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    const x = layout.x[node] * place.scale + place.dx;
    const y = layout.y[node] * place.scale + place.dy;
    // Also where a place is NaN.
    if (!(x > -margin && x < pixels.width + margin)) continue;
    if (!(y > -margin && y < pixels.height + margin)) continue;
    const kind = pack.kind[node];
    if (kind === KIND.error) stamp(pixels, x, y, glyphs.error);
    else if (kind !== KIND.feature) stamp(pixels, x, y, glyphs.solid);
    else {
      const ofMost = most > 0 ? Math.sqrt(pack.influence[node] / most) : 0;
      const strength = strengths ? strengths[node] : ofMost;
      stamp(pixels, x, y, glyphs.levels[Math.min(LEVELS - 1, Math.floor(strength * LEVELS))]);
    }
  }
}

function glyphsOf(scale: number, ink: NodeInk, opacity: number) {
  const plain = { radius: RADIUS * scale, line: ink.line, lineWidth: scale, opacity };
  const levels = Array.from({ length: LEVELS }, (_, level): Glyph => {
    const dark = Math.round((256 * 0.75 * level) / (LEVELS - 1));
    return { ...plain, kind: KIND.feature, fill: mix(ink.glyph, ink.line, dark) };
  });
  const error: Glyph = {
    ...plain,
    kind: KIND.error,
    radius: 1.15 * plain.radius,
    fill: ink.paper,
    opacity: ERROR_OPACITY * opacity,
  };
  const solid: Glyph = { ...plain, kind: KIND.token, fill: ink.ink, lineWidth: 0 };
  return { levels, error, solid };
}

/** Draws a circle, a diamond or a square: by its signed distance, smooth over one pixel. */
function stamp({ width, height, words }: Pixels, x: number, y: number, glyph: Glyph): void {
  const { kind, radius, lineWidth, opacity } = glyph;
  const half = lineWidth / 2;
  const thin = Math.min(1, lineWidth);
  const reach = radius + half + 0.5;
  const [left, right] = [Math.max(0, Math.floor(x - reach)), Math.min(width, Math.ceil(x + reach))];
  const top = Math.max(0, Math.floor(y - reach));
  const bottom = Math.min(height, Math.ceil(y + reach));
  for (let row = top; row < bottom; row++) {
    const dy = Math.abs(row + 0.5 - y);
    for (let column = left; column < right; column++) {
      const dx = Math.abs(column + 0.5 - x);
      const out =
        kind === KIND.feature
          ? Math.sqrt(dx * dx + dy * dy) - radius
          : kind === KIND.error
            ? (dx + dy - radius) * Math.SQRT1_2
            : Math.max(dx, dy) - radius;
      if (out >= half + 0.5) continue;
      const word = row * width + column;
      let colour = words[word];
      const inside = Math.min(1, 0.5 - out);
      if (inside > 0) colour = mix(colour, glyph.fill, Math.round(opacity * inside));
      const onLine = Math.min(thin, half + 0.5 - Math.abs(out));
      if (onLine > 0) colour = mix(colour, glyph.line, Math.round(opacity * onLine));
      words[word] = colour;
    }
  }
}
