// How the circuit's edges fared in the newest validation, in the foot: wherever one is, one sees
// that a claim was contradicted.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useValidation } from "../circuit/Verdicts.tsx";
import { talliedText, verdictsOf } from "../tests/verdicts.ts";
import { whenIdle } from "../ui/idle.ts";
import { setQuery } from "../ui/router.ts";
import type { Workspace } from "./model.ts";
import { showBelow } from "./room.ts";

/** Asked for when the graph is there: it is the least of what a workspace opens with. */
export function Tested({ work }: { work: Workspace }): JSX.Element | null {
  const rests = useSignal(false);
  useEffect(() => whenIdle(() => (rests.value = true)), []);
  return rests.value ? <Tally work={work} /> : null;
}

function Tally({ work }: { work: Workspace }): JSX.Element | null {
  const run = useValidation(work);
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
