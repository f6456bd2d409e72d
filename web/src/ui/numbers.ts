// Numbers as text: one way for each normalisation, so that a reader can tell them apart; and back.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 12,345 */
export function count(n: number): string {
  return grouped.format(n);
}

/** 1 edge, 2 edges: of a word that takes an s. */
export function counted(n: number, one: string): string {
  return `${count(n)} ${one}${n === 1 ? "" : "s"}`;
}

/** 1 node, 2 nodes */
export function nodesText(n: number): string {
  return counted(n, "node");
}

/** A signed share of an input: +21.8 %, and −0.042 %, which is not nothing. */
export function signedShare(share: number): string {
  const value = Math.abs(share) * 100;
  const text = value >= 0.1 || value === 0 ? value.toFixed(1) : small(value);
  return `${share < 0 ? "−" : "+"}${text} %`;
}

/** Two digits of a number below 1, without an exponent as long as that can be read. */
function small(value: number): string {
  return value >= 1e-6 ? String(Number(value.toPrecision(2))) : value.toExponential(0);
}

/** A share: 61 %, 0.42 %, 99.8 %, which is not all, and −300 % of a change. */
export function percent(share: number): string {
  if (share < 0) return `−${percent(-share)}`;
  const value = share * 100;
  if (value >= 99 && value < 100) return `${Math.min(99.9, value).toFixed(1)} %`;
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value.toPrecision(2)} %`;
}

/** A raw number in the model's own units: −3.21 */
export function raw(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
  return value.toFixed(digits).replace("-", "−");
}

/** A change of a raw number: +0.42 */
export function signedRaw(change: number): string {
  return `${change < 0 ? "" : "+"}${raw(change)}`;
}

/** A change of a share, in percentage points: +3.1 points */
export function signedPoints(change: number): string {
  return signedShare(change).replace("%", "points");
}

/** A number that somebody chose, as short as it is: a dose of −1 or 0.5, a layer. */
export function plain(value: number): string {
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

/** The number that a text is, if it is one within bounds. */
export function numberIn(text: string, least = -Infinity, most = Infinity): number | null {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return value >= least && value <= most && Number.isFinite(value) ? value : null;
}

/** A score between 0 and 1: .41 */
export function score(value: number): string {
  return value
    .toFixed(2)
    .replace(/^0(?=\.)/, "")
    .replace("-", "−");
}

export function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

export function seconds(value: number): string {
  if (value < 1) return `${Math.max(1, Math.round(value * 1000))} ms`;
  if (value < 90) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** A token with its white space made visible, as it stands in the prompt. */
export function tokenText(text: string): string {
  return text.replaceAll("\n", "⏎").replaceAll("\t", "→").replaceAll("\r", "↵");
}

/**
 * A prompt from its tokens. Vocabularies of whole words have no spaces in them; those are then
 * put between.
 */
export function promptText(tokens: readonly string[]): string {
  const spaced = tokens.some((token) => /\s/.test(token));
  return tokenText(tokens.join(spaced || tokens.length === 1 ? "" : " "));
}

/** A date in the reader's own form, without the seconds. */
export function date(millis: number): string {
  const when = new Date(millis);
  if (Number.isNaN(when.getTime())) return "–";
  return when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** A change of a score: +.03, and −.004, which is not nothing. */
export function signedScore(change: number): string {
  const size = Math.abs(change);
  if (size < 0.0005) return "±0";
  const text = size < 0.005 ? size.toFixed(3).slice(1) : score(size);
  return `${change < 0 ? "−" : "+"}${text}`;
}
