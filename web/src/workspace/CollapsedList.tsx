// What is collapsed, above the list of nodes: each run of layers or tokens with its way back.

import type { JSX } from "preact";
import { collapsedOf, inStrip, stripText, thinStrips } from "../graph/thin.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { nodesText } from "../ui/numbers.ts";
import { Button } from "../ui/parts.tsx";
import type { Workspace } from "./model.ts";

export function CollapsedList({ work }: { work: Workspace }): JSX.Element | null {
  const thin = work.thin.value;
  const pack = work.columns.value;
  const shown = work.shown.value;
  const names = work.names.value;
  useActions(
    acts("What is collapsed", [["Shift+b", "Expand the one that has the focus", "expand"]]),
  );
  if (!thin || !pack || !shown || !names) return null;
  const strips = thinStrips(thin).map((strip) => ({
    strip,
    text: stripText(strip, (pos) => names.token(pos)),
    nNodes: inStrip(strip, pack, shown.nodes).length,
  }));
  return (
    <section class="collapsed">
      <h3>Collapsed</h3>
      <ul>
        {strips.map(({ strip, text, nNodes }) => (
          <li key={text} class="row" data-row="">
            <span>
              {text} <span class="muted">{nodesText(nNodes)}</span>
            </span>
            <Button
              kind="quiet"
              keyName="Shift+b"
              act="expand"
              label={`Expand ${text}`}
              onClick={() => work.do({ do: "expand", ...collapsedOf(strip) })}
            >
              Expand
            </Button>
          </li>
        ))}
      </ul>
      <p>
        <Button
          keyName="Shift+x"
          onClick={() => work.do({ do: "expand", ...work.view.value.collapsed })}
        >
          Expand all
        </Button>
      </p>
    </section>
  );
}
