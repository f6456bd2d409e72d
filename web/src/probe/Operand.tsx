// The plot of one feature in the kept probes of its dictionary, or what makes one.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import {
  probe as askProbe,
  probes as askProbes,
  featureSets,
  startProbe,
} from "../api/endpoints.ts";
import { featureId, probeUrl } from "../feature/shape.ts";
import { JobRow } from "../library/JobRow.tsx";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count } from "../ui/numbers.ts";
import { Button, Chip, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import type { FeatureName, FeatureSet, Probe, ProbeAsk, ProbeRow } from "../wire.ts";
import { sentenceOf, withValues } from "./grid.ts";
import { askFor, type InProbe, inProbes, ofDictionary, shownOf, whyNotJudged } from "./kept.ts";
import { PlotOf } from "./Looked.tsx";
import { finished, running } from "./running.ts";

/** The probe that a person chose: stays while a walk goes from feature to feature. */
const chosen = signal<number | null>(null);

/** A kept probe never changes: it is asked for once, not at every step of a walk. */
const asked = new Map<string, Probe>();

async function whole({ number, created }: ProbeRow, abort: AbortSignal): Promise<Probe> {
  const key = `${number} ${created}`;
  const probe = asked.get(key) ?? withValues(await askProbe(number, abort));
  asked.set(key, probe);
  return probe;
}

interface Kept {
  set: FeatureSet | null;
  probes: readonly Probe[];
}

async function find(name: string, digest: string | null, abort: AbortSignal): Promise<Kept> {
  const { sets } = await featureSets(abort);
  const set = sets.find((one) => one.name === name) ?? null;
  const rows = ofDictionary(await askProbes(abort), set?.dictionary ?? null, digest);
  return { set, probes: await Promise.all(rows.map((row) => whole(row, abort))) };
}

interface Props {
  set: string;
  feature: FeatureName;
  /** Of the dictionary, where it is known: one of the same name may be another. */
  digest?: string | null;
}

export function Operand({ set, feature, digest = null }: Props): JSX.Element {
  const { state, again } = useLoad(
    (abort) => find(set, digest, abort),
    [set, digest],
    [finished.value],
  );
  useEffect(() => void running.adopt(null), []);
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={6} label="Looking for plots" />;
  if (load.is === "failed") {
    return <Failure what="Probes could not be read" why={load.why} again={again} />;
  }
  const all = inProbes(load.value.probes, feature);
  const shown = shownOf(all, chosen.value);
  const job = running.of(null);
  return (
    <div class="stack">
      {job && <JobRow job={job} />}
      {shown ? (
        <Shown set={load.value.set} feature={feature} all={all} shown={shown} />
      ) : (
        <None set={load.value.set} feature={feature} />
      )}
    </div>
  );
}

/** Nothing was kept: a template has to be thought of, which the form is for. */
function None({ set, feature }: { set: FeatureSet | null; feature: FeatureName }): JSX.Element {
  if (!set?.is_run) {
    return <Empty>No probe of this dictionary was kept, and no model of it is served.</Empty>;
  }
  return (
    <Empty
      action={
        <a class="button" href={probeUrl(set.name, [feature])}>
          Probe it
        </a>
      }
    >
      No probe of {set.dictionary} was kept yet: run a template with two slots to see what{" "}
      {featureId(feature)} does with the two.
    </Empty>
  );
}

async function judge(ask: ProbeAsk): Promise<void> {
  await running.start(null, () => startProbe(ask), { path: "/api/probes", body: ask });
  // The newest that judged it is the one that was made.
  chosen.value = null;
}

interface ShownProps {
  set: FeatureSet | null;
  feature: FeatureName;
  all: readonly InProbe[];
  shown: InProbe;
}

function Shown({ set, feature, all, shown }: ShownProps): JSX.Element {
  const { probe, found } = shown;
  useActions(acts("Operand", [["Shift+j", "Judge the feature in this probe", "judge"]]));
  const name = featureId(feature);
  const [nA, nB] = probe.values.map((values) => values.length);
  return (
    <>
      <div class="head-row">
        {all.length > 1 ? (
          <select
            class="grow"
            aria-label="Probe"
            value={String(probe.number)}
            onChange={(event) => (chosen.value = Number(event.currentTarget.value))}
          >
            {all.map((one) => (
              <option key={one.probe.number} value={one.probe.number}>
                {one.probe.ask.template} · {one.probe.model}
                {!one.found && " · not judged"}
              </option>
            ))}
          </select>
        ) : (
          <strong class="mono grow">{probe.ask.template}</strong>
        )}
        <a href={`/probe/${probe.number}?feature=${encodeURIComponent(name)}`}>Whole probe</a>
        {set?.is_run && <a href={probeUrl(set.name, [feature])}>New probe</a>}
      </div>
      <p>
        {found ? `${sentenceOf(found, nA * nB)}. ` : `${whyNotJudged(probe.ask)} `}
        {found && <Chip title="A program chose the class">class: automatic</Chip>}
      </p>
      {!found && set?.is_run && !running.of(null) && (
        <p>
          <Button
            keyName="Shift+j"
            act="judge"
            title={`Runs its ${count(nA * nB)} prompts for this feature alone, which gives the class`}
            onClick={() => void judge(askFor(probe, set.name, feature))}
          >
            Judge it
          </Button>
        </p>
      )}
      <PlotOf probe={probe} feature={feature} />
      <p class="note">
        {probe.model} with {probe.dictionary}, {count(nA)} × {count(nB)} prompts, at position{" "}
        {probe.ask.position}. Colour: activation, raw, from zero to the feature's largest here.
      </p>
    </>
  );
}
