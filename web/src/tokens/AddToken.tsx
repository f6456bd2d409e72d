// A token in words, and the id that the model's tokenizer has for it.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { sentence } from "../api/client.ts";
import { tokenize } from "../api/endpoints.ts";
import { Button } from "../ui/parts.tsx";
import { toastFailure } from "../ui/toast.tsx";

/** The last token of a word, as the model's vocabulary has it; a leading space counts. */
export async function tokenOf(model: string, text: string): Promise<number | null> {
  // Of nothing the last token is the one that stands before every text.
  if (text === "") return null;
  try {
    const { tokens } = await tokenize({ model, text, ids: null, chat: false, system: null });
    return tokens.at(-1)?.id ?? null;
  } catch (failure) {
    toastFailure(`“${text}” is no token: ${sentence(failure)}.`);
    return null;
  }
}

export function AddToken(props: {
  model: string;
  label: string;
  action: string;
  onAdd: (id: number) => void;
  /** The key that goes into its field, as its page registers it. */
  field?: { keyName: string; act: string };
}): JSX.Element {
  const text = useSignal("");
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    const id = await tokenOf(props.model, text.value);
    if (id !== null) props.onAdd(id);
    text.value = "";
  };
  return (
    <form class="row" onSubmit={(event) => void add(event)}>
      <input
        data-act={props.field?.act}
        aria-label={props.label}
        placeholder={props.label}
        title="Of a word of several tokens, the last; a leading space counts"
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
      />
      <Button type="submit" keyName={props.field?.keyName}>
        {props.action}
      </Button>
    </form>
  );
}
