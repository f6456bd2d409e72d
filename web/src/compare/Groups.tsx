// Groups of both circuits side by side, and what one of B's would do in A.

import type { JSX } from "preact";
import { groupName } from "../graph/names.ts";
import { KIND } from "../graph/pack.ts";
import type { Group } from "../state/document.ts";
import { swapAddress } from "../tests/link.ts";
import { count } from "../ui/numbers.ts";
import type { CompareAlign, Compare as Found } from "../wire.ts";
import { type GroupPair, matchGroups } from "./match.ts";
import type { Placed } from "./opened.ts";

export function Groups(props: {
  found: Found;
  a: Placed;
  b: Placed;
  align: CompareAlign;
}): JSX.Element | null {
  const { found, a, b, align } = props;
  if (a.groups.length + b.groups.length === 0) return null;
  const pairs = matchGroups(a.groups, b.groups, found.both, {
    a: (node) => a.pack.kind[node] === KIND.feature,
    b: (node) => b.pack.kind[node] === KIND.feature,
  });
  const matched = pairs.filter((pair) => pair.a && pair.b).length;
  const swaps = a.model === b.model;
  return (
    <div class="matrix-scroll">
      <table class="compared">
        <caption>
          Groups of the saved circuits, {count(matched)} of {count(pairs.length)} matched: by the
          features that they share, or else by name
          {!swaps && `. ${b.model} made B, ${a.model} A: nothing of B can be put in there`}
        </caption>
        <thead>
          <tr>
            <th>group in A</th>
            <th>group in B</th>
            <th class="number">shared features</th>
            <th>
              <span class="only-read">test</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {pairs.map((pair) => (
            <tr key={`${pair.a?.id}-${pair.b?.id}`}>
              <td>{nameOf(pair.a)}</td>
              <td>{nameOf(pair.b)}</td>
              <td class="number">{sharedText(pair)}</td>
              <td class="number">
                {pair.b && swaps && (
                  <a
                    class="button"
                    href={swapAddress(a.id, b.id, pair.b.id, align !== "start")}
                    title="Opens A's tests with this filled in; nothing runs before you say so"
                  >
                    Put “{groupName(pair.b)}” of B into A
                  </a>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf(group: Group | null): JSX.Element {
  return group ? <span>{groupName(group)}</span> : <span class="muted">–</span>;
}

function sharedText({ a, b, shared, all }: GroupPair): string {
  if (!a || !b) return "–";
  return shared > 0 ? `${count(shared)} of ${count(all)}` : "the same name";
}
