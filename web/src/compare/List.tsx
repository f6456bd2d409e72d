// The features as a table: the same content as the grid, for everyone who prefers to read.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { count, percent, raw } from "../ui/numbers.ts";
import { Button, Empty } from "../ui/parts.tsx";
import { setQuery } from "../ui/router.ts";
import { Csv } from "../ui/save.tsx";
import { type Order, type Row, type Show, type Sort, tableOf } from "./rows.ts";

const PAGE = 200;

/** The first rows of a list, and how to see more of it. */
function useFirst<T>(list: readonly T[]): { rows: readonly T[]; more: JSX.Element | null } {
  const shown = useSignal(PAGE);
  const n = Math.min(shown.value, list.length);
  const more = n < list.length && (
    <div class="row">
      <span class="muted">
        {count(n)} of {count(list.length)}
      </span>
      <Button onClick={() => (shown.value += PAGE)}>
        Show {count(Math.min(PAGE, list.length - n))} more
      </Button>
      <Button onClick={() => (shown.value = list.length)}>Show all</Button>
    </div>
  );
  return { rows: list.slice(0, n), more: more || null };
}

const COLUMNS: readonly { by: Sort; text: string }[] = [
  { by: "name", text: "feature" },
  { by: "activationA", text: "activation A" },
  { by: "activationB", text: "activation B" },
  { by: "influenceA", text: "influence A" },
  { by: "influenceB", text: "influence B" },
  { by: "change", text: "influence B − A" },
];

/** What an order is called: that of the address, or the one that `show` brings with it. */
function orderText(order: Order | null, show: Show): string {
  const column = COLUMNS.find((one) => one.by === order?.by);
  if (column) return `by ${column.text}`;
  return show === "change" ? "by the size of the change" : "by the larger influence";
}

export function List(props: {
  rows: readonly Row[];
  of: { a: string; b: string; picked: Row | undefined };
  order: Order | null;
  show: Show;
}): JSX.Element {
  const { of, order, show } = props;
  const { rows, more } = useFirst(props.rows);
  if (rows.length === 0) return <Empty>There is none.</Empty>;
  // The first click gives the largest numbers, and names from A.
  const sort = (by: Sort): void => {
    const flips = order?.by === by ? !order.descending : by !== "name";
    setQuery({ sort: `${flips ? "-" : ""}${by}` });
  };
  return (
    <>
      <div class="matrix-scroll">
        <table class="compared">
          <caption>
            Features {orderText(order, show)}; influence is a share of all in its graph, and “–” is
            a graph without the feature, which counts as 0 in B − A{" "}
            <Csv name={`compare-${of.a}-${of.b}`} table={() => tableOf(props.rows)} />
          </caption>
          <thead>
            <tr>
              {COLUMNS.map(({ by, text }) => {
                const now = order?.by === by ? order : null;
                return (
                  <th
                    key={by}
                    class={by === "name" ? "" : "number"}
                    aria-sort={now ? (now.descending ? "descending" : "ascending") : "none"}
                  >
                    <button type="button" class="as-text" onClick={() => sort(by)}>
                      {text}
                      {now && (now.descending ? " ↓" : " ↑")}
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Line key={`${row.a}-${row.b}`} row={row} of={of} />
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </>
  );
}

const WHERE = { both: null, a: "only in A", b: "only in B" };

function Line(props: {
  row: Row;
  of: { a: string; b: string; picked: Row | undefined };
}): JSX.Element {
  const { row, of } = props;
  const share = (value: number | null): string => (value === null ? "–" : percent(value));
  const size = (value: number | null): string => (value === null ? "–" : raw(value));
  return (
    <tr aria-current={row === of.picked}>
      <td>
        <a href={row.a >= 0 ? `/g/${of.a}#s=${row.a}` : `/g/${of.b}#s=${row.b}`}>{row.name}</a>
        {row.id && <span class="muted"> {row.id}</span>}{" "}
        {row.where === "both" ? (
          <a class="muted" href={`/g/${of.b}#s=${row.b}`}>
            in B
          </a>
        ) : (
          <span class="muted">{WHERE[row.where]}</span>
        )}
      </td>
      <td class="number">{size(row.activationA)}</td>
      <td class="number">{size(row.activationB)}</td>
      <td class="number">{share(row.influenceA)}</td>
      <td class="number">{share(row.influenceB)}</td>
      <td class={`number ${row.change < 0 ? "negative" : "positive"}`}>{changeText(row)}</td>
    </tr>
  );
}

export function changeText(row: Row): string {
  return `${row.change < 0 ? "−" : "+"}${percent(Math.abs(row.change))}`;
}
