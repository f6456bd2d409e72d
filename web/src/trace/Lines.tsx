// The prompts of a batch one by one, before they are traced, and the lines that give none.

import type { JSX } from "preact";
import { useMore } from "../ui/more.tsx";
import { count, tokenText } from "../ui/numbers.ts";
import type { Seen } from "./check.ts";
import type { Line, Passed } from "./prompts.ts";

const FIRST = 10;

export function LeftOut({ of }: { of: readonly Passed[] }): JSX.Element | null {
  const { rows, more } = useMore(of, FIRST);
  if (of.length === 0) return null;
  return (
    <section class="card" aria-label="Not traced">
      <h2>{of.length === 1 ? "1 line is" : `${count(of.length)} lines are`} not traced</h2>
      <ul>
        {rows.map(({ line, why }) => (
          <li key={line}>
            line {line}: {why}
          </li>
        ))}
      </ul>
      {more}
    </section>
  );
}

interface LinesProps {
  lines: readonly Line[];
  seen: ReadonlyMap<string, Seen>;
  /** What is said of all alike, and not again of each. */
  ofAll: readonly string[];
}

export function Lines({ lines, seen, ofAll }: LinesProps): JSX.Element {
  const { rows, more } = useMore(lines, FIRST);
  return (
    <details class="card">
      <summary>Each prompt with its tokens</summary>
      <table>
        <thead>
          <tr>
            <th class="number">line</th>
            <th>prompt</th>
            <th class="number">tokens</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ line, text }) => (
            <tr key={line}>
              <td class="number">{line}</td>
              <td>
                {tokenText(text)} <Told seen={seen.get(text)} ofAll={ofAll} />
              </td>
              <td class="number">{tokensOf(seen.get(text))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </details>
  );
}

function tokensOf(seen: Seen | undefined): string {
  if (!seen) return "…";
  return "why" in seen ? "–" : count(seen.nTokens);
}

function Told(props: { seen: Seen | undefined; ofAll: readonly string[] }): JSX.Element | null {
  const { seen, ofAll } = props;
  if (!seen) return null;
  const words = "why" in seen ? [seen.why] : seen.notes.filter((note) => !ofAll.includes(note));
  return words.length > 0 ? <small class="muted">{words.join("; ")}</small> : null;
}
