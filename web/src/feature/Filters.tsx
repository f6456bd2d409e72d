// What features are listed: fields, and what they come to as chips with a way back.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { acts } from "../ui/acts.ts";
import { section, useActions } from "../ui/keys.ts";
import { Button, Chip, Choice, Field } from "../ui/parts.tsx";
import { setQuery } from "../ui/router.ts";
import type { FeatureSet } from "../wire.ts";
import {
  type Asked,
  type Ends,
  filtersOf,
  NAMED,
  NO_FILTERS,
  percentOfShare,
  readNumber,
  shareOfPercent,
  writeEnds,
} from "./asked.ts";

const TYPING_MS = 250;
const NAME = "feature-name";

export function Filters({ set, asked }: { set: FeatureSet; asked: Asked }): JSX.Element {
  useActions(
    section("Features", [["/", "Find by name", () => document.getElementById(NAME)?.focus()]]),
  );
  return (
    <div class="feature-filters">
      <Field label="Name holds">
        <Typed
          id={NAME}
          value={asked.label}
          placeholder="capital"
          onText={(label) => setQuery({ label })}
        />
      </Field>
      <Choice
        label="Name given"
        value={asked.named}
        options={NAMED}
        onChange={(named) => setQuery({ named: named === "any" ? null : named })}
      />
      <Field label="Layer">
        <select
          value={asked.layer ?? ""}
          onChange={(event) => setQuery({ layer: event.currentTarget.value })}
        >
          <option value="">all</option>
          {Array.from({ length: set.n_layers }, (_, at) => (
            <option key={at} value={String(at)}>
              {at}
            </option>
          ))}
        </select>
      </Field>
      <Range
        name="Fires on, % of tokens"
        ends={asked.frequency}
        text={percentOfShare}
        read={(text) => shareOfPercent(readNumber(text))}
        onEnds={(ends) => setQuery({ frequency: writeEnds(ends) })}
      />
      <Range
        name="Largest activation"
        ends={asked.max}
        text={(value) => (value === null ? "" : String(value))}
        read={readNumber}
        onEnds={(ends) => setQuery({ max: writeEnds(ends) })}
      />
    </div>
  );
}

/** How many there are, and each filter with a cross that takes it away. */
export function Counted({ asked, text: how }: { asked: Asked; text: string }): JSX.Element {
  const filters = filtersOf(asked);
  useActions(acts("Features", [["x", "Show all, without filters", "no filters"]]));
  return (
    <p class="row" role="status">
      <span>{how}</span>
      {filters.map(({ key, text }) => (
        <Chip key={key} onRemove={() => setQuery({ [key]: null })} removeLabel={`Without: ${text}`}>
          {text}
        </Chip>
      ))}
      {filters.length > 1 && (
        <Button kind="quiet" keyName="x" act="no filters" onClick={() => setQuery(NO_FILTERS)}>
          Show all
        </Button>
      )}
    </p>
  );
}

function Range(props: {
  name: string;
  ends: Ends;
  text: (value: number | null) => string;
  read: (text: string) => number | null;
  onEnds: (ends: Ends) => void;
}): JSX.Element {
  const { name, ends, text, read, onEnds } = props;
  return (
    <fieldset class="field ends">
      <legend>{name}</legend>
      <Typed
        isNumber
        label={`${name}, at least`}
        value={text(ends.from)}
        placeholder="from"
        onText={(typed) => onEnds({ ...ends, from: read(typed) })}
      />
      <span aria-hidden="true">–</span>
      <Typed
        isNumber
        label={`${name}, at most`}
        value={text(ends.to)}
        placeholder="to"
        onText={(typed) => onEnds({ ...ends, to: read(typed) })}
      />
    </fieldset>
  );
}

/** Tells when the typing rests; what the address says otherwise meanwhile, it then has. */
function Typed(props: {
  value: string;
  onText: (text: string) => void;
  id?: string;
  label?: string;
  isNumber?: boolean;
  placeholder: string;
}): JSX.Element {
  const { value } = props;
  const typed = useSignal(value);
  const told = useRef(value);
  // The newest: it knows what another field has told meanwhile.
  const onText = useRef(props.onText);
  onText.current = props.onText;
  useEffect(() => {
    // What comes back as it was told is older than what was typed since.
    if (value !== told.current) typed.value = value;
    told.current = value;
  }, [value]);
  useEffect(() => {
    if (typed.value === told.current) return undefined;
    const timer = window.setTimeout(() => {
      told.current = typed.value;
      onText.current(typed.value);
    }, TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [typed.value]);
  return (
    <input
      id={props.id}
      type="text"
      inputMode={props.isNumber ? "decimal" : "text"}
      size={props.isNumber ? 6 : 20}
      aria-label={props.label}
      value={typed.value}
      placeholder={props.placeholder}
      onInput={(event) => {
        typed.value = event.currentTarget.value;
      }}
    />
  );
}
