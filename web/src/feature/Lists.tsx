// Lists of a feature's page: tokens with their effects, and features that fire with it.

import type { JSX } from "preact";
import { nameText } from "../graph/names.ts";
import { count, percent, raw, signedRaw, tokenText } from "../ui/numbers.ts";
import { Bar } from "../ui/parts.tsx";
import type { TogetherRow } from "../wire.ts";
import { featureId, featureUrl } from "./shape.ts";

export function Effects(props: {
  title: string;
  texts: readonly string[];
  values: readonly number[];
  tone: string;
}): JSX.Element | null {
  const { texts, values } = props;
  if (texts.length === 0) return null;
  const known = values.length === texts.length;
  const most = Math.max(1e-9, ...values.map(Math.abs));
  return (
    <section>
      <h3>{props.title}</h3>
      <ul class="split-list">
        {texts.map((text, at) => (
          <li key={at}>
            <span class="clip">{tokenText(text)}</span>
            {known && <Bar share={Math.abs(values[at]) / most} tone={props.tone} />}
            {known && <span class="number">{raw(values[at])}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function FiresWith(props: {
  set: string;
  rows: readonly TogetherRow[];
}): JSX.Element | null {
  const { set, rows } = props;
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>Fires with {count(rows.length)} others most</summary>
      <div class="matrix-scroll">
        <table>
          <thead>
            <tr>
              <th>feature</th>
              <th>name</th>
              <th class="number">tokens with both</th>
              <th class="number">of its own</th>
              <th class="number" title="of the tokens on which either fires">
                Jaccard
              </th>
              <th
                class="number"
                title="bits: log2 of how much more often both fire than if neither knew of the other, over the tokens that were read"
              >
                PMI
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={featureId(row)}>
                <td>
                  <a href={featureUrl(set, row)}>{featureId(row)}</a>
                </td>
                <td class="clip">{row.label && nameText(row.label, row.label_source)}</td>
                <td class="number">{count(row.n)}</td>
                <td class="number">{percent(row.share)}</td>
                <td class="number">{percent(row.jaccard)}</td>
                <td class="number">{row.pmi === null ? "–" : `${signedRaw(row.pmi)} bits`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">
        By Jaccard, the share of the tokens on which either fires. Of the partners that the index
        keeps; tokens with both are at least so many, and so are Jaccard and PMI.
      </p>
    </details>
  );
}
