// Names of layers and tokens along two edges of the pane, at a fixed size and place.

import type { Context, Transform } from "./layer.ts";
import type { Layout } from "./layout.ts";
import type { Ink } from "./paint.ts";

export const AXIS = { left: 52, bottom: 62, top: 8, right: 10 };

const FAMILY = "system-ui, sans-serif";

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
    context.fillText(named ? row.label : `L${row.label}`, AXIS.left - 8, at);
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
  context.fillStyle = ink.ink;
  context.font = `12px ${FAMILY}`;
  context.textBaseline = "middle";
  const { left, width } = frame.layout.columns;
  const { texts, widths } = measured(context, frame.tokens);
  const tilted = widths.some((text, pos) => text + 8 > width[pos] * k);
  context.textAlign = tilted ? "right" : "center";
  const [cos, sin] = tilted ? [Math.cos(TILT), Math.sin(TILT)] : [1, 0];
  const base = context.getTransform().a;
  let before = Number.NEGATIVE_INFINITY;
  texts.forEach((text, pos) => {
    const at = x + (left[pos] + width[pos] / 2) * k;
    if (at < AXIS.left - 10 || at > size.width + 30) return;
    if (at - before < 11) return;
    before = at;
    context.setTransform(base * cos, base * sin, base * -sin, base * cos, base * at, base * 14);
    context.fillText(text, tilted ? 4 : 0, 0);
  });
  context.restore();
}

const TILT = -0.62;

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
