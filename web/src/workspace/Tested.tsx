// How the circuit's edges fared in the newest validation, in the foot: wherever one is, one sees
// that a claim was contradicted.

import type { JSX } from "preact";
import { talliedText, verdictsOf } from "../tests/verdicts.ts";
import { setQuery } from "../ui/router.ts";
import type { Workspace } from "./model.ts";
import { showBelow } from "./room.ts";

export function Tested({ work }: { work: Workspace }): JSX.Element | null {
  const run = work.validation.value;
  if (!run) return null;
  const verdicts = verdictsOf(run, work.boxes.value, work.head.value?.targets ?? []);
  const text = talliedText(verdicts.values());
  if (text === "") return null;
  const open = (): void => {
    showBelow("tests");
    setQuery({ run: String(run.number) });
  };
  return (
    <button
      type="button"
      class="as-text"
      title={`Edges of the circuit by test #${run.number}: ✓ supported, ✗ contradicted, ○ weak. Opens it.`}
      onClick={open}
    >
      Tests {text}
    </button>
  );
}
