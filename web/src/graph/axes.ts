// Names of layers and tokens along two edges of the pane, at a fixed size and place. Those that are
// collapsed have one name together, with the sign of what can be opened before it.

import type { Context, Transform } from "./layer.ts";
import type { Columns, Layout } from "./layout.ts";
import type { Ink } from "./paint.ts";

export const AXIS = { left: 52, bottom: 62, top: 8, right: 10 };

export const FAMILY = "system-ui, sans-serif";

interface Style {
  ink: Ink;
  /** Of the whole pane. */
  size: { width: number; height: number };
}

/** Layers, on a canvas as wide as `AXIS.left`. */
export function paintRows(
  context: Context,
  layout: Layout,
  { k, y }: Transform,
  { ink, size }: Style,
): void {
  const floor = size.height - AXIS.bottom;
  context.fillStyle = ink.paper;
  context.fillRect(0, 0, AXIS.left, size.height);
  context.font = `11px ${FAMILY}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  let before = Number.POSITIVE_INFINITY;
  for (const row of layout.rows) {
    const at = y + (row.top + row.height / 2) * k;
    if (at > floor - 4 || at < 4 || before - at < 12) continue;
    before = at;
    const named = row.label === "token" || row.label === "output";
    context.fillStyle = named ? ink.ink : ink.muted;
    const text = named ? row.label : `L${row.label}`;
    context.fillText(row.thin ? THIN + text : text, AXIS.left - 8, at);
  }
}

/** Tokens, on a canvas as high as `AXIS.bottom`. */
export function paintTokens(
  context: Context,
  frame: { layout: Layout; tokens: readonly string[] },
  { k, x }: Transform,
  { ink, size }: Style,
): void {
  context.fillStyle = ink.paper;
  context.fillRect(0, 0, size.width, AXIS.bottom);
  context.save();
  context.beginPath();
  context.rect(AXIS.left - 6, 0, size.width, AXIS.bottom);
  context.clip();
  context.font = NAME_FONT;
  const { left, width } = frame.layout.columns;
  const { texts, widths } = measured(context, namesOf(frame.tokens, frame.layout.columns));
  const tilted = widths.some((text, pos) => text + 8 > width[pos] * k);
  const ratio = context.getTransform().a;
  const pictures = picturesOf(ink.ink, ratio, tilted);
  // Pictures lie on whole pixels, or they would be blurred.
  context.resetTransform();
  let before = Number.NEGATIVE_INFINITY;
  texts.forEach((text, pos) => {
    const at = x + (left[pos] + width[pos] / 2) * k;
    if (at < AXIS.left - 10 || at > size.width + 30) return;
    if (at - before < 11) return;
    before = at;
    const { image, dx, dy } = pictures.of(text, widths[pos]);
    context.drawImage(image, Math.round(at * ratio) - dx, Math.round(NAME_TOP * ratio) - dy);
  });
  context.restore();
}

const NAME_FONT = `12px ${FAMILY}`;
/** Where the middle of a name's line is, or of its end if it is tilted. */
const NAME_TOP = 14;
const TILT = -0.62;
/** A name's ascent and descent, generously. */
const HALF_LINE = 9;
/** From the place that a tilted name points at to its end. */
const TILTED_GAP = 4;
const MOST_PICTURES = 512;

/** A name drawn once: `dx`, `dy` pixels into it is the place that it belongs at. */
interface NamePicture {
  image: ImageBitmap;
  dx: number;
  dy: number;
}

/**
 * Names as pictures, drawn when they are first seen: laying out and tilting a hundred texts takes
 * a whole frame, copying their pictures next to nothing.
 */
class NamePictures {
  private readonly made = new Map<string, NamePicture>();

  constructor(
    readonly colour: string,
    readonly ratio: number,
    readonly tilted: boolean,
  ) {}

  of(text: string, width: number): NamePicture {
    let found = this.made.get(text);
    if (!found) {
      if (this.made.size >= MOST_PICTURES) this.made.clear();
      found = this.draw(text, width);
      this.made.set(text, found);
    }
    return found;
  }

  private draw(text: string, width: number): NamePicture {
    const { ratio, tilted } = this;
    const [cos, sin] = tilted ? [Math.cos(TILT), Math.sin(TILT)] : [1, 0];
    // Corners of the text around the place that it belongs at, before it is tilted.
    const [from, to] = tilted ? [TILTED_GAP - width - 2, TILTED_GAP + 2] : [-width / 2, width / 2];
    const corners = [from, to].flatMap((a) =>
      [-HALF_LINE, HALF_LINE].map((b) => [a * cos - b * sin, a * sin + b * cos]),
    );
    const xs = corners.map(([a]) => a * ratio);
    const ys = corners.map(([, b]) => b * ratio);
    const [dx, dy] = [xs, ys].map((side) => Math.ceil(-Math.min(...side)) + 1);
    const canvas = new OffscreenCanvas(
      dx + Math.ceil(Math.max(...xs)) + 1,
      dy + Math.ceil(Math.max(...ys)) + 1,
    );
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio * cos, ratio * sin, ratio * -sin, ratio * cos, dx, dy);
    context.font = NAME_FONT;
    context.fillStyle = this.colour;
    context.textBaseline = "middle";
    context.textAlign = tilted ? "right" : "center";
    context.fillText(text, tilted ? TILTED_GAP : 0, 0);
    return { image: canvas.transferToImageBitmap(), dx, dy };
  }
}

/** Of one colour and tilt: themes and zooms that cross the tilt are rare. */
let pictures: NamePictures | null = null;

function picturesOf(colour: string, ratio: number, tilted: boolean): NamePictures {
  const fits =
    pictures?.colour === colour && pictures.ratio === ratio && pictures.tilted === tilted;
  if (!pictures || !fits) pictures = new NamePictures(colour, ratio, tilted);
  return pictures;
}

/** Before the name of what is collapsed. */
const THIN = "▸";
/** Letters of each of the two tokens that a run of collapsed ones is called after. */
const ENDS = 6;

/** Names of columns: a run of collapsed ones is called after its first and its last token. */
const called = new WeakMap<Columns, string[]>();

function namesOf(tokens: readonly string[], columns: Columns): readonly string[] {
  const { left, thin } = columns;
  if (!thin.includes(1)) return tokens;
  let names = called.get(columns);
  if (!names) {
    names = tokens.map((token, pos) => {
      if (!thin[pos]) return token;
      const [from, to] = [left.indexOf(left[pos]), left.lastIndexOf(left[pos])];
      const part = (at: number): string => tokens[at].trim().slice(0, ENDS);
      return THIN + (from === to ? token.trim() : `${part(from)}…${part(to)}`);
    });
    called.set(columns, names);
  }
  return names;
}

interface Measured {
  texts: string[];
  widths: number[];
}

/** Widths of a graph's tokens do not change, and measuring them is the dearest part of a frame. */
const known = new WeakMap<readonly string[], Measured>();

function measured(context: Context, tokens: readonly string[]): Measured {
  let found = known.get(tokens);
  if (!found) {
    const texts = tokens.map(short);
    found = { texts, widths: texts.map((text) => context.measureText(text).width) };
    known.set(tokens, found);
  }
  return found;
}

function short(token: string): string {
  const shown = token.replaceAll("\n", "⏎").replaceAll("\t", "→").replaceAll("\r", "↵");
  return shown.length > 14 ? `${shown.slice(0, 13)}…` : shown;
}
