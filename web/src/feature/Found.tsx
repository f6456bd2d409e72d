// Features that fire on a text of the reader's, the strongest first.

import type { JSX } from "preact";
import { featureSearch } from "../api/endpoints.ts";
import { Long } from "../ui/Long.tsx";
import { useLoad } from "../ui/load.ts";
import { count, percent, raw, tokenText } from "../ui/numbers.ts";
import { Button, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import type { FeatureFound, FeatureSet } from "../wire.ts";
import { ANY, meantBy, readAsked } from "./asked.ts";
import { Counted, Filters } from "./Filters.tsx";
import { NamedCells } from "./NamedCells.tsx";
import { named } from "./naming.ts";
import { TextForm } from "./TextForm.tsx";

/** As many as the server gives at once. */
const MOST = 1000;

export function Found({ set }: { set: FeatureSet }): JSX.Element {
  const text = (place.value.query.get("text") ?? "").trim();
  return (
    <div class="stack">
      <TextForm
        text={text}
        button={() => (
          <Button type="submit" kind="primary">
            Find
          </Button>
        )}
        onText={(typed) => setQuery({ text: typed || " " })}
      />
      {text === "" ? (
        <Empty>Write a text, to see which features fire on it.</Empty>
      ) : (
        <Results set={set} text={text} />
      )}
    </div>
  );
}

function Results({ set, text }: { set: FeatureSet; text: string }): JSX.Element {
  // Beside the layer, an index knows what is asked; without one nothing is.
  const known = readAsked(place.value.query, set.n_layers);
  const asked = set.index ? known : ANY;
  const { state, stale, again } = useLoad(
    (signal) => {
      const prompt = { model: set.name, text, ids: null, chat: false, system: null };
      return featureSearch({ prompt, ...meantBy(asked), limit: MOST }, signal);
    },
    [set.name, text],
    [JSON.stringify(meantBy(asked)), named.value],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} label="Running the model" />;
  if (load.is === "failed") {
    return <Failure what="The text could not be run" why={load.why} again={again} />;
  }
  const { rows, total, n_fire, notes } = load.value;
  return (
    <div class="stack">
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      {set.index && <Filters set={set} asked={asked} />}
      <Counted
        asked={asked}
        text={`${total === n_fire ? "" : `${count(total)} of `}${count(n_fire)} features that fire on it`}
      />
      {rows.length === 0 && !stale ? (
        <Empty>
          {n_fire === 0
            ? "No feature fires on this text."
            : "None of those that fire is all of this. The crosses above take a filter away."}
        </Empty>
      ) : (
        <Strongest set={set} found={load.value} busy={stale} />
      )}
      {total > rows.length && <p class="note">Of these, the {count(rows.length)} strongest.</p>}
      <p class="note">
        Each where it is strongest
        {set.index
          ? "; sorted by share of its largest activation in the index, as activations of different features have different units."
          : "; sorted by activation."}
      </p>
    </div>
  );
}

function Strongest(props: { set: FeatureSet; found: FeatureFound; busy: boolean }): JSX.Element {
  const { set, found } = props;
  const { rows, tokens } = found;
  return (
    <Long
      label="Features that fire on the text"
      total={rows.length}
      busy={props.busy}
      head={
        <tr>
          <th>feature</th>
          <th>name</th>
          <th>at</th>
          <th class="number">activation</th>
          {set.index && (
            <th class="number" title="of the largest activation that the index saw">
              of its largest
            </th>
          )}
        </tr>
      }
      cells={(at) => {
        const row = rows[at];
        return (
          <>
            <NamedCells set={set.name} row={row} />
            <td>
              {tokenText(tokens[row.pos]?.text ?? "").trim()} <span class="muted">({row.pos})</span>
            </td>
            <td class="number">{raw(row.activation)}</td>
            {set.index && (
              <td class="number">{row.share_of_max === null ? "–" : percent(row.share_of_max)}</td>
            )}
          </>
        );
      }}
    />
  );
}
