// The test of all groups at once, with settings of its own: those of a single change are not meant.

import type { JSX } from "preact";
import { Button, Chip, Choice, Field, NumberField } from "../ui/parts.tsx";
import type { RungName } from "../wire.ts";
import { type AllPlan, allPlan, RUNGS } from "./all.ts";

const groupsText = (n: number): string => (n === 1 ? "the group" : `the ${n} groups`);

const ANSWERS = Object.entries(RUNGS).map(([value, text]) => ({ value: value as RungName, text }));

export function TestAll({ busy, onRun }: { busy: boolean; onRun: () => void }): JSX.Element {
  const now = allPlan.value;
  const set = (to: Partial<AllPlan>): void => {
    allPlan.value = { ...now, ...to };
  };
  return (
    <section class="stack" aria-label="All tests">
      <p class="row">
        <Button keyName="Shift+i" disabled={busy} onClick={onRun}>
          Test all groups
        </Button>
        <small>
          and the {now.nFeatures} strongest features, at {now.doses} × the original, each beside
          controls
        </small>
        {now.asIn && (
          <Chip onRemove={() => set({ asIn: null })} removeLabel="Test the circuit's groups of now">
            {groupsText(now.asIn.groups.length)} of test {now.asIn.number}
          </Chip>
        )}
      </p>
      <details>
        <summary>Settings of this test</summary>
        <div class="form-grid">
          <NumberField
            label="Strongest features"
            value={now.nFeatures}
            min={0}
            onChange={(nFeatures) => set({ nFeatures })}
          />
          <Field label="Doses, × the original">
            <input
              value={now.doses}
              onInput={(event) => set({ doses: event.currentTarget.value })}
            />
          </Field>
          <Choice
            label="What answers"
            value={now.rung}
            options={ANSWERS}
            onChange={(rung) => set({ rung })}
          />
          <NumberField
            label="Seed of the controls"
            value={now.seed}
            min={0}
            onChange={(seed) => set({ seed })}
          />
        </div>
      </details>
    </section>
  );
}
