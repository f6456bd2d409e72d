// Features that fire on a text of the reader's, the strongest first.

import type { JSX } from "preact";
import { featureSearch } from "../api/endpoints.ts";
import { useLoad } from "../ui/load.ts";
import { count, percent, raw, tokenText } from "../ui/numbers.ts";
import { Button, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import type { FeatureSet } from "../wire.ts";
import { NamedCells } from "./NamedCells.tsx";
import { featureId } from "./shape.ts";
import { TextForm } from "./TextForm.tsx";

const MOST = 100;

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
  const { state, again } = useLoad(
    (signal) => {
      const prompt = { model: set.name, text, ids: null, chat: false, system: null };
      return featureSearch({ prompt, layer: null, limit: MOST }, signal);
    },
    [set.name, text],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} label="Running the model" />;
  if (load.is === "failed") {
    return <Failure what="The text could not be run" why={load.why} again={again} />;
  }
  const { rows, tokens, total, notes } = load.value;
  return (
    <div class="stack">
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <table class="features">
        <thead>
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
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={featureId(row)}>
              <NamedCells set={set.name} row={row} />
              <td>
                {tokenText(tokens[row.pos]?.text ?? "").trim()}{" "}
                <span class="muted">({row.pos})</span>
              </td>
              <td class="number">{raw(row.activation)}</td>
              {set.index && (
                <td class="number">
                  {row.share_of_max === null ? "–" : percent(row.share_of_max)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">
        {total > rows.length
          ? `The ${count(rows.length)} strongest of ${count(total)} that fire`
          : `All ${count(total)} that fire`}
        , each where it is strongest.
      </p>
    </div>
  );
}
