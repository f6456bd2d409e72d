// What is asked of a list of features: in the address, as the server takes it, and in words.

import { count, counted, percent, plain } from "../ui/numbers.ts";
import type { FeatureFilter, FeatureNamed, FeatureSort } from "../wire.ts";

/** From a number to a number, both included; `null` leaves that end open. */
export interface Ends {
  from: number | null;
  to: number | null;
}

export interface Asked {
  /** A part of the name; empty for any. */
  label: string;
  layer: number | null;
  named: FeatureNamed;
  /** Shares of the tokens that were read. */
  frequency: Ends;
  /** Largest activations. */
  max: Ends;
  sort: FeatureSort;
}

export const NAMED: readonly { value: FeatureNamed; text: string }[] = [
  { value: "any", text: "any or none" },
  { value: "hand", text: "by hand" },
  { value: "program", text: "automatic" },
  { value: "imported", text: "imported" },
  { value: "nobody", text: "none" },
];

const OPEN: Ends = { from: null, to: null };

/** Nothing in particular. */
export const ANY: Asked = {
  label: "",
  layer: null,
  named: "any",
  frequency: OPEN,
  max: OPEN,
  sort: "index",
};

/** A column whose head sorts by it: first so, and once more the other way round. */
export interface Column {
  text: string;
  title?: string;
  isNumber: boolean;
  first: FeatureSort;
  second: FeatureSort;
  /** Whether `first` has the least at the top. */
  rises: boolean;
}

export const COLUMNS: readonly Column[] = [
  { text: "feature", isNumber: false, first: "index", second: "last", rises: true },
  { text: "name", isNumber: false, first: "name", second: "name_down", rises: true },
  {
    text: "fires on",
    title: "of the tokens that were read",
    isNumber: true,
    first: "frequency",
    second: "rarest",
    rises: false,
  },
  {
    text: "largest",
    title: "activation, in the dictionary's units",
    isNumber: true,
    first: "max",
    second: "weakest",
    rises: false,
  },
];

export const nextSort = ({ first, second }: Column, now: FeatureSort): FeatureSort =>
  now === first ? second : first;

export function directionOf(column: Column, now: FeatureSort): "ascending" | "descending" | "none" {
  if (now !== column.first && now !== column.second) return "none";
  return (now === column.first) === column.rises ? "ascending" : "descending";
}

/** What an address asks; what it says that cannot be is not asked. */
export function readAsked(query: URLSearchParams, nLayers: number): Asked {
  const layer = readNumber(query.get("layer") ?? "");
  const sorts = COLUMNS.flatMap(({ first, second }) => [first, second]);
  return {
    label: query.get("label") ?? "",
    layer: layer !== null && Number.isInteger(layer) && layer < nLayers ? layer : null,
    named: NAMED.find(({ value }) => value === query.get("named"))?.value ?? "any",
    frequency: readEnds(query.get("frequency")),
    max: readEnds(query.get("max")),
    sort: sorts.find((one) => one === query.get("sort")) ?? "index",
  };
}

/** `0.001..0.02`, `..0.02`, `3..`. */
function readEnds(text: string | null): Ends {
  const [from = "", to = ""] = (text ?? "").split("..");
  return { from: readNumber(from), to: readNumber(to) };
}

/** The same as a part of an address; `null` if both ends are open. */
export function writeEnds({ from, to }: Ends): string | null {
  return from === null && to === null ? null : `${from ?? ""}..${to ?? ""}`;
}

/** A number of no sign, or `null` for what is none. */
export function readNumber(text: string): number | null {
  const trimmed = text.trim().replace(",", ".");
  const value = trimmed === "" ? Number.NaN : Number(trimmed);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** `0.3` typed as a per cent is a share without digits that nobody typed. */
export function shareOfPercent(value: number | null): number | null {
  return value === null ? null : Number((value / 100).toPrecision(12));
}

export function percentOfShare(share: number | null): string {
  return share === null ? "" : String(Number((share * 100).toPrecision(12)));
}

export function meantBy({ label, layer, named, frequency, max }: Asked): FeatureFilter {
  return {
    label: label.trim() || null,
    layer,
    named,
    frequency_from: frequency.from,
    frequency_to: frequency.to,
    max_from: max.from,
    max_to: max.to,
  };
}

/** A filter in words, and the part of the address that has it. */
export interface Filter {
  text: string;
  key: "label" | "layer" | "named" | "frequency" | "max";
}

export function filtersOf({ label, layer, named, frequency, max }: Asked): Filter[] {
  const found: Filter[] = [];
  const add = (key: Filter["key"], text: string): void => void found.push({ key, text });
  if (label.trim()) add("label", `name holds “${label.trim()}”`);
  if (layer !== null) add("layer", `layer ${layer}`);
  if (named !== "any") {
    const { text } = NAMED.find(({ value }) => value === named)!;
    add("named", named === "nobody" ? "without a name" : `name ${text}`);
  }
  const ofTokens = endsText(frequency, percent);
  if (ofTokens) add("frequency", `fires on ${ofTokens} of tokens`);
  const largest = endsText(max, plain);
  if (largest) add("max", `largest activation ${largest}`);
  return found;
}

/** How many features a list has, of how many; those that never fired are meant where names are. */
export function countText(asked: Asked, total: number, nFired: number): string {
  const keys = filtersOf(asked).map(({ key }) => key);
  if (keys.length === 0) return `${count(total)} features that fired`;
  const isOfNames = keys.includes("label") || (asked.named !== "any" && asked.named !== "nobody");
  return isOfNames
    ? `${counted(total, "feature")}, fired or not; ${count(nFired)} fired in all`
    : `${count(total)} of ${count(nFired)} features that fired`;
}

function endsText({ from, to }: Ends, text: (value: number) => string): string | null {
  if (from !== null && to !== null) return `${text(from)} to ${text(to)}`;
  if (from !== null) return `at least ${text(from)}`;
  return to === null ? null : `at most ${text(to)}`;
}

/** Changes of the address that ask for nothing in particular. */
export const NO_FILTERS: Record<Filter["key"], null> = {
  label: null,
  layer: null,
  named: null,
  frequency: null,
  max: null,
};
