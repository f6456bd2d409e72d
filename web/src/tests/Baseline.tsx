// The numbers of the test that was pinned as the baseline, side by side with those of the present.

import type { JSX } from "preact";
import { run as askRun } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { useMore } from "../ui/more.tsx";
import { percent, raw, signedPoints, signedRaw } from "../ui/numbers.ts";
import { Button, Failure, Skeleton } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import type { InterveneRun, Run } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { type Beside, besides } from "./baseline.ts";

/** The number of the baseline, if one is pinned. */
const pinned = (): number | null => Number(place.value.query.get("base")) || null;

/** Pins the present test, or takes the pin away. */
export function PinBaseline({ run }: { run: Run }): JSX.Element {
  const isPinned = pinned() === run.number;
  return (
    <Button
      kind="quiet"
      keyName="b p"
      act="baseline"
      pressed={isPinned}
      title="Other tests then show its numbers beside theirs"
      onClick={() => setQuery({ base: isPinned ? null : String(run.number) })}
    >
      {isPinned ? "Baseline" : "Pin as baseline"}
    </Button>
  );
}

export function Baseline(props: { work: Workspace; run: Run }): JSX.Element | null {
  const number = pinned();
  const { result } = props.run;
  if (number === null || number === props.run.number || result.kind === "validate") return null;
  return <Loaded work={props.work} number={number} now={result} />;
}

interface LoadedProps {
  work: Workspace;
  number: number;
  now: InterveneRun;
}

function Loaded({ work, number, now }: LoadedProps): JSX.Element {
  const { state, again } = useLoad((abort) => askRun(work.id, number, abort), [work.id, number]);
  const load = state.value;
  const away = (
    <Button kind="quiet" keyName="b x" act="no baseline" onClick={() => setQuery({ base: null })}>
      Take the baseline away
    </Button>
  );
  if (load.is === "loading") return <Skeleton lines={3} label="Loading the baseline" />;
  if (load.is === "failed") {
    return (
      <>
        <Failure
          what={`The baseline, test ${number}, could not be read`}
          why={load.why}
          again={again}
        />
        {away}
      </>
    );
  }
  const { name, result } = load.value;
  const title = `#${number} ${name}`;
  if (result.kind === "validate") {
    return (
      <p class="note">
        The baseline, {title}, is a matrix: it has no numbers of one change. {away}
      </p>
    );
  }
  const { groups, targets, tokens } = besides(result, now);
  return (
    <section class="stack" aria-label="Beside the baseline">
      <h3>
        Beside the baseline {title} {away}
      </h3>
      <Rows
        what="group"
        caption="Activation after, as a share of the original, measured"
        rows={groups}
        number={percent}
        change={signedPoints}
      />
      <Rows
        what="output"
        caption="Change of the logit less the mean, measured"
        rows={targets}
        number={signedRaw}
        change={signedRaw}
      />
      <Rows
        what="token"
        caption={`Probability after. KL ${raw(result.shift.kl_nats)} and ${raw(now.shift.kl_nats)} nats.`}
        rows={tokens}
        number={percent}
        change={signedPoints}
      />
    </section>
  );
}

const FIRST = 10;

function Rows(props: {
  what: string;
  caption: string;
  rows: readonly Beside[];
  number: (value: number) => string;
  change: (value: number) => string;
}): JSX.Element | null {
  const { rows, more } = useMore(props.rows, FIRST);
  const cell = (value: number | null, as = props.number): string =>
    value === null ? "–" : as(value);
  if (props.rows.length === 0) return null;
  return (
    <table>
      <caption>
        {props.caption} {more}
      </caption>
      <thead>
        <tr>
          <th>{props.what}</th>
          <th class="number">baseline</th>
          <th class="number">this test</th>
          <th class="number">difference</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, base, now }, place) => (
          <tr key={place}>
            <td>{name}</td>
            <td class="number">{cell(base)}</td>
            <td class="number">{cell(now)}</td>
            <td class="number">
              {cell(base === null || now === null ? null : now - base, props.change)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
