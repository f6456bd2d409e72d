// How a feature's activations are spread, in a few characters: ▁▂▅▇|▃▁, the bar after the part in
// which one activation lies.

const BLOCKS = "▁▂▃▄▅▆▇█";
const PARTS = 8;

/** Heights are logarithmic, as in the large histogram; `here` stands outside of no part. */
export function spark(bins: readonly number[], least: number, most: number, here: number): string {
  const parts = Array.from({ length: Math.min(PARTS, bins.length) }, () => 0);
  if (parts.length === 0) return "";
  bins.forEach((n, at) => {
    parts[Math.floor((at * parts.length) / bins.length)] += n;
  });
  const heights = parts.map(Math.log1p);
  const highest = Math.max(...heights, 1e-9);
  const blocks = heights.map((height) => BLOCKS[Math.round((height / highest) * 7)]);
  const share = most > least ? (here - least) / (most - least) : 1;
  const at = Math.max(0, Math.min(parts.length - 1, Math.floor(share * parts.length)));
  return [...blocks.slice(0, at + 1), "|", ...blocks.slice(at + 1)].join("");
}

/** 1st, 2nd, 13th, 59th. */
export function ordinal(n: number): string {
  const teen = n % 100 > 10 && n % 100 < 14;
  return `${n}${teen ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")}`;
}
