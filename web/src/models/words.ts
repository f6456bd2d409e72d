// Models with their dictionaries as a person and the command line name them.

import { count } from "../ui/numbers.ts";
import type { GraphHead, ModelRow } from "../wire.ts";

type Named = Pick<ModelRow, "name">;

/** A model's name in its parts: a further dictionary of a served model stands behind it. */
export function partsOf(
  name: string,
  served: readonly Named[],
): { model: string; dictionary: string | null } {
  const base = served.find((one) => name.startsWith(`${one.name} with `));
  if (!base) return { model: name, dictionary: null };
  return { model: base.name, dictionary: name.slice(base.name.length + " with ".length) };
}

const KINDS: Record<string, string> = { clt: "cross-layer", plt: "per-layer" };

export function kindText(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** A model among those that can be chosen, which its dictionary may tell from another. */
export function modelText({ name, dictionary }: ModelRow, served: readonly Named[]): string {
  const { model } = partsOf(name, served);
  if (dictionary.n_features === 0) return `${name} · cannot be opened`;
  const size = `${count(dictionary.n_features)} features a layer`;
  return `${model} · ${dictionary.name}, ${kindText(dictionary.kind)}, ${size}`;
}

/** The model that requests name to have a graph's own dictionary. */
export function modelOf({ runnable, feature_set, provenance }: GraphHead): string {
  return (runnable ? feature_set : null) ?? provenance.model.name;
}
