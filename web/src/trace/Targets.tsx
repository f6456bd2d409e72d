// What is explained: likely tokens, chosen tokens, a contrast, or a feature.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { AddToken, tokenOf } from "../tokens/AddToken.tsx";
import { Button, Chip, Field } from "../ui/parts.tsx";
import type { TargetAsk } from "../wire.ts";
import { type Request, SALIENT } from "./request.ts";
import { targetText, useTexts } from "./texts.ts";

type Kind = "salient" | "tokens" | "contrast" | "feature";

interface TargetsProps {
  request: Request;
  onChange: (to: Partial<Request>) => void;
}

export function Targets({ request, onChange }: TargetsProps): JSX.Element {
  const { targets } = request;
  const given = targets.kind === "given" ? targets.targets : [];
  const kind = useSignal<Kind>(given[0]?.kind === "feature" ? "feature" : "salient");
  const now: Kind = targets.kind === "salient" && kind.value === "tokens" ? "tokens" : kind.value;
  const texts = useTexts(request.model, given);
  const set = (list: TargetAsk[]): void => onChange({ targets: { kind: "given", targets: list } });
  const choose = (to: Kind): void => {
    kind.value = to;
    if (to === "salient") onChange({ targets: SALIENT });
  };
  const effective: Kind = given.length > 0 && now === "salient" ? "tokens" : now;
  return (
    <section class="card">
      <h2>What to explain</h2>
      <fieldset class="plain-set">
        <legend class="only-read">Kind of target</legend>
        {(
          [
            ["salient", "the likely tokens"],
            ["tokens", "these tokens"],
            ["contrast", "one token against another"],
            ["feature", "a feature's input"],
          ] as const
        ).map(([value, text]) => (
          <label key={value} class="check">
            <input
              type="radio"
              name="targets"
              checked={effective === value}
              onChange={() => choose(value)}
            />
            {text}
          </label>
        ))}
      </fieldset>
      {targets.kind === "salient" && effective === "salient" && (
        <div class="form-grid">
          <Field label="Together as probable as">
            <input
              type="number"
              min="0.05"
              max="1"
              step="0.05"
              value={targets.probability}
              onInput={(event) =>
                onChange({
                  targets: { ...targets, probability: Number(event.currentTarget.value) },
                })
              }
            />
          </Field>
          <Field label="At most">
            <input
              type="number"
              min="1"
              max="100"
              value={targets.max}
              onInput={(event) =>
                onChange({ targets: { ...targets, max: Number(event.currentTarget.value) } })
              }
            />
          </Field>
        </div>
      )}
      {effective === "tokens" && (
        <AddToken
          model={request.model}
          label="A token"
          action="Add"
          onAdd={(id) => set([...given, { kind: "token", id }])}
        />
      )}
      {effective === "contrast" && (
        <AddContrast model={request.model} onAdd={(one) => set([...given, one])} />
      )}
      {effective === "feature" && <AddFeature onAdd={(one) => set([...given, one])} />}
      {given.length > 0 && (
        <p class="row note">
          {given.map((one, at) => (
            <Chip
              key={at}
              onRemove={() => {
                const rest = given.filter((_, place) => place !== at);
                if (rest.length > 0) set(rest);
                else choose("salient");
              }}
              removeLabel="Do not explain this"
            >
              {targetText(one, texts)}
            </Chip>
          ))}
        </p>
      )}
    </section>
  );
}

function AddContrast({
  model,
  onAdd,
}: {
  model: string;
  onAdd: (target: TargetAsk) => void;
}): JSX.Element {
  const plus = useSignal("");
  const minus = useSignal("");
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    const [a, b] = [await tokenOf(model, plus.value), await tokenOf(model, minus.value)];
    if (a !== null && b !== null) onAdd({ kind: "contrast", plus: a, minus: b });
  };
  return (
    <form class="row" onSubmit={(event) => void add(event)}>
      <input
        aria-label="The token whose logit is added"
        placeholder="this token"
        value={plus.value}
        onInput={(event) => (plus.value = event.currentTarget.value)}
      />
      −
      <input
        aria-label="The token whose logit is subtracted"
        placeholder="that token"
        value={minus.value}
        onInput={(event) => (minus.value = event.currentTarget.value)}
      />
      <Button type="submit">Add</Button>
    </form>
  );
}

function AddFeature({ onAdd }: { onAdd: (target: TargetAsk) => void }): JSX.Element {
  const layer = useSignal(0);
  const index = useSignal(0);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd({ kind: "feature", layer: layer.value, index: index.value });
      }}
    >
      <Field label="Layer">
        <input
          type="number"
          min="0"
          value={layer.value}
          onInput={(event) => (layer.value = Number(event.currentTarget.value))}
        />
      </Field>
      <Field label="Feature">
        <input
          type="number"
          min="0"
          value={index.value}
          onInput={(event) => (index.value = Number(event.currentTarget.value))}
        />
      </Field>
      <Button type="submit">Add</Button>
    </form>
  );
}
