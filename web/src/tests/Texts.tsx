// The text that the model wrote, unchanged and changed, with what differs marked.

import type { JSX } from "preact";
import type { TextPair } from "../wire.ts";
import { differing, type Part } from "./differ.ts";

export function Texts({ text }: { text: TextPair }): JSX.Element {
  const { before, after } = differing(text.before, text.after);
  const same = !after.some(({ differs }) => differs) && !before.some(({ differs }) => differs);
  return (
    <div class="two-lists">
      <section>
        <h3>Text, unchanged</h3>
        <Sample parts={before} />
      </section>
      <section>
        <h3>Text, changed</h3>
        <Sample parts={after} />
        {same && <p class="note">The same text.</p>}
      </section>
    </div>
  );
}

function Sample({ parts }: { parts: readonly Part[] }): JSX.Element {
  return (
    <pre class="sample">
      {parts.map(({ text, differs }, place) => (differs ? <mark key={place}>{text}</mark> : text))}
    </pre>
  );
}
