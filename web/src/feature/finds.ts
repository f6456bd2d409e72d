// Features for the palette: those of the index at hand whose name holds what was typed, or the one
// whose number it is. The server finds them; here they become actions that open their pages.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { status as askStatus, featureQuery, featureSets } from "../api/endpoints.ts";
import { file } from "../file/file.ts";
import type { Action } from "../ui/keys.ts";
import { type Load, useLoad } from "../ui/load.ts";
import { percent } from "../ui/numbers.ts";
import { go, match, place } from "../ui/router.ts";
import type { FeaturePage, FeatureRow, FeatureSet } from "../wire.ts";
import { featureId, featureUrl, readFeatures } from "./shape.ts";

/** The dictionary of the graph that is open; `null` elsewhere. */
export const setAtHand = signal<string | null>(null);

/** More of them would hide graphs and commands; a further letter finds the others. */
const MOST = 6;
/** One letter is in nearly every name. */
const LEAST_LETTERS = 2;
const TYPING_MS = 200;

interface Found extends FeaturePage {
  set: FeatureSet | null;
}

const NOTHING: Found = { set: null, total: 0, rows: [] };

/** The set that is meant: of the page, of the graph, or the first that has an index. */
export function setMeant(
  sets: readonly FeatureSet[],
  wanted: readonly (string | null | undefined)[],
): FeatureSet | null {
  for (const name of wanted) {
    const set = sets.find((one) => one.name === name);
    if (set) return set;
  }
  return sets.find((one) => one.index) ?? sets[0] ?? null;
}

/** The feature whose number the text is, if the set has it. */
export function byNumber(text: string, set: FeatureSet): Action | null {
  const ids = readFeatures(text);
  if (ids?.length !== 1) return null;
  const [id] = ids;
  if (id.layer >= set.n_layers || id.index >= set.n_features) return null;
  return {
    key: null,
    title: `Feature ${featureId(id)}`,
    section: set.name,
    run: () => go(featureUrl(set.name, id)),
  };
}

export function featureActions(set: FeatureSet, rows: readonly FeatureRow[]): Action[] {
  return rows.map((row) => ({
    key: null,
    title: row.label ?? featureId(row),
    section: `Feature ${featureId(row)}, fires on ${percent(row.frequency)} of tokens`,
    run: () => go(featureUrl(set.name, row)),
  }));
}

async function ask(label: string, signal: AbortSignal): Promise<Found> {
  const [{ sets }, { default_model }] = await Promise.all([featureSets(signal), askStatus(signal)]);
  const { path, query } = place.peek();
  const ofPage = match("/f/:set/:layer/:index", path)?.set ?? query.get("set");
  const set = setMeant(sets, [ofPage, setAtHand.peek(), default_model]);
  if (!set?.index) return { ...NOTHING, set };
  const sort = "frequency" as const;
  const any = { frequency_from: null, frequency_to: null, max_from: null, max_to: null };
  const meant = { label, layer: null, named: "any" as const, ...any };
  const page = { ...meant, sort, offset: 0, limit: MOST };
  return { ...(await featureQuery({ ...page, set: set.name }, signal)), set };
}

/** Features for what is typed, once the typing rests, and how many more there are. */
export function useFeatures(text: string): {
  found: Action[];
  left: number;
  load: Load<Found>;
  waits: boolean;
} {
  const rested = useSignal("");
  const typed = text.trim();
  useEffect(() => {
    const timer = setTimeout(() => (rested.value = typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const label = rested.value;
  const { state } = useLoad(
    async (signal) => (file || label.length < LEAST_LETTERS ? NOTHING : await ask(label, signal)),
    [label],
  );
  const load = state.value;
  const waits = load.is === "loading" || label !== typed;
  // What was found for other letters is nothing of these.
  if (load.is !== "ready" || waits || !load.value.set) return { found: [], left: 0, load, waits };
  const { set, rows, total } = load.value;
  const one = byNumber(label, set);
  const found = [...(one ? [one] : []), ...featureActions(set, rows)];
  return { found, left: total - rows.length, load, waits };
}
