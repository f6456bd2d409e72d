// Features of an index: filtered and sorted by the server, which gives the rows that are in sight.

import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import { featureQuery } from "../api/endpoints.ts";
import { Long } from "../ui/Long.tsx";
import { percent, raw } from "../ui/numbers.ts";
import { Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { place, setQuery } from "../ui/router.ts";
import { ROW } from "../ui/rows.ts";
import type { FeatureRow, FeatureSet } from "../wire.ts";
import {
  type Asked,
  COLUMNS,
  type Column,
  countText,
  directionOf,
  filtersOf,
  meantBy,
  nextSort,
  readAsked,
} from "./asked.ts";
import { Counted, Filters } from "./Filters.tsx";
import { NamedCells } from "./NamedCells.tsx";
import { named } from "./naming.ts";
import { Pages } from "./pages.ts";

/** Rows that are passed in less than this are not asked for. */
const REST_MS = 60;

/** Where the last list stood: whoever comes back from a feature's page finds it there. */
let left = { list: "", top: 0 };

export function FeatureList({ set }: { set: FeatureSet }): JSX.Element {
  const asked = readAsked(place.value.query, set.n_layers);
  const list = JSON.stringify([set.name, asked]);
  const start = left.list === list ? left.top : 0;
  const pages = useMemo(
    () =>
      new Pages<FeatureRow>((offset, limit, signal) =>
        featureQuery({ set: set.name, ...meantBy(asked), sort: asked.sort, offset, limit }, signal),
      ),
    [list, named.value],
  );
  useEffect(() => {
    const first = Math.floor(start / ROW);
    pages.need(first, first + 1);
    return () => pages.close();
  }, [pages]);
  // Until there is an answer to the new question, the old one is shown, and pale.
  const last = useRef({ pages, list });
  if (pages.total.value !== null) last.current = { pages, list };
  const shown = last.current;
  const total = shown.pages.total.value;
  const failed = pages.failed.value;
  return (
    <div class="stack">
      <Filters set={set} asked={asked} />
      {failed !== null && (
        <Failure what="Features could not be listed" why={failed} again={() => pages.again()} />
      )}
      {total === null && failed === null && <Skeleton lines={8} />}
      {total !== null && (
        <>
          <Counted asked={asked} text={countText(asked, total, set.index?.n_fired ?? total)} />
          {total === 0 && shown.pages === pages ? (
            <Empty>{whyNone(asked)}</Empty>
          ) : (
            <Rows
              key={shown.list}
              set={set}
              asked={asked}
              pages={shown.pages}
              busy={shown.pages !== pages}
              start={start}
              onTop={(top) => {
                left = { list, top };
              }}
            />
          )}
        </>
      )}
    </div>
  );
}

function whyNone(asked: Asked): string {
  if (filtersOf(asked).length === 0) return "No feature fired on the text.";
  if (filtersOf(asked).every(({ key }) => key === "label")) {
    return `No name holds “${asked.label.trim()}”.`;
  }
  return "No feature is all of this. The crosses above take a filter away.";
}

function Rows(props: {
  set: FeatureSet;
  asked: Asked;
  pages: Pages<FeatureRow>;
  busy: boolean;
  start: number;
  onTop: (top: number) => void;
}): JSX.Element {
  const { set, asked, pages } = props;
  // Rows that came are drawn.
  void pages.round.value;
  const timer = useRef(0);
  const onRows = useCallback(
    (from: number, to: number) => {
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => pages.need(from, to), REST_MS);
    },
    [pages],
  );
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return (
    <Long
      label="Features"
      total={pages.total.value ?? 0}
      busy={props.busy}
      start={props.start}
      onTop={props.onTop}
      onRows={onRows}
      head={
        <tr>
          {COLUMNS.map((column) => (
            <Head key={column.text} column={column} asked={asked} />
          ))}
        </tr>
      }
      cells={(at) => {
        const row = pages.row(at);
        if (!row) return <td colSpan={COLUMNS.length} class="muted">{`row ${at + 1}…`}</td>;
        return (
          <>
            <NamedCells set={set.name} row={row} />
            <td class="number">{percent(row.frequency)}</td>
            <td class="number">{raw(row.max)}</td>
          </>
        );
      }}
    />
  );
}

function Head({ column, asked }: { column: Column; asked: Asked }): JSX.Element {
  const direction = directionOf(column, asked.sort);
  const sort = nextSort(column, asked.sort);
  return (
    <th
      class={column.isNumber ? "number" : undefined}
      title={column.title}
      aria-sort={direction === "none" ? undefined : direction}
    >
      <button
        type="button"
        class="sort"
        onClick={() => setQuery({ sort: sort === "index" ? null : sort })}
      >
        {column.text}
        <span aria-hidden="true">
          {direction === "ascending" ? " ▲" : direction === "descending" ? " ▼" : ""}
        </span>
      </button>
    </th>
  );
}
