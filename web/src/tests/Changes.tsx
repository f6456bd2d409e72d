// What a test changes: boxes of the circuit, and nodes of a measured test that are none any more.
// All are changed alike, unless one has a way of its own.

import type { JSX } from "preact";
import type { Group } from "../state/document.ts";
import { Button, Choice, Field, NumberField } from "../ui/parts.tsx";
import type { EditPositions } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { changesOf, type How, howOf, type Plan, plan, STRENGTHS, type Strength } from "./plan.ts";
import { overlap } from "./spots.ts";

const POSITIONS: readonly { value: EditPositions; text: string }[] = [
  { value: "own", text: "at its own token" },
  { value: "onward", text: "from its token on" },
  { value: "all", text: "at every token" },
];

const set = (to: Partial<Plan>): void => {
  plan.value = { ...plan.value, ...to };
};

/** Fields of how and where; a plan's own or those of one box. */
export function HowFields(props: { how: How; onChange: (to: Partial<How>) => void }): JSX.Element {
  const { how, onChange } = props;
  const strength = STRENGTHS.find((one) => one.name === how.strength);
  return (
    <>
      <Field label="How">
        <select
          value={how.strength}
          onChange={(event) => onChange({ strength: event.currentTarget.value as Strength })}
        >
          {STRENGTHS.map((one) => (
            <option key={one.name} value={one.name}>
              {one.text}
            </option>
          ))}
        </select>
      </Field>
      {strength?.value === null && (
        <NumberField
          label={strength.how === "scale" ? "times the original" : "in activation units"}
          step={0.1}
          value={how.value}
          onChange={(value) => onChange({ value })}
        />
      )}
      <Choice
        label="Where"
        value={how.positions}
        options={POSITIONS}
        onChange={(positions) => onChange({ positions })}
      />
    </>
  );
}

export function Changes({ work, boxes }: { work: Workspace; boxes: Group[] }): JSX.Element {
  const now = plan.value;
  const pack = work.columns.value;
  const nTokens = work.head.value?.tokens.length ?? 0;
  const twice = pack ? overlap(changesOf(now, boxes), pack, nTokens) : [];
  return (
    <fieldset>
      <legend>Change</legend>
      {boxes.length + now.loose.length === 0 && (
        <small>Nothing is pinned here; what is put in is the change.</small>
      )}
      {boxes.map((box) => (
        <Change key={box.id} box={box} />
      ))}
      {now.loose.map((box) => (
        <Change key={box.id} box={box} of={work} />
      ))}
      {twice.length > 0 && <small>Where these meet, the last holds: {twice.join(", ")}.</small>}
    </fieldset>
  );
}

/** `of`: it is no box, but nodes of a measured test. */
function Change({ box, of }: { box: Group; of?: Workspace }): JSX.Element {
  const now = plan.value;
  const isChanged = now.changed.includes(box.id);
  const own = now.own[box.id];
  const without = ({ [box.id]: _, ...rest }: Plan["own"]): Plan["own"] => rest;
  const others = now.changed.filter((id) => id !== box.id);
  const choose = (is: boolean): void =>
    set({ changed: is ? [...others, box.id] : others, own: without(now.own) });
  const way = (to: How | null): void => {
    const kind = ({ strength }: How) => howOf({ strength, sweep: now.sweep });
    // Doses of another kind mean something else.
    const isAlike = kind(own ?? now) === kind(to ?? now);
    const rest = without(now.own);
    set({ own: to ? { ...rest, [box.id]: to } : rest, doses: isAlike ? now.doses : null });
  };
  const { strength, value, positions } = now;
  return (
    <>
      <div class="change" data-row={isChanged ? "now" : ""}>
        <label class="check clip">
          <input
            type="checkbox"
            checked={isChanged}
            onChange={(event) => choose(event.currentTarget.checked)}
          />
          {box.name}
        </label>
        {of && (
          <Button
            kind="quiet"
            keyName="b l"
            act="select box"
            title="Nodes of a measured test that are no box of the circuit"
            label={`Select ${box.name}`}
            onClick={() => of.select(box.nodes)}
          >
            of a test
          </Button>
        )}
        {isChanged && own && (
          <Button
            kind="quiet"
            keyName="b w"
            act="way"
            label={`Change ${box.name} as the others`}
            title="As the others"
            onClick={() => way(null)}
          >
            ✕
          </Button>
        )}
        {isChanged && !own && now.changed.length > 1 && (
          <Button
            kind="quiet"
            keyName="b w"
            act="way"
            label={`Change ${box.name} otherwise`}
            title="In a way of its own"
            onClick={() => way({ strength, value, positions })}
          >
            otherwise…
          </Button>
        )}
      </div>
      {isChanged && own && (
        <div class="form-grid own-way" role="group" aria-label={`How ${box.name} is changed`}>
          <HowFields how={own} onChange={(to) => way({ ...own, ...to })} />
        </div>
      )}
    </>
  );
}
