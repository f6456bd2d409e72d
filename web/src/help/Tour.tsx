// The tour beside a graph: one step at a time, in a card that can be closed at any moment.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { Button } from "../ui/parts.tsx";
import { go, place } from "../ui/router.ts";
import { STEPS } from "./steps.tsx";

export function Tour(): JSX.Element | null {
  const at = useSignal(0);
  useActions(
    acts("Tour", [
      [".", "The next step", "next step"],
      [",", "The step before", "step before"],
    ]),
  );
  if (place.value.query.get("tour") === null) return null;
  const step = STEPS[at.value];
  const last = at.value === STEPS.length - 1;
  const end = (): void => go(place.value.path, "replace");
  return (
    <aside class="tour" aria-label={`Tour, step ${at.value + 1} of ${STEPS.length}`}>
      <header class="row">
        <strong class="grow">
          {at.value + 1} of {STEPS.length}: {step.title}
        </strong>
        <Button kind="quiet" label="End the tour" onClick={end}>
          ✕
        </Button>
      </header>
      <p aria-live="polite">{step.text}</p>
      <p class="row end">
        <Button keyName="," act="step before" disabled={at.value === 0} onClick={() => at.value--}>
          Back
        </Button>
        <Button
          keyName="."
          act="next step"
          kind="primary"
          onClick={() => (last ? end() : at.value++)}
        >
          {last ? "Done" : "Next"}
        </Button>
      </p>
    </aside>
  );
}
