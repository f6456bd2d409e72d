// A text of the reader's that a model is to read.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Field } from "../ui/parts.tsx";

/** `button` submits the form and may look at what is typed; `onText` gets it without its ends. */
export function TextForm(props: {
  text?: string;
  button: (typed: string) => JSX.Element;
  onText: (text: string) => void;
}): JSX.Element {
  const { text, button, onText } = props;
  const typed = useSignal(text ?? "");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onText(typed.value.trim());
  };
  return (
    <form class="row" onSubmit={submit}>
      <Field label="Text">
        <input
          class="wide"
          value={typed.value}
          spellcheck={false}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
          }}
        />
      </Field>
      {button(typed.value.trim())}
    </form>
  );
}
