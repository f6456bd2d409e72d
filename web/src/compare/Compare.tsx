// Two graphs of one dictionary, feature by feature: in both, only in A, only in B. Of two
// dictionaries, what does not need them to have features in common (`Apart.tsx`).

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { compare as askCompare, graphs as askGraphs } from "../api/endpoints.ts";
import { shapeOf } from "../graph/layout.ts";
import { copyCommand } from "../ui/command.tsx";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, percent } from "../ui/numbers.ts";
import { Button, Empty, Failure, Segments, Skeleton } from "../ui/parts.tsx";
import { go, place, setQuery } from "../ui/router.ts";
import { graphFile, IN_FOLDER, line } from "../ui/shell.ts";
import type { CompareAlign, Compare as Found } from "../wire.ts";
import { Picked } from "./About.tsx";
import { Apart } from "./Apart.tsx";
import { ALIGNS, readAlign, setAlign } from "./align.ts";
import { Chosen } from "./Chosen.tsx";
import { Grid } from "./Grid.tsx";
import { Groups } from "./Groups.tsx";
import { List } from "./List.tsx";
import { isOneDictionary, type Opened, opened, type Placed } from "./opened.ts";
import { overlay } from "./overlay.ts";
import { nColumnsOf, readOrder, rowsOf, type Show, shows, sorted } from "./rows.ts";

/** The same comparison, on the command line. */
export function compareCommand(a: string, b: string, align: CompareAlign): string {
  return line(["connectome", "compare", graphFile(a), graphFile(b), "--align", align]);
}

export function Compare(): JSX.Element {
  const { state, again } = useLoad((signal) => askGraphs(signal), []);
  const { query } = place.value;
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} />;
  if (load.is === "failed")
    return <Failure what="Graphs could not be listed" why={load.why} again={again} />;
  const rows = load.value;
  if (rows.length < 2) {
    return (
      <div class="sheet">
        <h1>Compare</h1>
        <Empty action={<a href="/new">Trace another prompt</a>}>
          It takes two graphs to compare, and there are fewer.
        </Empty>
      </div>
    );
  }
  const a = query.get("a") ?? rows[0].id;
  const b = query.get("b") ?? rows.find((row) => row.id !== a)?.id ?? a;
  const align = readAlign(query.get("align"));
  const [rowA, rowB] = [a, b].map((id) => rows.find((row) => row.id === id));
  // Then there is nothing to align, and the command would be refused.
  const apart = rowA && rowB && rowA.dictionary !== rowB.dictionary;
  const to = (next: { a?: string; b?: string }): void => {
    go(`/cmp?${new URLSearchParams({ a, b, align, ...next })}`, "replace");
  };
  return (
    <div class="sheet wide">
      <div class="head-row">
        <h1>Compare</h1>
        <a class="muted" href={`/recurring?g=${a},${b}`}>
          More than two
        </a>
        <span class="grow" />
        {a !== b && !apart && (
          <Button
            kind="quiet"
            keyName="y"
            onClick={() => void copyCommand(compareCommand(a, b, align), IN_FOLDER)}
          >
            Copy as a command
          </Button>
        )}
        {!apart && (
          <Segments
            label="Which positions belong together"
            value={align}
            options={ALIGNS}
            onChange={(value) => setAlign(align, value)}
          />
        )}
      </div>
      <div class="cards">
        <Chosen label="A" id={a} rows={rows} onChange={(id) => to({ a: id })} />
        <Chosen label="B" id={b} rows={rows} than={a} onChange={(id) => to({ b: id })} />
      </div>
      {a === b ? <Empty>Choose two different graphs.</Empty> : <Result a={a} b={b} align={align} />}
    </div>
  );
}

interface Loaded {
  found: Found;
  a: Placed;
  b: Placed;
  align: CompareAlign;
}

/** What there is to compare: features, or what graphs of two dictionaries have all the same. */
type Answer = { apart: false; load: Loaded } | { apart: true; a: Opened; b: Opened };

function Result({ a, b, align }: { a: string; b: string; align: CompareAlign }): JSX.Element {
  const { state, again } = useLoad(
    async (signal): Promise<Answer> => {
      const [inA, inB] = await Promise.all([opened(a, signal), opened(b, signal)]);
      if (!isOneDictionary(inA, inB)) return { apart: true, a: inA, b: inB };
      const found = await askCompare({ a, b, align }, signal);
      const [placedA, placedB] = [
        { ...inA, columns: found.columns_a },
        { ...inB, columns: found.columns_b },
      ];
      return { apart: false, load: { found, a: placedA, b: placedB, align } };
    },
    [a, b, align],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} label="Comparing" />;
  if (load.is === "failed")
    return <Failure what="The graphs were not compared" why={load.why} again={again} />;
  const answer = load.value;
  return answer.apart ? <Apart a={answer.a} b={answer.b} /> : <Both load={answer.load} />;
}

function Both({ load }: { load: Loaded }): JSX.Element {
  const { found, a, b, align } = load;
  const rows = useMemo(() => rowsOf(found, a, b), [load]);
  const layout = useMemo(() => {
    const nLayers = Math.max(shapeOf(a.pack).nLayers, shapeOf(b.pack).nLayers);
    return overlay(rows, nLayers, nColumnsOf(a, b));
  }, [rows]);
  const { query } = place.value;
  const show = (query.get("show") as Show | null) ?? "all";
  const filter = query.get("find") ?? "";
  const order = readOrder(query.get("sort"));
  const mask = useMemo(() => rows.map((row) => shows(row, show, filter)), [rows, show, filter]);
  const listed = useMemo(
    () =>
      sorted(
        rows.filter((_, at) => mask[at]),
        order,
        show,
      ),
    [mask, query.get("sort")],
  );
  const picked = useSignal(-1);
  const options: readonly { value: Show; text: string; title?: string }[] = [
    { value: "all", text: `all ${count(rows.length)}` },
    { value: "both", text: `both ${count(found.both.length)}` },
    { value: "a", text: `only A ${count(found.only_a.length)}` },
    { value: "b", text: `only B ${count(found.only_b.length)}` },
    { value: "change", text: "Δ", title: "All, by the change of their influence" },
  ];
  const choose = (value: Show): void =>
    setQuery({ show: value === "all" ? null : value, sort: null });
  useActions(
    section("Compare", [
      ...options.map(
        ({ value, text }, at) => [`${at + 1}`, `Show ${text}`, () => choose(value)] as const,
      ),
      ...ALIGNS.map(
        ({ value, text, key }) => [key, `Positions ${text}`, () => setAlign(align, value)] as const,
      ),
      [
        "y",
        "Copy as a command",
        () => void copyCommand(compareCommand(a.id, b.id, align), IN_FOLDER),
      ],
    ]),
  );
  return (
    <>
      <div class="row">
        <Segments label="Show" value={show} options={options} onChange={choose} />
        <input
          type="search"
          aria-label="Words in a name"
          placeholder="find a name or token"
          value={filter}
          onInput={(event) => setQuery({ find: event.currentTarget.value })}
        />
        <span class="muted">
          {filter !== "" && `${count(listed.length)} have these words. `}
          {percent(found.jaccard)} of all features are in both
        </span>
      </div>
      <Grid
        of={{ rows, layout, a, b, align }}
        mask={mask}
        byChange={show === "change"}
        picked={picked}
      />
      <Picked row={rows[picked.value]} a={a} b={b} align={align} />
      <Groups found={found} a={a} b={b} align={align} />
      <List
        rows={listed}
        of={{ a: a.id, b: b.id, picked: rows[picked.value] }}
        order={order}
        show={show}
      />
    </>
  );
}
