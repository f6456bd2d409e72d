// Several graphs of one dictionary side by side: which features recur, and how much of each graph
// they carry. One graph explains one prompt; what holds of a kind of prompts is seen here.

import type { JSX } from "preact";
import { graphs as askGraphs, recurring } from "../api/endpoints.ts";
import { featureUrl } from "../feature/shape.ts";
import { nameText } from "../graph/names.ts";
import { copyCommand } from "../ui/command.tsx";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { useMore } from "../ui/more.tsx";
import { count, percent, promptText, raw, tokenText } from "../ui/numbers.ts";
import { Button, Choice, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import { graphFile, IN_FOLDER, line } from "../ui/shell.ts";
import type { Recurring as Found, GraphRow, RecurringCell, RecurringFeature } from "../wire.ts";
import { chosenOf, heat, letter, toggled } from "./recurring.ts";

/** Rows that are asked for; the count of all is told. */
const ROWS = 500;

/** The same table on the command line. */
function commandOf(chosen: readonly GraphRow[], least: number): string {
  const files = chosen.map((row) => graphFile(row.id));
  return line(["connectome", "compare", ...files, "--least", least]);
}

export function Recurring(): JSX.Element {
  const { state, again } = useLoad((signal) => askGraphs(signal), []);
  const { query } = place.value;
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} />;
  if (load.is === "failed")
    return <Failure what="Graphs could not be listed" why={load.why} again={again} />;
  const rows = load.value;
  const chosen = chosenOf(rows, query.get("g"));
  const least = Math.min(Math.max(1, Number(query.get("least")) || 2), Math.max(1, chosen.length));
  const choose = (row: GraphRow): void => setQuery({ g: toggled(chosen, row).join(",") });
  const areSeveral = chosen.length > 2;
  return (
    <div class="sheet wide">
      <div class="head-row">
        <h1>Recurring features</h1>
        <a class="muted" href="/cmp">
          Two graphs in detail
        </a>
        <span class="grow" />
        {areSeveral && <Copy chosen={chosen} least={least} />}
        {areSeveral && (
          <Choice
            label="Nodes of at least"
            value={String(least)}
            options={chosen.map((_, at) => ({
              value: String(at + 1),
              text: at === 0 ? "1 graph" : `${at + 1} graphs`,
            }))}
            onChange={(value) => setQuery({ least: value })}
          />
        )}
      </div>
      <fieldset class="chosen-graphs">
        <legend class="muted">
          Graphs of one dictionary{chosen[0] && `: ${chosen[0].dictionary}`}
        </legend>
        {rows.map((row) => {
          const at = chosen.indexOf(row);
          const other = chosen.length > 0 && row.dictionary !== chosen[0].dictionary;
          return (
            <label
              key={row.id}
              title={other ? `Of another dictionary: ${row.dictionary}` : undefined}
            >
              <input
                type="checkbox"
                checked={at >= 0}
                disabled={other}
                onChange={() => choose(row)}
              />
              {at >= 0 && <strong>{letter(at)}</strong>} {row.title || promptText(row.tokens)} →{" "}
              {tokenText(row.target)}
            </label>
          );
        })}
      </fieldset>
      {chosen.length < 2 ? (
        <Empty>Choose two graphs or more: best prompts of one kind.</Empty>
      ) : (
        <Table chosen={chosen} least={least} />
      )}
    </div>
  );
}

function Copy({ chosen, least }: { chosen: readonly GraphRow[]; least: number }): JSX.Element {
  const copy = (): void => void copyCommand(commandOf(chosen, least), IN_FOLDER);
  useActions(section("Recurring features", [["y", "Copy as a command", copy]]));
  return (
    <Button kind="quiet" keyName="y" onClick={copy}>
      Copy as a command
    </Button>
  );
}

function Table({ chosen, least }: { chosen: readonly GraphRow[]; least: number }): JSX.Element {
  const ids = chosen.map((row) => row.id);
  const { state, stale, again } = useLoad(
    async (signal) => ({
      found: await recurring({ graphs: ids, limit: ROWS, least }, signal),
      ids,
    }),
    [],
    [ids.join(","), least],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} label="Reading graphs" />;
  if (load.is === "failed")
    return <Failure what="The graphs were not compared" why={load.why} again={again} />;
  const { found } = load.value;
  if (found.rows.length === 0) return <Empty>No feature is a node of so many graphs.</Empty>;
  // Columns are of the answer, not of the choice that is on its way.
  const of = load.value.ids.flatMap((id) => chosen.find((row) => row.id === id) ?? []);
  if (of.length < load.value.ids.length) return <Skeleton lines={8} label="Reading graphs" />;
  return (
    <div class="matrix-scroll" aria-busy={stale} tabIndex={0} role="region" aria-label="Features">
      <Rows found={found} of={of} />
    </div>
  );
}

function Rows({ found, of }: { found: Found; of: readonly GraphRow[] }): JSX.Element {
  const { rows, more } = useMore(found.rows, 60);
  const most = Math.max(
    ...found.rows.flatMap((row) => row.cells.map((cell) => cell?.influence ?? 0)),
  );
  return (
    <>
      <table class="recurring">
        <caption>
          {count(found.n_features)} features
          {found.n_features > found.rows.length && `, the first ${count(found.rows.length)} here`}:
          those of most graphs first, then by their mean influence over all. A cell is the share of
          all influence in that graph, every position of the feature together; “·” is a graph
          without it.
        </caption>
        <thead>
          <tr>
            <th scope="col">feature</th>
            <th scope="col" class="number">
              graphs
            </th>
            <th scope="col" class="number">
              mean
            </th>
            {of.map((row, at) => (
              <th key={row.id} scope="col" class="number" title={promptText(row.tokens)}>
                <a href={`/g/${row.id}`}>{letter(at)}</a>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.feature}>
              <th scope="row">
                {found.feature_set ? (
                  <a href={featureUrl(found.feature_set, row)}>{row.feature}</a>
                ) : (
                  row.feature
                )}{" "}
                <span>{called(row)}</span>
              </th>
              <td class="number">
                {row.n_graphs} of {of.length}
              </td>
              <td class="number">{percent(row.mean_influence)}</td>
              {row.cells.map((cell, at) => (
                <Cell key={of[at].id} cell={cell} most={most} of={of[at]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </>
  );
}

function called({ label, label_source }: RecurringFeature): string {
  if (!label) return "";
  return nameText(label, label_source);
}

function Cell(props: { cell: RecurringCell | null; most: number; of: GraphRow }): JSX.Element {
  const { cell, most, of } = props;
  if (!cell) return <td class="number muted">·</td>;
  const at = cell.nodes.length === 1 ? "one position" : `${cell.nodes.length} positions`;
  const says = `activation ${raw(cell.activation)} at most, at ${at} of “${promptText(of.tokens)}”`;
  return (
    <td class="number" style={{ "--heat": heat(cell.influence, most) }}>
      <a href={`/g/${of.id}#s=${cell.nodes.join(",")}`} title={says}>
        {percent(cell.influence)}
      </a>
    </td>
  );
}
