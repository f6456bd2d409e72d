// Errors of the page that were not expected, as the server keeps them, for whoever reports them.

import type { JSX } from "preact";
import { pageLog } from "../api/endpoints.ts";
import { copyText } from "../ui/clipboard.ts";
import { useLoad } from "../ui/load.ts";
import { useMore } from "../ui/more.tsx";
import { count, date } from "../ui/numbers.ts";
import { Button, Failure } from "../ui/parts.tsx";
import type { LogRow } from "../wire.ts";

const FIRST = 5;

function rowText({ error, n, at, tool }: LogRow): string {
  const { name, message, page, frames } = error;
  const what = message === null ? name : `${name}: ${message}`;
  const often = n === 1 ? "once" : `${count(n)} times`;
  return [`${what} at ${page}, ${often}, last ${date(at)}, ${tool}`, ...frames].join("\n  ");
}

export function Log(): JSX.Element | null {
  const { state, again } = useLoad((signal) => pageLog(signal), []);
  const load = state.value;
  const all = load.is === "ready" ? load.value : [];
  const { rows, more } = useMore(all, FIRST);
  if (load.is === "failed")
    return <Failure what="The page's errors could not be read" why={load.why} again={again} />;
  if (all.length === 0) return null;
  const copy = (): Promise<void> => copyText(all.map(rowText).join("\n"), "Errors copied.");
  return (
    <section class="stack">
      <div class="head-row">
        <h2>Errors of the page</h2>
        <span class="grow" />
        <Button keyName="c" act="copy errors" onClick={() => void copy()}>
          Copy all {count(all.length)}
        </Button>
      </div>
      <p>
        What the page did not expect, kept by the server: the kind of error, and places in the
        page's code. No prompt, name or address is in it, and it does not leave this machine.
      </p>
      <ul class="stack">
        {rows.map((row) => (
          <li key={JSON.stringify(row.error)}>
            <pre class="sample">{rowText(row)}</pre>
          </li>
        ))}
      </ul>
      {more}
    </section>
  );
}
