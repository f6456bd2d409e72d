// One question, in the page's own dialog: with a text for an answer, or whether something is to be
// done.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Dialog } from "./dialog.tsx";
import { Button } from "./parts.tsx";

interface Question {
  title: string;
  label: string;
  /** What the text begins with; `null` if none is asked for. */
  value: string | null;
  actions: readonly string[];
  done: (answer: Answer | null) => void;
}

interface Answer {
  text: string;
  /** Which of the actions was chosen. */
  action: number;
}

const question = signal<Question | null>(null);

/** The answer, or `null` if the person turned away. */
export async function ask(title: string, label: string, value: string, action: string) {
  return (await askWhich(title, label, value, [action]))?.text ?? null;
}

/** The answer with what is to be done with it; Enter means the first. */
export function askWhich(
  title: string,
  label: string,
  value: string | null,
  actions: readonly string[],
): Promise<Answer | null> {
  // Whoever asked before is not answered any more.
  question.peek()?.done(null);
  return new Promise((done) => {
    question.value = { title, label, value, actions, done };
  });
}

/** Whether it is to be done, after `words` said what that means. */
export async function sure(title: string, words: string, action: string): Promise<boolean> {
  return (await askWhich(title, words, null, [action])) !== null;
}

export function AskDialog(): JSX.Element | null {
  const now = question.value;
  if (!now) return null;
  const finish = (answer: Answer | null): void => {
    if (question.peek() !== now) return;
    question.value = null;
    now.done(answer);
  };
  return (
    <Dialog title={now.title} onClose={() => finish(null)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = String(new FormData(event.currentTarget).get("answer") ?? "").trim();
          const { submitter } = event;
          const action = submitter instanceof HTMLButtonElement ? Number(submitter.value) : 0;
          finish({ text, action });
        }}
      >
        {now.value === null ? (
          <p>{now.label}</p>
        ) : (
          <label class="field">
            <span>{now.label}</span>
            <input name="answer" value={now.value} autoFocus autocomplete="off" />
          </label>
        )}
        <p class="row end">
          <Button onClick={() => finish(null)}>Cancel</Button>
          {now.actions.map((action, at) => (
            <Button key={action} kind={at === 0 ? "primary" : "plain"} type="submit" value={at}>
              {action}
            </Button>
          ))}
        </p>
      </form>
    </Dialog>
  );
}
