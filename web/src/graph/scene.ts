// The renderer: what is drawn when, on canvases that lie on each other.
//
// `still`  haze, columns and nodes, pixel by pixel. A pan or zoom moves the element and paints
//          nothing; it is painted again when the hand rests.
// `chosen` the selection, its links, pins and the lasso; moved in the same way.
// `hover`  what is under the pointer, so that a hover paints its own links and nothing else.
// `rows` and `tokens`  names along the two edges of the pane, which stand still in one direction.
//
// What did not change is not painted. At most 150 links of each end are drawn at once, and of a
// hover the strongest first. Budgets: docs/benchmarks.md.

import { AXIS, paintRows, paintTokens } from "./axes.ts";
import { drawnOf, type Edge, LINKS } from "./drawn.ts";
import type { Links } from "./edges.ts";
import { type Context, Layer, type Transform } from "./layer.ts";
import { type Ink, paintGlyph, paintLinks, paintRing, shareColour } from "./paint.ts";
import { Still, type StillOf } from "./still.ts";

/** Everything that a frame shows. */
export interface Frame extends StillOf {
  tokens: readonly string[];
  /** Words over the target row, a target node each. */
  selection: readonly number[];
  links: Links | null;
  hover: number;
  hoverLinks: Links | null;
  /** Nodes of what is collapsed under the pointer, whose links the hover's then are. */
  bar: readonly number[] | null;
  /** A link of the selection that is under the pointer. */
  edge: Edge | null;
  pins: readonly number[];
  minShare: number;
}

export interface Canvases {
  still: HTMLCanvasElement;
  chosen: HTMLCanvasElement;
  hover: HTMLCanvasElement;
  rows: HTMLCanvasElement;
  tokens: HTMLCanvasElement;
}

const REST_MS = 90;
const REST_OF_LINKS_MS = 40;
/** Stands still: names are painted where they are. */
const HERE: Transform = { k: 1, x: 0, y: 0 };

type Painted = "chosen" | "hover";

export class Scene {
  private frame: Frame | null = null;
  private transform: Transform = HERE;
  private readonly due = { still: false, chosen: false, hover: false, axes: false };
  private lasso: { x: number; y: number }[] = [];
  private width = 0;
  private height = 0;
  private readonly ratio = Math.min(2, window.devicePixelRatio || 1);
  private readonly still: Still;
  private readonly layers: Record<Painted | "rows" | "tokens", Layer>;
  private pending = 0;
  private rest = 0;
  private restOfLinks = 0;

  constructor(
    canvases: Canvases,
    private ink: Ink,
    private readonly onFirstFrame: () => void,
  ) {
    const layer = (canvas: HTMLCanvasElement): Layer => new Layer(canvas, this.ratio);
    this.layers = {
      chosen: layer(canvases.chosen),
      hover: layer(canvases.hover),
      rows: layer(canvases.rows),
      tokens: layer(canvases.tokens),
    };
    this.still = new Still(canvases.still, this.ratio, () => this.move());
  }

  setInk(ink: Ink): void {
    this.ink = ink;
    this.invalidate("still", "chosen", "hover", "axes");
  }

  /** Paints what is due without waiting for a frame: there is none before a page is printed. */
  paintNow(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    this.paint();
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    const { chosen, hover, rows, tokens } = this.layers;
    for (const layer of [chosen, hover]) layer.resize(width, height);
    rows.resize(AXIS.left, height);
    tokens.resize(width, AXIS.bottom);
    this.still.resize(width, height);
    this.invalidate("still", "chosen", "hover", "axes");
  }

  /** A new frame; only what changed is painted again. */
  setFrame(frame: Frame): void {
    const { frame: before } = this;
    this.frame = frame;
    const differs = (...keys: (keyof Frame)[]): boolean =>
      !before || keys.some((key) => before[key] !== frame[key]);
    const places = differs("layout", "mask", "minShare", "sign", "selection");
    if (differs("columns", "layout", "matches", "strengths", "nHaze", "sign", "groups"))
      this.invalidate("still");
    if (places || differs("links", "pins", "groups")) this.invalidate("chosen");
    if (places || differs("hover", "hoverLinks", "bar", "edge")) this.invalidate("hover");
    if (differs("layout", "tokens")) this.invalidate("axes");
  }

  setTransform(transform: Transform): void {
    this.transform = transform;
    this.invalidate("axes");
    window.clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      if (this.frame) this.still.follow(this.frame, this.transform, this.ink);
      for (const name of ["chosen", "hover"] as const) {
        if (!this.layers[name].isAt(this.transform)) this.invalidate(name);
      }
    }, REST_MS);
  }

  setLasso(points: { x: number; y: number }[]): void {
    if (points.length === 0 && this.lasso.length === 0) return;
    this.lasso = points;
    this.invalidate("chosen");
  }

  destroy(): void {
    cancelAnimationFrame(this.pending);
    window.clearTimeout(this.rest);
    window.clearTimeout(this.restOfLinks);
    this.still.destroy();
  }

  private invalidate(...what: (keyof Scene["due"])[]): void {
    for (const one of what) this.due[one] = true;
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.paint();
    });
  }

  private paint(): void {
    const { frame, due } = this;
    if (!frame || this.width === 0) return;
    if (due.still) this.still.paint(frame, this.transform, this.ink);
    if (due.chosen) this.paintChosen(frame);
    if (due.hover) this.paintHover(frame, LINKS.first);
    if (due.axes) this.paintAxes(frame);
    this.move();
    if (due.still) this.onFirstFrame();
    if (due.hover) this.awaitRestOfLinks();
    Object.assign(due, { still: false, chosen: false, hover: false, axes: false });
  }

  /** Puts pictures where the present transform wants them. */
  private move(): void {
    const { chosen, hover } = this.layers;
    for (const layer of [this.still.layer, chosen, hover]) layer.moveTo(this.transform);
  }

  /** Links of the hover beyond the strongest, when nothing changed for a moment. */
  private awaitRestOfLinks(): void {
    window.clearTimeout(this.restOfLinks);
    this.restOfLinks = window.setTimeout(() => {
      const { frame } = this;
      // What is due anyway comes back to here.
      if (!frame || this.due.hover || !hasMore(frame.hoverLinks)) return;
      this.paintHover(frame, LINKS.all);
      this.move();
    }, REST_OF_LINKS_MS);
  }

  private style(frame: Frame, alpha: number) {
    const width = 1 / Math.max(0.6, this.transform.k);
    return { ink: this.ink, shown: frame.mask, width, alpha };
  }

  private paintChosen(frame: Frame): void {
    const { layout, columns, mask: shown } = frame;
    const { accent, ink } = this.ink;
    this.layers.chosen.paint(this.transform, (context) => {
      if (frame.links) {
        this.paintSelectionLinks(context, frame, drawnOf(frame.links, frame, LINKS.all));
      }
      const grouped = frame.groups.flatMap((group) => group.nodes);
      for (const node of new Set([...frame.pins, ...grouped])) {
        if (shown[node]) paintRing(context, layout, node, { colour: ink, width: 1.4, radius: 7 });
      }
      for (const node of grouped) {
        if (shown[node]) paintRing(context, layout, node, { colour: ink, width: 1.2, radius: 10 });
      }
      for (const node of frame.selection) {
        if (!shown[node]) continue;
        const glyph = { fill: accent, stroke: accent, width: 1, grow: 0.8 };
        paintGlyph(context, columns, layout, node, glyph);
        paintRing(context, layout, node, { colour: accent, width: 1.8, radius: 9 });
      }
      this.paintLasso(context);
    });
  }

  private paintSelectionLinks(context: Context, frame: Frame, links: Links): void {
    const { layout, columns, mask, selection } = frame;
    paintLinks(context, layout, selection, links, this.style(frame, 0.9));
    for (const link of [...links.outputs, ...links.inputs].toReversed()) {
      if (!mask[link.node]) continue;
      const fill = shareColour(link.share, this.ink);
      const glyph = { fill, stroke: this.ink.ink, width: 1, grow: 0.6 };
      paintGlyph(context, columns, layout, link.node, glyph);
    }
  }

  private paintHover(frame: Frame, most: number): void {
    const { hover, hoverLinks, layout, edge, bar } = frame;
    const layer = this.layers.hover;
    const isNode = hover >= 0 && frame.mask[hover] === 1;
    if (!isNode && !edge && !bar) {
      layer.hide();
      return;
    }
    layer.show();
    layer.paint(this.transform, (context) => {
      if (!isNode && edge) this.paintEdge(context, frame, edge);
      // What is selected has its links already.
      const from = isNode ? [hover] : (bar ?? []);
      if (hoverLinks && !from.every((node) => frame.selection.includes(node))) {
        const links = drawnOf(hoverLinks, frame, most);
        paintLinks(context, layout, from, links, this.style(frame, 0.45));
      }
      if (!isNode) return;
      paintRing(context, layout, hover, { colour: this.ink.ink, width: 1.6, radius: 8 });
    });
  }

  /** Once more, wider and with nothing seen through it, and its other end. */
  private paintEdge(context: Context, frame: Frame, { end, link }: Edge): void {
    const { layout, selection } = frame;
    const links = { inputs: [link], outputs: [link], [end === "input" ? "outputs" : "inputs"]: [] };
    const style = this.style(frame, 3);
    paintLinks(context, layout, selection, links, { ...style, width: 1.6 * style.width });
    paintRing(context, layout, link.node, { colour: this.ink.ink, width: 1.6, radius: 8 });
  }

  private paintLasso(context: Context): void {
    if (this.lasso.length < 2) return;
    context.beginPath();
    for (const { x, y } of this.lasso) context.lineTo(x, y);
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = this.ink.accent;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = this.ink.accent;
    context.lineWidth = 1.2 / this.transform.k;
    context.setLineDash([4 / this.transform.k, 3 / this.transform.k]);
    context.stroke();
    context.setLineDash([]);
  }

  private paintAxes(frame: Frame): void {
    const style = { ink: this.ink, size: { width: this.width, height: this.height } };
    const { rows, tokens } = this.layers;
    rows.paint(HERE, (context) => paintRows(context, frame.layout, this.transform, style));
    tokens.paint(HERE, (context) => paintTokens(context, frame, this.transform, style));
  }
}

function hasMore(links: Links | null): boolean {
  return links !== null && Math.max(links.inputs.length, links.outputs.length) > LINKS.first;
}
