// Small parts that every page uses: buttons, chips, notices, failures, empty states.

import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError, sentence } from "../api/client.ts";
import { tell } from "../api/errors.ts";
import { copyText } from "./clipboard.ts";
import { keyLabel } from "./keys.ts";
import { numberIn } from "./numbers.ts";

interface ButtonProps {
  children: ComponentChildren;
  onClick?: () => void;
  kind?: "plain" | "primary" | "quiet" | "danger";
  title?: string;
  keyName?: string;
  disabled?: boolean;
  pressed?: boolean;
  type?: "button" | "submit";
  /** Of several that submit, which it is. */
  value?: number;
  label?: string;
  /** What it does, for its key (`acts.ts`). */
  act?: string;
}

export function Button(props: ButtonProps): JSX.Element {
  const { kind = "plain", keyName } = props;
  const hint = [props.title, keyName && `(${keyLabel(keyName)})`].filter(Boolean).join(" ");
  return (
    <button
      type={props.type ?? "button"}
      value={props.value}
      class={`button ${kind}`}
      onClick={props.onClick}
      title={hint || undefined}
      disabled={props.disabled}
      aria-pressed={props.pressed}
      aria-label={props.label}
      data-act={props.act}
    >
      {props.children}
    </button>
  );
}

export function Key({ name }: { name: string }): JSX.Element {
  return <kbd>{keyLabel(name)}</kbd>;
}

/** A chip that says something and can be taken back. */
export function Chip(props: {
  children: ComponentChildren;
  onRemove?: () => void;
  removeLabel?: string;
  tone?: "plain" | "warn" | "good" | "bad";
  title?: string;
}): JSX.Element {
  return (
    <span class={`chip ${props.tone ?? "plain"}`} title={props.title}>
      {props.children}
      {props.onRemove && (
        <button
          type="button"
          class="chip-x"
          onClick={props.onRemove}
          aria-label={props.removeLabel ?? "Remove"}
          title={props.removeLabel}
        >
          ✕
        </button>
      )}
    </span>
  );
}

/** One sentence and the one thing to do next; never a bare pane. */
export function Empty(props: {
  children: ComponentChildren;
  action?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <p>{props.children}</p>
      {props.action}
    </div>
  );
}

/** What failed, why, and what can be done. The rest of the page stays usable. */
export function Failure(props: { what: string; why: unknown; again?: () => void }): JSX.Element {
  const { why } = props;
  useEffect(() => tell(why), [why]);
  const hint = why instanceof ApiError ? why.hint : null;
  const details = `${props.what}: ${sentence(why)}${hint ? `\n${hint}` : ""}\n${location.pathname}`;
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{props.what}</strong>
      </p>
      <p>{capital(sentence(why))}.</p>
      {hint && <p class="muted">{hint}</p>}
      <p class="row">
        {props.again && <Button onClick={props.again}>Try again</Button>}
        <Button kind="quiet" onClick={() => void copyText(details, "Details copied.")}>
          Copy details
        </Button>
      </p>
    </div>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "");
}

/** Grey bars in the place of what is loading. */
export function Skeleton({ lines = 4, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} data-width={line % 3} />
      ))}
    </div>
  );
}

/** A bar of known length, said in words as well. */
export function Bar(props: { share: number; tone?: string; label?: string }): JSX.Element {
  const width = Math.max(0, Math.min(1, props.share)) * 100;
  return (
    <span
      class={`bar ${props.tone ?? ""}`}
      role="img"
      aria-label={props.label ?? `${width.toFixed(0)} %`}
    >
      <span style={{ width: `${width}%` }} />
    </span>
  );
}

export function Progress(props: { done: number; total: number; label: string }): JSX.Element {
  const known = props.total > 0;
  return (
    <progress
      aria-label={props.label}
      max={known ? props.total : undefined}
      value={known ? props.done : undefined}
    />
  );
}

/** A labelled field. */
export function Field(props: {
  label: string;
  children: ComponentChildren;
  note?: ComponentChildren;
}): JSX.Element {
  return (
    <label class="field">
      <span>{props.label}</span>
      {props.children}
      {props.note && <small>{props.note}</small>}
    </label>
  );
}

/**
 * A labelled number. While somebody types, the text stands as it is typed, as a part of a number is
 * another one or none; what is within the bounds is told.
 */
export function NumberField(props: {
  label: string;
  value: number | null;
  min?: number;
  max?: number;
  step?: number;
  placeholder?: string;
  onChange: (value: number) => void;
  /** Where no number is an answer, too. */
  onEmpty?: () => void;
}): JSX.Element {
  const { label, value, onChange, onEmpty, ...input } = props;
  const typed = useSignal<string | null>(null);
  return (
    <Field label={label}>
      <input
        type="number"
        {...input}
        value={typed.value ?? value ?? ""}
        onInput={(event) => {
          const { value: text, validity } = event.currentTarget;
          typed.value = text;
          const number = numberIn(text, input.min, input.max);
          if (number !== null) onChange(number);
          // A lone minus is no number yet, and its text is empty.
          else if (text === "" && !validity.badInput) onEmpty?.();
        }}
        onBlur={() => (typed.value = null)}
      />
    </Field>
  );
}

/** One of several choices, as a list that opens. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  /** One that cannot be chosen says why. */
  options: readonly { value: T; text: string; whyNot?: string }[];
  onChange: (value: T) => void;
}): JSX.Element {
  return (
    <Field label={props.label}>
      <select
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value as T)}
      >
        {props.options.map((one) => (
          <option
            key={one.value}
            value={one.value}
            disabled={one.whyNot !== undefined}
            title={one.whyNot}
          >
            {one.text}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** One of a few choices, as a row of buttons. */
export function Segments<T extends string>(props: {
  label: string;
  options: readonly { value: T; text: string; title?: string }[];
  value: T;
  onChange: (value: T) => void;
}): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === props.value}
          title={option.title}
          onClick={() => props.onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}
