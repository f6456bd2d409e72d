// Two graphs of one dictionary, feature by feature: in both, only in A, only in B.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import {
  compare as askCompare,
  graphs as askGraphs,
  head as askHead,
  pack as askPack,
} from "../api/endpoints.ts";
import { Names } from "../graph/names.ts";
import { type Pack, readPack } from "../graph/pack.ts";
import { useLoad } from "../ui/load.ts";
import { count, percent, promptText, raw, tokenText } from "../ui/numbers.ts";
import { Button, Choice, Empty, Failure, Segments, Skeleton } from "../ui/parts.tsx";
import { go, place } from "../ui/router.ts";
import type { CompareAlign, MatchedFeature } from "../wire.ts";

const ALIGNS: readonly { value: CompareAlign; text: string; title: string }[] = [
  { value: "end", text: "from the end", title: "Positions are counted from the end of the prompt" },
  { value: "start", text: "from the start", title: "Positions are counted from the start" },
  { value: "any", text: "anywhere", title: "A feature's strongest place in each" },
];

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
  const options = rows.map((row) => ({
    value: row.id,
    text: `${promptText(row.tokens)} → ${tokenText(row.target)} (${row.model})`,
  }));
  const align = (query.get("align") as CompareAlign | null) ?? "end";
  const to = (next: { a?: string; b?: string; align?: string }): void => {
    go(`/cmp?${new URLSearchParams({ a, b, align, ...next })}`, "replace");
  };
  return (
    <div class="sheet">
      <div class="head-row">
        <h1>Compare</h1>
        <span class="grow" />
        <Segments
          label="Which positions belong together"
          value={align}
          options={ALIGNS}
          onChange={(value) => to({ align: value })}
        />
      </div>
      <div class="cards">
        <Choice label="A" value={a} options={options} onChange={(id) => to({ a: id })} />
        <Choice label="B" value={b} options={options} onChange={(id) => to({ b: id })} />
      </div>
      {a === b ? <Empty>Choose two different graphs.</Empty> : <Result a={a} b={b} align={align} />}
    </div>
  );
}

interface Side {
  pack: Pack;
  names: Names;
}

async function side(id: string, signal: AbortSignal): Promise<Side> {
  const [head, bytes] = await Promise.all([askHead(id, signal), askPack(id, 0, signal)]);
  const pack = readPack(bytes);
  return { pack, names: new Names(pack, head, {}) };
}

type Show = "both" | "a" | "b";
const PAGE = 200;

function Result({ a, b, align }: { a: string; b: string; align: CompareAlign }): JSX.Element {
  const show = useSignal<Show>("both");
  const { state, again } = useLoad(
    async (signal) => {
      const [found, inA, inB] = await Promise.all([
        askCompare({ a, b, align }, signal),
        side(a, signal),
        side(b, signal),
      ]);
      return { found, inA, inB };
    },
    [a, b, align],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} label="Comparing" />;
  if (load.is === "failed")
    return <Failure what="The graphs were not compared" why={load.why} again={again} />;
  const { found, inA, inB } = load.value;
  return (
    <>
      <div class="row">
        <Segments
          label="Show"
          value={show.value}
          options={[
            { value: "both", text: `in both ${count(found.both.length)}` },
            { value: "a", text: `only in A ${count(found.only_a.length)}` },
            { value: "b", text: `only in B ${count(found.only_b.length)}` },
          ]}
          onChange={(value) => (show.value = value)}
        />
        <span class="muted">{percent(found.jaccard)} of all features are in both</span>
      </div>
      {show.value === "both" && <Both list={found.both} names={inA.names} a={a} b={b} />}
      {show.value === "a" && <Only id={a} side={inA} nodes={found.only_a} />}
      {show.value === "b" && <Only id={b} side={inB} nodes={found.only_b} />}
    </>
  );
}

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

/** A feature's name and token, with its place in the dictionary where the name is another. */
function FeatureName({ id, node, names }: { id: string; node: number; names: Names }) {
  return (
    <>
      <a href={`/g/${id}#s=${node}`}>{names.full(node)}</a>
      {names.label(node) !== null && <span class="muted"> {names.id(node)}</span>}
    </>
  );
}

function Both(props: { list: MatchedFeature[]; names: Names; a: string; b: string }): JSX.Element {
  const { list, names, a, b } = props;
  const { rows, more } = useFirst(list);
  return (
    <>
      <table>
        <caption>
          Features of both, by the larger influence; influence is a share of all in its graph
        </caption>
        <thead>
          <tr>
            <th>feature</th>
            <th class="number">activation A</th>
            <th class="number">B</th>
            <th class="number">influence A</th>
            <th class="number">B</th>
            <th class="number">B − A</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.a}-${row.b}`}>
              <td>
                <FeatureName id={a} node={row.a} names={names} />{" "}
                <a class="muted" href={`/g/${b}#s=${row.b}`}>
                  in B
                </a>
              </td>
              <td class="number">{raw(row.activation_a)}</td>
              <td class="number">{raw(row.activation_b)}</td>
              <td class="number">{percent(row.influence_a)}</td>
              <td class="number">{percent(row.influence_b)}</td>
              <td class={`number ${row.influence_b < row.influence_a ? "negative" : "positive"}`}>
                {row.influence_b < row.influence_a ? "−" : "+"}
                {percent(Math.abs(row.influence_b - row.influence_a))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </>
  );
}

function Only({
  id,
  side: { pack, names },
  nodes,
}: {
  id: string;
  side: Side;
  nodes: number[];
}): JSX.Element {
  const sorted = [...nodes].sort((x, y) => pack.influence[y] - pack.influence[x] || x - y);
  const { rows, more } = useFirst(sorted);
  if (sorted.length === 0) return <Empty>There is none.</Empty>;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th>feature</th>
            <th class="number">activation</th>
            <th class="number">influence</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((node) => (
            <tr key={node}>
              <td>
                <FeatureName id={id} node={node} names={names} />
              </td>
              <td class="number">{raw(pack.activation[node])}</td>
              <td class="number">{percent(pack.influence[node])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </>
  );
}
