// Which rows of a long list are drawn: those in sight and a few around. All rows are equally high, so
// that half a million of them cost no more than forty.

/** Height of a row, in pixels. */
export const ROW = 28;
/** Rows beyond either end of what is in sight, so that a quick hand meets none that is empty. */
const SPARE = 12;
/** Browsers cut elements that are higher than some 17 million pixels; beyond this, a pixel is more. */
const MOST_PX = 8_000_000;

export interface Drawn {
  from: number;
  to: number;
  /** Pixels before the first drawn row and after the last. */
  above: number;
  below: number;
}

/** What is drawn at a place of the scroll bar, in a view of some height. */
export function drawnRows(top: number, height: number, total: number): Drawn {
  const whole = Math.min(total * ROW, MOST_PX);
  const inSight = height / ROW;
  // Of a list that is too high, the bar's place is a share of it.
  const range = Math.max(1, whole - height);
  const first =
    whole === total * ROW ? top / ROW : (Math.min(top, range) / range) * (total - inSight);
  const at = Math.max(0, Math.min(Math.max(0, total - 1), Math.floor(first)));
  const from = Math.max(0, at - SPARE);
  const to = Math.min(total, Math.ceil(at + inSight) + 1 + SPARE);
  const drawn = (to - from) * ROW;
  const place = whole === total * ROW ? from * ROW : Math.min(top, range) - (first - from) * ROW;
  const above = Math.max(0, Math.min(whole - drawn, place));
  return { from, to, above, below: Math.max(0, whole - drawn - above) };
}
