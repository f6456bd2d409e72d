// One feature on a text of the reader's: where it fires, and how strongly.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { featureOnText } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { Button, Failure, Skeleton } from "../ui/parts.tsx";
import type { FeatureName } from "../wire.ts";
import { Tokens } from "./Examples.tsx";
import { said } from "./said.ts";
import { TextForm } from "./TextForm.tsx";

export function OnText(props: { set: string; feature: FeatureName }): JSX.Element {
  const text = useSignal("");
  return (
    <div class="stack">
      <TextForm
        button={(typed) => (
          <Button type="submit" disabled={typed === ""}>
            Run
          </Button>
        )}
        onText={(typed) => {
          text.value = typed;
        }}
      />
      {text.value !== "" && <Result {...props} text={text.value} />}
    </div>
  );
}

function Result(props: { set: string; feature: FeatureName; text: string }): JSX.Element {
  const { set, feature, text } = props;
  const { state, again } = useLoad(
    (signal) => {
      const prompt = { model: null, text, ids: null, chat: false, system: null };
      return featureOnText(set, feature, prompt, signal);
    },
    [set, feature.layer, feature.index, text],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={2} label="Running the model" />;
  if (load.is === "failed") {
    return <Failure what="The text could not be run" why={load.why} again={again} />;
  }
  const { tokens, activations, notes } = load.value;
  const texts = tokens.map((token) => token.text);
  const example = {
    tokens: texts,
    tokens_acts_list: activations,
    train_token_ind: activations.indexOf(Math.max(...activations)),
    is_repeated_datapoint: false,
  };
  return (
    <>
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <p class="example-text">
        <Tokens
          example={example}
          most={Math.max(...activations)}
          size={texts.length}
          gap={texts.some((token) => /\s/.test(token)) ? "" : " "}
        />
      </p>
      <p class="note">{said(load.value)}</p>
    </>
  );
}
