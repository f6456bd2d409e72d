// Names that a person gives to features, which hold wherever they fire.

import { signal } from "@preact/signals";
import { sentence } from "../api/client.ts";
import { nameFeature } from "../api/endpoints.ts";
import { toast, toastFailure } from "../ui/toast.tsx";
import type { FeatureName } from "../wire.ts";
import { featureId } from "./shape.ts";

/** Goes up whenever a feature was named: what shows names asks for them again. */
export const named = signal(0);

interface Naming extends FeatureName {
  set: string;
  /** What it is called by hand; empty if nothing. */
  now: string;
  /** What follows in this view; called once it is named so, or is not any more. */
  took?: (isNamed: boolean) => void;
}

/** Names a feature, and offers to put the former name back; an empty one leaves it to the index. */
export async function nameEverywhere(text: string, naming: Naming, isUndo = false): Promise<void> {
  const { set, layer, index, now, took } = naming;
  if (text === now) {
    took?.(!isUndo);
    return;
  }
  try {
    const { label } = await nameFeature(set, { layer, index }, text);
    took?.(!isUndo);
    named.value++;
    const is = label === null ? "has no name" : `is “${label}”`;
    const back = { ...naming, now: text };
    toast(
      `${featureId({ layer, index })} ${is} wherever it fires.`,
      isUndo ? null : () => void nameEverywhere(now, back, true),
    );
  } catch (failure) {
    toastFailure(`Not named: ${sentence(failure)}.`);
  }
}
