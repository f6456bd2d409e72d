// Two graphs of two dictionaries: no feature of one is a feature of the other, so that outputs,
// where influence ends, and groups by name are what is compared.

import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { count, percent, signedPoints } from "../ui/numbers.ts";
import { Csv } from "../ui/save.tsx";
import type { GraphCounts } from "../wire.ts";
import { type Both, changeOf, endsOf, errorsOf, groupsOf, outputsOf, tokensOf } from "./apart.ts";
import type { Opened } from "./opened.ts";

export function Apart({ a, b }: { a: Opened; b: Opened }): JSX.Element {
  const [endsA, endsB] = useMemo(() => [a, b].map(ends), [a, b]);
  const tokens = tokensOf([a.tokens, endsA], [b.tokens, endsB]);
  const groups = groupsOf(a.groups, b.groups, { a: a.pack, b: b.pack });
  const file = (of: string): string => `compare-${a.id}-${b.id}-${of}`;
  return (
    <>
      <p class="card" role="note">
        A is of the dictionary {nameOf(a, b)}, B of {nameOf(b, a)}. A feature's number means another
        feature in each, so that features cannot be matched, and none is listed. What both graphs
        have is compared: their scores above, their outputs, where influence ends, and groups by
        name.
      </p>
      <Table
        rows={outputsOf(a.head.targets, b.head.targets)}
        what="output"
        file={file("outputs")}
        none="not explained"
      >
        Explained outputs; of a token, the probability that the model gives it
      </Table>
      <Table rows={errorsOf(endsA, endsB)} what="errors of" file={file("errors")} none="no layer">
        Influence that ends in errors, which no feature explains: shares of all in its graph that
        ends in tokens or errors
      </Table>
      {tokens ? (
        <Table rows={tokens} what="token" file={file("tokens")} none="">
          Influence that ends in tokens: shares of all in its graph that ends in tokens or errors
        </Table>
      ) : (
        <p class="muted">The prompts are two, so that their tokens are not compared.</p>
      )}
      <Sizes a={a.head.counts} b={b.head.counts} />
      {groups.length > 0 && (
        <Table rows={groups} what="group" file={file("groups")} none="no such group">
          Groups of the saved circuits, matched by name: influence of their nodes, of all in its
          graph
        </Table>
      )}
    </>
  );
}

function ends({ pack, head, tokens }: Opened): ReturnType<typeof endsOf> {
  return endsOf(pack, { nTokens: tokens.length, nLayers: head.n_layers });
}

/** Its dictionary; two of one name are told apart by their digests. */
function nameOf(one: Opened, other: Opened): JSX.Element {
  const [{ name, digest }, { name: otherName }] = [one, other].map(
    ({ head }) => head.provenance.dictionary,
  );
  return (
    <>
      <strong>{name || "that its file does not name"}</strong>
      {name === otherName && ` (${digest ? `digest ${digest.slice(0, 8)}` : "without a digest"})`}
    </>
  );
}

/** Shares of both graphs side by side. */
function Table(props: {
  rows: readonly Both[];
  /** What a row is of. */
  what: string;
  file: string;
  /** What is said where a graph has no such thing. */
  none: string;
  children: ComponentChildren;
}): JSX.Element {
  const { rows, what, none } = props;
  const cell = (share: number | null): JSX.Element => (
    <td class="number">{share === null ? <span class="muted">{none}</span> : percent(share)}</td>
  );
  const table = () => ({
    head: [what, "A", "B", "B − A"],
    rows: rows.map((row) => [row.name, row.a, row.b, changeOf(row)]),
  });
  return (
    <div class="matrix-scroll">
      <table class="compared">
        <caption>
          {props.children} <Csv name={props.file} table={table} />
        </caption>
        <thead>
          <tr>
            <th>{what}</th>
            <th class="number">A</th>
            <th class="number">B</th>
            <th class="number">B − A</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              <td>{row.name}</td>
              {cell(row.a)}
              {cell(row.b)}
              <Change of={changeOf(row)} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Change({ of }: { of: number | null }): JSX.Element {
  if (of === null) return <td class="number">–</td>;
  return <td class={`number ${of < 0 ? "negative" : "positive"}`}>{signedPoints(of)}</td>;
}

const SIZES: readonly { of: keyof GraphCounts; text: string }[] = [
  { of: "active", text: "features that fire" },
  { of: "features", text: "features that are nodes" },
  { of: "edges", text: "edges that are stored" },
];

function Sizes({ a, b }: { a: GraphCounts; b: GraphCounts }): JSX.Element {
  return (
    <div class="matrix-scroll">
      <table class="compared">
        <caption>How large the graphs are</caption>
        <thead>
          <tr>
            <th>what</th>
            <th class="number">A</th>
            <th class="number">B</th>
          </tr>
        </thead>
        <tbody>
          {SIZES.map(({ of, text }) => (
            <tr key={of}>
              <td>{text}</td>
              <td class="number">{count(a[of])}</td>
              <td class="number">{count(b[of])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
