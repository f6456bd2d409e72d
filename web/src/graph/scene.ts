// The renderer: what is drawn when, on three stacked canvases.
//
// `scene`   haze and nodes, as a bitmap of one transform. A pan or zoom moves the bitmap at once
//           and repaints it when the hand rests, so that a frame never costs a full repaint.
// `overlay` selection, hover, lasso: cleared and drawn every time, never more than 300 edges each.
// `axes`    token and layer names, fixed to the edges of the pane.
//
// Budget: a hover paints within one frame on software rendering with 10,000 nodes
// (docs/benchmarks.md).

import type { Links } from "./edges.ts";
import type { Layout } from "./layout.ts";
import type { Pack } from "./pack.ts";
import {
  type Ink,
  paintGlyph,
  paintHaze,
  paintLinks,
  paintNodes,
  paintRing,
  shareColour,
} from "./paint.ts";

export interface Transform {
  k: number;
  x: number;
  y: number;
}

/** Everything that a frame shows. */
export interface Frame {
  pack: Pack;
  layout: Layout;
  nodes: Uint32Array;
  mask: Uint8Array;
  tokens: readonly string[];
  /** Words over the target row, a target node each. */
  selection: readonly number[];
  links: Links | null;
  hover: number;
  hoverLinks: Links | null;
  pins: readonly number[];
  matches: Uint8Array | null;
  minShare: number;
}

export const AXIS = { left: 52, bottom: 62, top: 8, right: 10 };
const MOST_HAZE = 20_000;
const SLICE_MS = 8;
const REST_MS = 90;
/** Links that are drawn at rest, and while a hand moves the graph. */
const MOST_LINKS = { resting: 300, moving: 60 };

export class Scene {
  readonly canvases: {
    scene: HTMLCanvasElement;
    overlay: HTMLCanvasElement;
    axes: HTMLCanvasElement;
  };
  private frame: Frame | null = null;
  private ink: Ink;
  private transform: Transform = { k: 1, x: 0, y: 0 };
  private drawn: Transform = { k: 1, x: 0, y: 0 };
  private readonly bitmap = document.createElement("canvas");
  private readonly haze = document.createElement("canvas");
  private hazeAt: Transform | null = null;
  private lasso: { x: number; y: number }[] = [];
  private width = 0;
  private height = 0;
  private readonly ratio = Math.min(2, window.devicePixelRatio || 1);
  private sceneDue = false;
  private pending = 0;
  private rest = 0;
  private slicing = 0;
  private moving = false;

  constructor(canvases: Scene["canvases"], ink: Ink) {
    this.canvases = canvases;
    this.ink = ink;
  }

  setInk(ink: Ink): void {
    this.ink = ink;
    this.repaint();
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    for (const canvas of [...Object.values(this.canvases), this.bitmap, this.haze]) {
      canvas.width = Math.max(1, Math.round(width * this.ratio));
      canvas.height = Math.max(1, Math.round(height * this.ratio));
    }
    this.repaint();
  }

  /** A new frame; only what changed is painted again. */
  setFrame(frame: Frame): void {
    const before = this.frame;
    this.frame = frame;
    const same =
      before?.layout === frame.layout &&
      before.nodes === frame.nodes &&
      before.pack === frame.pack &&
      before.matches === frame.matches;
    if (same) this.invalidate();
    else this.repaint();
  }

  setTransform(transform: Transform): void {
    this.transform = transform;
    this.moving = true;
    this.invalidate();
    window.clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      this.moving = false;
      this.repaint();
    }, REST_MS);
  }

  setLasso(points: { x: number; y: number }[]): void {
    this.lasso = points;
    this.invalidate();
  }

  destroy(): void {
    cancelAnimationFrame(this.pending);
    cancelAnimationFrame(this.slicing);
    window.clearTimeout(this.rest);
  }

  private repaint(): void {
    this.sceneDue = true;
    this.invalidate();
  }

  private invalidate(): void {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.paint();
    });
  }

  private paint(): void {
    const { frame } = this;
    if (!frame || this.width === 0) return;
    if (this.sceneDue) this.paintScene(frame);
    this.showScene();
    this.paintOverlay(frame);
    this.paintAxes(frame);
  }

  private world(context: CanvasRenderingContext2D, transform: Transform): void {
    const scale = this.ratio * transform.k;
    context.setTransform(scale, 0, 0, scale, this.ratio * transform.x, this.ratio * transform.y);
  }

  private paintScene(frame: Frame): void {
    this.sceneDue = false;
    const context = clear(this.bitmap);
    this.drawn = this.transform;
    this.world(context, this.drawn);
    if (frame.matches) context.globalAlpha = 0.25;
    const { matches } = frame;
    paintNodes(context, frame.pack, frame.layout, this.culled(frame), this.ink);
    if (matches) {
      context.globalAlpha = 1;
      const found = this.culled(frame).filter((node) => matches[node]);
      paintNodes(context, frame.pack, frame.layout, found, this.ink);
    }
    this.startHaze(frame);
  }

  private culled(frame: Frame): Uint32Array {
    const { k, x, y } = this.transform;
    const margin = 10;
    const left = (-margin - x) / k;
    const right = (this.width + margin - x) / k;
    const top = (-margin - y) / k;
    const bottom = (this.height + margin - y) / k;
    const { layout } = frame;
    return frame.nodes.filter(
      (node) =>
        layout.x[node] >= left &&
        layout.x[node] <= right &&
        layout.y[node] >= top &&
        layout.y[node] <= bottom,
    );
  }

  /** The haze is painted in slices of a few milliseconds, strongest edges first. */
  private startHaze(frame: Frame): void {
    cancelAnimationFrame(this.slicing);
    const context = clear(this.haze);
    this.hazeAt = this.transform;
    this.world(context, this.hazeAt);
    context.strokeStyle = this.ink.haze;
    context.lineWidth = 0.6 / this.transform.k;
    const last = Math.min(frame.pack.nEdges, MOST_HAZE);
    context.globalAlpha = Math.min(0.3, 60 / Math.max(1, last)) + 0.03;
    let next = 0;
    const slice = (): void => {
      const until = performance.now() + SLICE_MS;
      while (next < last && performance.now() < until) {
        const to = Math.min(last, next + 100);
        paintHaze(context, frame.pack, frame.layout, frame.mask, { from: next, to });
        next = to;
      }
      if (next < last) this.slicing = requestAnimationFrame(slice);
      else this.merge();
      this.showScene();
    };
    slice();
  }

  /** Haze under nodes as one bitmap: a frame of a pan or zoom then copies one and not two. */
  private merge(): void {
    const context = this.bitmap.getContext("2d");
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "destination-over";
    context.drawImage(this.haze, 0, 0);
    context.globalCompositeOperation = "source-over";
    this.hazeAt = null;
  }

  /** Puts the bitmaps where the present transform wants them. */
  private showScene(): void {
    const context = clear(this.canvases.scene);
    for (const [image, at] of [
      [this.haze, this.hazeAt],
      [this.bitmap, this.drawn],
    ] as const) {
      if (!at) continue;
      const k = this.transform.k / at.k;
      const dx = this.ratio * (this.transform.x - at.x * k);
      const dy = this.ratio * (this.transform.y - at.y * k);
      context.setTransform(k, 0, 0, k, dx, dy);
      context.drawImage(image, 0, 0);
    }
  }

  private most(): number {
    return this.moving ? MOST_LINKS.moving : MOST_LINKS.resting;
  }

  private paintOverlay(frame: Frame): void {
    const context = clear(this.canvases.overlay);
    this.world(context, this.transform);
    const { layout, pack, mask: shown } = frame;
    const style = { ink: this.ink, shown, width: 1 / Math.max(0.6, this.transform.k) };
    if (frame.links) {
      const links = strong(frame.links, frame.minShare, this.most());
      paintLinks(context, layout, frame.selection, links, { ...style, alpha: 0.9 });
      for (const link of [...links.outputs, ...links.inputs].toReversed()) {
        if (!shown[link.node]) continue;
        const fill = shareColour(link.share, this.ink);
        paintGlyph(context, pack, layout, link.node, {
          fill,
          stroke: this.ink.ink,
          width: 1,
          grow: 0.6,
        });
      }
    }
    if (frame.hoverLinks && !frame.selection.includes(frame.hover)) {
      const links = strong(frame.hoverLinks, frame.minShare, this.most());
      paintLinks(context, layout, [frame.hover], links, { ...style, alpha: 0.45 });
    }
    for (const node of frame.pins) {
      if (!shown[node]) continue;
      paintRing(context, layout, node, { colour: this.ink.ink, width: 1.4, radius: 7 });
    }
    for (const node of frame.selection) {
      if (!shown[node]) continue;
      const { accent } = this.ink;
      paintGlyph(context, pack, layout, node, {
        fill: accent,
        stroke: accent,
        width: 1,
        grow: 0.8,
      });
      paintRing(context, layout, node, { colour: accent, width: 1.8, radius: 9 });
    }
    if (frame.hover >= 0 && shown[frame.hover]) {
      paintRing(context, layout, frame.hover, { colour: this.ink.ink, width: 1.6, radius: 8 });
    }
    this.paintLasso(context);
  }

  private paintLasso(context: CanvasRenderingContext2D): void {
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
    const context = clear(this.canvases.axes);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const { k, x, y } = this.transform;
    const { layout } = frame;
    const floor = this.height - AXIS.bottom;
    context.fillStyle = this.ink.paper;
    context.fillRect(0, 0, AXIS.left, this.height);
    context.fillRect(0, floor, this.width, AXIS.bottom);
    context.strokeStyle = this.ink.line;
    context.lineWidth = 1;
    context.beginPath();
    for (const left of layout.columns.left) {
      const at = Math.round(x + left * k) + 0.5;
      if (at < AXIS.left) continue;
      context.moveTo(at, 0);
      context.lineTo(at, floor);
    }
    context.stroke();
    const family = "system-ui, sans-serif";
    context.font = `11px ${family}`;
    context.textBaseline = "middle";
    context.textAlign = "right";
    let before = Number.POSITIVE_INFINITY;
    for (const row of layout.rows) {
      const at = y + (row.top + row.height / 2) * k;
      if (at > floor - 4 || at < 4 || before - at < 12) continue;
      before = at;
      const named = row.label === "token" || row.label === "output";
      context.fillStyle = named ? this.ink.ink : this.ink.muted;
      context.fillText(named ? row.label : `L${row.label}`, AXIS.left - 8, at);
    }
    this.paintTokens(context, frame, floor);
  }

  private paintTokens(context: CanvasRenderingContext2D, frame: Frame, floor: number): void {
    const { k, x } = this.transform;
    const { left, width } = frame.layout.columns;
    context.save();
    context.beginPath();
    context.rect(AXIS.left - 6, floor, this.width, AXIS.bottom);
    context.clip();
    context.fillStyle = this.ink.ink;
    context.font = "12px system-ui, sans-serif";
    const texts = frame.tokens.map((token) => short(token));
    const widths = texts.map((text) => context.measureText(text).width);
    const tilted = widths.some((text, pos) => text + 8 > width[pos] * k);
    let before = Number.NEGATIVE_INFINITY;
    texts.forEach((text, pos) => {
      const at = x + (left[pos] + width[pos] / 2) * k;
      if (at < AXIS.left - 10 || at > this.width + 30) return;
      if (at - before < 11) return;
      before = at;
      context.save();
      context.translate(at, floor + 14);
      if (tilted) context.rotate(-0.62);
      context.textAlign = tilted ? "right" : "center";
      context.fillText(text, tilted ? 4 : 0, 0);
      context.restore();
    });
    context.restore();
  }
}

/** The strongest links of at least a share; lists come strongest first. */
function strong(links: Links, least: number, most: number): Links {
  const enough = (link: { share: number }): boolean => Math.abs(link.share) >= least;
  const of = (list: Links["inputs"]): Links["inputs"] => {
    const cut = list.slice(0, most / 2);
    return least > 0 ? cut.filter(enough) : cut;
  };
  return { ...links, inputs: of(links.inputs), outputs: of(links.outputs) };
}

function clear(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d")!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha = 1;
  context.setLineDash([]);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

function short(token: string): string {
  const shown = token.replaceAll("\n", "⏎").replaceAll("\t", "→").replaceAll("\r", "↵");
  return shown.length > 14 ? `${shown.slice(0, 13)}…` : shown;
}
