// A finished test: predicted beside measured, outputs before and after, text, sweep.

import type { JSX } from "preact";
import { readOnly } from "../api/readOnly.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useMore } from "../ui/more.tsx";
import { date, percent, raw, signedRaw, tokenText } from "../ui/numbers.ts";
import { Bar, Button, Chip } from "../ui/parts.tsx";
import { Csv } from "../ui/save.tsx";
import type { GroupEffect, Inserted, InterveneRun, Run, RunAsk, Shift } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { fillIn } from "./again.ts";
import { Baseline, PinBaseline } from "./Baseline.tsx";
import { bestEnd, takeEnd } from "./best.ts";
import { copyRun } from "./copy.ts";
import { doseWords } from "./doses.ts";
import { Matrix } from "./Matrix.tsx";
import { Sweep } from "./Sweep.tsx";
import { Texts } from "./Texts.tsx";
import { groupTable, outputTable, targetTable } from "./tables.ts";

export function RunResult({ work, run }: { work: Workspace; run: Run }): JSX.Element {
  const { result } = run;
  useActions(
    acts("The test that is shown", [
      ["b u", "Use its settings", "use"],
      ["b p", "Pin it as baseline, or take the pin away", "baseline"],
      ["b x", "Take the baseline away", "no baseline"],
      ["b b", "Use the best end of its sweep", "best"],
      ["b y", "Copy it as a command", "copy run"],
    ]),
  );
  return (
    <div class="stack">
      <header>
        <h2>
          <span class="muted">#{run.number}</span> {run.name}
        </h2>
        <p class="note">
          {date(run.created)} · {run.tool}
          {work.head.value?.runnable && !readOnly.value && (
            <Button
              kind="quiet"
              keyName="b u"
              act="use"
              title="Fills the form with what this test was"
              onClick={() => fillIn(work, run)}
            >
              Use these settings
            </Button>
          )}
          {!work.readOnly && (
            <Button
              kind="quiet"
              keyName="b y"
              act="copy run"
              onClick={() => void copyRun(work, run.ask)}
            >
              Copy as a command
            </Button>
          )}
          {result.kind !== "validate" && <PinBaseline run={run} />}
        </p>
      </header>
      {result.kind === "validate" ? (
        <Matrix run={result} work={work} file={fileOf(run)} />
      ) : (
        <>
          <Baseline work={work} run={run} />
          <Effects run={result} ask={run.ask} file={fileOf(run)} />
          <BestEnd work={work} run={run} />
        </>
      )}
    </div>
  );
}

/** What a sweep of the end of the held layers was made for. */
function BestEnd({ work, run }: { work: Workspace; run: Run }) {
  const { ask, result } = run;
  if (ask.kind === "validate" || result.kind === "validate" || !work.head.value?.runnable)
    return null;
  if (readOnly.value) return null;
  const best = bestEnd(result.sweep);
  if (!best) return null;
  return (
    <p class="row note">
      Outputs change most where the held layers end at layer {best.end - 1}: KL {raw(best.kl)} nats.
      <Button
        keyName="b b"
        act="best"
        title="Fills the form with this test, as one run with that end"
        onClick={() => takeEnd(work, run, best.end)}
      >
        Use the best
      </Button>
    </p>
  );
}

/** How files of its tables begin. */
const fileOf = ({ graph, number }: Run): string => `${graph}-test-${number}`;

/** What was taken from another prompt; a name of several is how many they are. */
function insertedText({ name, n_features, prompt, dose }: Inserted): string {
  const what = n_features === 1 ? `${name} (1 feature)` : name;
  return `Put in from “${tokenText(prompt)}”: ${what}, ${dose} the activation there.`;
}

/** What a dose of the run is. */
function doseOf(ask: RunAsk): string {
  if (ask.kind === "validate") return "";
  const hows = ask.edits.map(({ how }) => how);
  return doseWords(hows, ask.swap);
}

interface EffectsProps {
  run: InterveneRun;
  ask: RunAsk;
  /** How files of its tables begin. */
  file: string;
}

function Effects({ run, ask, file }: EffectsProps): JSX.Element {
  const watch = ask.kind === "intervene" ? ask.watch : [];
  return (
    <>
      <p class="note">
        {run.what}. {run.held}.
      </p>
      {run.inserted && <p class="note">{insertedText(run.inserted)}</p>}
      {run.groups.length > 0 && <Groups groups={run.groups} file={file} />}
      {run.targets.length > 0 && (
        <table>
          <caption>
            Change of each explained output, in units of its logit less the mean{" "}
            <Csv name={`${file}-targets`} table={() => targetTable(run.targets)} />
          </caption>
          <thead>
            <tr>
              <th>output</th>
              <th class="number">before</th>
              <th class="number">predicted</th>
              <th class="number">measured</th>
            </tr>
          </thead>
          <tbody>
            {run.targets.map((target) => (
              <tr key={target.node}>
                <td>{tokenText(target.label)}</td>
                <td class="number">{raw(target.before)}</td>
                <td class="number">
                  {target.predicted === null ? "–" : signedRaw(target.predicted)}
                </td>
                <td class="number">
                  {target.measured === null ? "–" : signedRaw(target.measured)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Outputs shift={run.shift} watch={watch} file={file} />
      {run.text && <Texts text={run.text} />}
      {run.sweep && <Sweep sweep={run.sweep} groups={run.groups} dose={doseOf(ask)} file={file} />}
    </>
  );
}

/** Each group's activation after, as a share of before: what the graph said and what happened. */
function Groups({ groups, file }: { groups: GroupEffect[]; file: string }): JSX.Element {
  const most = Math.max(
    1,
    ...groups.flatMap((group) => [Math.abs(group.measured ?? 0), Math.abs(group.predicted ?? 0)]),
  );
  return (
    <table class="effects">
      <caption>
        Activation after, as a share of the original (sums over a group's features){" "}
        <Csv name={`${file}-groups`} table={() => groupTable(groups)} />
      </caption>
      <thead>
        <tr>
          <th>group</th>
          <th>predicted</th>
          <th>measured</th>
          <th>
            <span class="only-read">agreement</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={group.id}>
            <td>
              {group.name} {group.edited && <Chip tone="warn">{group.edited}</Chip>}
            </td>
            <td>
              <Ratio value={group.predicted} most={most} />
            </td>
            <td>
              <Ratio value={group.measured} most={most} />
            </td>
            <td>
              {group.agrees === true && <span class="positive">✓ as predicted</span>}
              {group.agrees === false && <span class="negative">✗ otherwise</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Ratio({ value, most }: { value: number | null; most: number }): JSX.Element {
  if (value === null) return <span class="muted">–</span>;
  return (
    <span class="ratio">
      <Bar
        share={Math.abs(value) / most}
        tone={value < 0 ? "negative" : ""}
        label={percent(value)}
      />
      <span class="number">{percent(value)}</span>
    </span>
  );
}

/** Outputs that are listed first, beside those that are watched. */
const OUTPUTS = 10;

function Outputs(props: { shift: Shift; watch: readonly number[]; file: string }): JSX.Element {
  const { shift, watch, file } = props;
  const { rows, more } = useMore(shift.tokens, OUTPUTS, ({ id }) => watch.includes(id));
  return (
    <table>
      <caption>
        Next token. KL {raw(shift.kl_nats)} nats, entropy {raw(shift.entropy_before_bits)} →{" "}
        {raw(shift.entropy_after_bits)} bits. {more}{" "}
        <Csv name={`${file}-outputs`} table={() => outputTable(shift)} />
      </caption>
      <thead>
        <tr>
          <th>token</th>
          <th>before</th>
          <th>after</th>
          <th class="number">rank</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((token) => (
          <tr key={token.id}>
            <td>{tokenText(token.text)}</td>
            <td>
              <Ratio value={token.p_before} most={1} />
            </td>
            <td>
              <Ratio value={token.p_after} most={1} />
            </td>
            <td class="number">
              {token.rank_before} → {token.rank_after}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
