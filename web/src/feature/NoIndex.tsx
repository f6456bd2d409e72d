// What stands where nothing was collected: the one command that collects it.

import type { JSX } from "preact";
import { Command } from "../ui/command.tsx";
import { Button } from "../ui/parts.tsx";
import type { FeatureSet } from "../wire.ts";

export function NoIndex({ set, again }: { set: FeatureSet; again: () => void }): JSX.Element {
  return (
    <section class="card stack" aria-label="Nothing was collected">
      <p>
        <strong>No examples were collected for the dictionary {set.dictionary}.</strong>
      </p>
      <p>
        This command reads a text once and collects, for every feature, where it fires, what it says
        to the logits, and an automatic name. Run it where the server was started; this page finds
        what it writes.
      </p>
      <Command text={set.collect} />
      {set.needs_text && (
        <p class="note">
          <code>TEXT</code> stands for a file of yours: text, <code>.jsonl</code>, or token files.
        </p>
      )}
      <p>
        <Button onClick={again}>Look again</Button>
      </p>
    </section>
  );
}
