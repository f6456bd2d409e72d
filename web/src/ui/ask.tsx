// One question with a text for an answer, in the page's own dialog.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Dialog } from "./dialog.tsx";
import { Button } from "./parts.tsx";

interface Question {
  title: string;
  label: string;
  value: string;
  action: string;
  done: (answer: string | null) => void;
}

const question = signal<Question | null>(null);

/** The answer, or `null` if the person turned away. */
export function ask(title: string, label: string, value: string, action: string) {
  return new Promise<string | null>((done) => {
    question.value = { title, label, value, action, done };
  });
}

export function AskDialog(): JSX.Element | null {
  const now = question.value;
  if (!now) return null;
  const finish = (answer: string | null): void => {
    if (question.peek() !== now) return;
    question.value = null;
    now.done(answer);
  };
  return (
    <Dialog title={now.title} onClose={() => finish(null)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = new FormData(event.currentTarget).get("answer");
          finish(String(text ?? "").trim());
        }}
      >
        <label class="field">
          <span>{now.label}</span>
          <input name="answer" value={now.value} autoFocus autocomplete="off" />
        </label>
        <p class="row end">
          <Button onClick={() => finish(null)}>Cancel</Button>
          <Button kind="primary" type="submit">
            {now.action}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}
