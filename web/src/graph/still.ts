// The still layer: haze, nodes, marks of what is collapsed, and names of groups of one transform, on
// one canvas.
//
// Nodes are painted at once. The haze takes some dozen milliseconds and is counted in slices
// between which the page answers; what it is of is remembered, so that it is counted again only
// when edges, places or the transform changed.

import type { Group, Sign } from "../state/document.ts";
import { anchors, paintNames } from "./groups.ts";
import { Layer, type Transform } from "./layer.ts";
import type { Layout } from "./layout.ts";
import type { Pack } from "./pack.ts";
import type { Ink } from "./paint.ts";
import {
  fill,
  Haze,
  type Pixels,
  type Place,
  paintColumns,
  paintMarks,
  paintNodes,
} from "./pixels.ts";

/** What the layer shows. */
export interface StillOf {
  pack: Pack;
  /** The pack as far as its nodes go: the same while only more edges come. */
  columns: Pack;
  layout: Layout;
  mask: Uint8Array;
  matches: Uint8Array | null;
  /** What fills nodes, 0 to 1; `null` for their influence. */
  strengths: Float32Array | null;
  /** Edges that the haze is made of: the first so many, if they are of the sign. */
  nHaze: number;
  sign: Sign;
  groups: readonly Group[];
}

/** Edges that the haze is made of: more change only how dark it is. */
export const MOST_HAZE = 20_000;
const SLICE_MS = 8;
/** How opaque nodes are that a search did not find. */
const NOT_FOUND = 0.25;

interface Counted {
  haze: Haze;
  of: StillOf;
  transform: Transform;
}

export class Still {
  readonly layer: Layer;
  private image: ImageData | null = null;
  private counted: Counted | null = null;
  private slicing = 0;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly ratio: number,
    private readonly onPainted: () => void,
  ) {
    this.layer = new Layer(canvas, ratio);
  }

  resize(width: number, height: number): void {
    const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * this.ratio)));
    this.layer.resize(width, height);
    this.image = new ImageData(w, h);
    this.counted = null;
  }

  /** Paints now what may not wait; a haze that is not of this follows when it is counted. */
  paint(of: StillOf, transform: Transform, ink: Ink): void {
    window.clearTimeout(this.slicing);
    const { counted } = this;
    // A haze of other nodes in the same place is a better stand-in than none.
    this.compose(
      of,
      transform,
      ink,
      counted && same(counted.transform, transform) ? counted : null,
    );
    if (!isOf(counted, of, transform)) this.count(of, transform, ink);
  }

  /** Goes to another transform with all that belongs to it, so that the haze does not flicker. */
  follow(of: StillOf, transform: Transform, ink: Ink): void {
    window.clearTimeout(this.slicing);
    if (this.layer.isAt(transform) && isOf(this.counted, of, transform)) return;
    this.count(of, transform, ink);
  }

  destroy(): void {
    window.clearTimeout(this.slicing);
  }

  private count(of: StillOf, transform: Transform, ink: Ink): void {
    if (!this.image) return;
    const { pack, layout, mask, nHaze: nEdges, sign } = of;
    const haze = new Haze(this.image, { pack, layout, mask, nEdges, sign }, this.place(transform));
    const slice = (): void => {
      if (!haze.run(performance.now() + SLICE_MS)) {
        this.slicing = window.setTimeout(slice);
        return;
      }
      this.counted = { haze, of, transform };
      this.compose(of, transform, ink, this.counted);
      this.onPainted();
    };
    this.slicing = window.setTimeout(slice);
  }

  private place({ k, x, y }: Transform): Place {
    return { scale: k * this.ratio, dx: x * this.ratio, dy: y * this.ratio };
  }

  private compose(of: StillOf, transform: Transform, ink: Ink, counted: Counted | null): void {
    const { image } = this;
    if (!image) return;
    const words = new Uint32Array(image.data.buffer);
    const pixels: Pixels = { width: image.width, height: image.height, words };
    const place = this.place(transform);
    const { pixel } = ink;
    if (counted) {
      // A line is 0.6 pixels of the page wide, and fainter the more there are.
      const faint = 0.03 + Math.min(0.3, 60 / Math.max(1, of.nHaze));
      counted.haze.paint(pixels, pixel.paper, pixel.haze, faint * Math.min(1, 0.6 * this.ratio));
    } else fill(pixels, pixel.paper);
    const { left } = of.layout.columns;
    paintColumns(
      pixels,
      Array.from(left, (x) => x * place.scale + place.dx),
      pixel.column,
    );
    const { columns: pack, layout, matches, strengths } = of;
    const { open: nodes, marks } = layout;
    const opacity = matches ? NOT_FOUND : 1;
    paintNodes(pixels, { pack, layout, nodes, strengths }, place, pixel, opacity);
    paintMarks(pixels, marks, place, pixel.line, opacity);
    if (matches) {
      const isFound = (node: number): boolean => matches[node] === 1;
      const some = nodes.filter(isFound);
      paintNodes(pixels, { pack, layout, nodes: some, strengths }, place, pixel);
      const found = marks.filter((mark) => mark.nodes.some(isFound));
      paintMarks(pixels, found, place, pixel.line);
    }
    this.layer.paint(transform, (context) => {
      context.putImageData(image, 0, 0);
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      paintNames(context, anchors(of.groups, pack, of.mask, layout), layout, transform, ink);
    });
  }
}

function same(a: Transform, b: Transform): boolean {
  return a.k === b.k && a.x === b.x && a.y === b.y;
}

function isOf(counted: Counted | null, of: StillOf, transform: Transform): boolean {
  return (
    counted !== null &&
    same(counted.transform, transform) &&
    counted.of.columns === of.columns &&
    counted.of.layout === of.layout &&
    counted.of.mask === of.mask &&
    counted.of.nHaze === of.nHaze &&
    counted.of.sign === of.sign
  );
}
