// The form of a test: what is changed, how, where, and what answers.

import type { JSX } from "preact";
import type { Group } from "../state/document.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { counted, plain } from "../ui/numbers.ts";
import { Button, Choice, Empty, Field, NumberField } from "../ui/parts.tsx";
import type { ModeAsk } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { Changes, HowFields } from "./Changes.tsx";
import { doseWords, NO_DOSES } from "./doses.ts";
import {
  dosesOf,
  type Followed,
  holdsLayers,
  howOf,
  type Plan,
  plan,
  sweepIn,
  sweptBy,
  whatAnswers,
} from "./plan.ts";
import { SwapForm } from "./SwapForm.tsx";

const MODES: readonly { value: ModeAsk; text: string }[] = [
  { value: "open", text: "every layer of the model" },
  { value: "constrained", text: "the layers after a held range" },
  { value: "direct", text: "nothing: direct effects" },
  { value: "iterative", text: "the dictionary, then the model" },
];

const SWEEPS: readonly { value: Plan["sweep"]; text: string }[] = [
  { value: "none", text: "one run" },
  { value: "dose", text: "sweep the dose" },
  { value: "end_layer", text: "sweep the end layer" },
  { value: "position", text: "sweep the position" },
];

/** A sweep that this mode does not have. */
const NO_END = {
  text: "sweep the end layer: no range is held",
  whyNot: "What answers now holds no range of layers, whose end could be swept",
};

interface FormProps {
  work: Workspace;
  boxes: Group[];
  busy: boolean;
  onRun: () => void;
  onCopy: () => void;
}

export function PlanForm({ work, boxes, busy, onRun, onCopy }: FormProps): JSX.Element {
  const now = plan.value;
  const set = (to: Partial<Plan>): void => {
    plan.value = { ...plan.value, ...to };
  };
  useActions(
    acts("Tests", [
      ["b f", "Follow what the circuit has now", "follow"],
      ["b w", "Change a box otherwise, or as the others", "way"],
      ["b l", "Select the nodes of a measured test", "select box"],
    ]),
  );
  // What is put in from another graph needs nothing of this one.
  if (boxes.length + now.loose.length === 0 && now.swap === null) {
    return <Empty>Select a feature, or pin some, to have something to change.</Empty>;
  }
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onRun();
      }}
    >
      <Changes work={work} boxes={boxes} />
      <SwapForm work={work} />
      <div class="form-grid">
        <HowFields
          how={now}
          onChange={(to) => {
            // Doses of another kind mean something else.
            const isAlike = howOf({ ...now, ...to }) === howOf(now);
            set({ ...to, doses: isAlike ? now.doses : null });
          }}
        />
        <Choice
          label="What answers"
          value={now.mode}
          options={MODES}
          onChange={(mode) => set({ mode, sweep: sweepIn(mode, now.sweep) })}
        />
        {holdsLayers(now.mode) && <Layers work={work} set={set} />}
        <Choice
          label="Runs"
          value={now.sweep}
          options={SWEEPS.map((one) =>
            sweepIn(now.mode, one.value) === one.value ? one : { ...one, ...NO_END },
          )}
          onChange={(sweep) => set({ sweep })}
        />
        {now.sweep === "dose" && <Doses work={work} boxes={boxes} />}
        <NumberField
          label="Tokens to write"
          min={0}
          max={200}
          value={now.nTokens}
          onChange={(nTokens) => set({ nTokens })}
        />
      </div>
      <label
        class="check"
        title="Patterns are computed anew only where every layer of the model answers"
      >
        <input
          type="checkbox"
          checked={now.mode !== "open" || now.attention === "frozen"}
          disabled={now.mode !== "open"}
          onChange={(event) => set({ attention: event.currentTarget.checked ? "frozen" : "free" })}
        />
        attention frozen
      </label>
      <label class="check" title="Direct effects hold the norms in any case">
        <input
          type="checkbox"
          checked={now.mode === "direct" || now.norms === "frozen"}
          disabled={now.mode === "direct"}
          onChange={(event) => set({ norms: event.currentTarget.checked ? "frozen" : "free" })}
        />
        norms frozen
      </label>
      {now.asIn && (
        <p class="note">
          Follows what test {now.asIn.number} did: {followedText(now.asIn)}.{" "}
          <Button
            kind="quiet"
            keyName="b f"
            act="follow"
            label="Follow what the circuit has now"
            title="Follow what the circuit has now"
            onClick={() => set({ asIn: null })}
          >
            ✕
          </Button>
        </p>
      )}
      <p class="note">{whatAnswers(now, work.shape.value?.nLayers ?? 1)}</p>
      <div class="row">
        <Button kind="primary" type="submit" keyName="mod+Enter" disabled={busy}>
          Run
        </Button>
        <Button kind="quiet" keyName="y" onClick={onCopy} title="What Run would do">
          Copy as a command
        </Button>
      </div>
    </form>
  );
}

function followedText({ groups, watch, topK }: Followed): string {
  const parts = [counted(groups.length, "group"), counted(watch.length, "watched token")];
  return [...parts, counted(topK, "output")].join(", ");
}

/** What is swept and over which numbers: they stand in the place of that of the change. */
function Doses({ work, boxes }: { work: Workspace; boxes: Group[] }): JSX.Element | null {
  const now = plan.value;
  const pack = work.columns.value;
  if (!pack) return null;
  const found = dosesOf(now, boxes, pack);
  const note = found.length === 0 ? NO_DOSES : now.strength === "off" ? "Off is 0 ×." : undefined;
  return (
    <Field label={`Doses: ${doseWords(sweptBy(now, boxes), now.swap)}`} note={note}>
      <input
        value={now.doses ?? found.map(plain).join(", ")}
        onInput={(event) => {
          plan.value = { ...now, doses: event.currentTarget.value };
        }}
      />
    </Field>
  );
}

/** The range of layers that is held; empty for the usual one. */
function Layers({ work, set }: { work: Workspace; set: (to: Partial<Plan>) => void }): JSX.Element {
  const { layerFrom, layerTo } = plan.value;
  const last = (work.shape.value?.nLayers ?? 1) - 1;
  return (
    <>
      <NumberField
        label="First held layer"
        min={0}
        max={layerTo ?? last}
        placeholder="the first changed"
        value={layerFrom}
        onChange={(to) => set({ layerFrom: to })}
        onEmpty={() => set({ layerFrom: null })}
      />
      <NumberField
        label="Last held layer"
        min={layerFrom ?? 0}
        max={last}
        placeholder="the last but one"
        value={layerTo}
        onChange={(to) => set({ layerTo: to })}
        onEmpty={() => set({ layerTo: null })}
      />
    </>
  );
}
