// How the panes stand: graph or list beside the inspector, circuit and tests below.
// A pane can take the whole room (keys 1 to 4) and give it back (`room.ts`).

import type { JSX } from "preact";
import { CircuitPane } from "../circuit/CircuitPane.tsx";
import type { Camera } from "../graph/camera.ts";
import { GraphView } from "../graph/GraphView.tsx";
import { Inspector } from "../inspector/Inspector.tsx";
import { WindowIcon } from "../ui/icons.tsx";
import { lazy } from "../ui/lazy.tsx";
import { Split } from "../ui/split.tsx";
import { Legend } from "./Legend.tsx";
import { ListView } from "./ListView.tsx";
import type { Workspace } from "./model.ts";
import { type Below, inspectorHidden, lower, maximised, mode } from "./room.ts";
import { alone, popOut } from "./windows.ts";

const TokenStrip = lazy(async () => (await import("../tokens/TokenStrip.tsx")).TokenStrip);
const TestsPane = lazy(async () => (await import("../tests/TestsPane.tsx")).TestsPane);

export function Panes({ work, camera }: { work: Workspace; camera: Camera }): JSX.Element {
  const graph = (
    <div class="pane grow">
      {mode.value === "graph" ? (
        <GraphView work={work} camera={camera} />
      ) : (
        <ListView work={work} />
      )}
      {mode.value === "graph" && <Legend work={work} />}
    </div>
  );
  switch (alone() ?? maximised.value) {
    case "tokens":
      return <TokenStrip work={work} />;
    case "graph":
      return graph;
    case "inspector":
      return <Inspector work={work} />;
    case "circuit":
      return <CircuitPane work={work} />;
    case "tests":
      return <TestsPane work={work} />;
    case null: {
      const left = <GraphAndBelow work={work} graph={graph} />;
      if (inspectorHidden.value) return left;
      return (
        <Split
          name="graph and inspector"
          direction="row"
          start={0.64}
          first={left}
          second={<Inspector work={work} />}
        />
      );
    }
  }
}

function GraphAndBelow({ work, graph }: { work: Workspace; graph: JSX.Element }): JSX.Element {
  if (lower.value === "none") {
    return (
      <>
        {graph}
        <LowerTabs work={work} />
      </>
    );
  }
  return (
    <Split
      name="graph and circuit"
      direction="column"
      start={0.58}
      first={graph}
      second={
        <>
          <LowerTabs work={work} />
          {lower.value === "circuit" && <CircuitPane work={work} />}
          {lower.value === "tests" && <TestsPane work={work} />}
          {lower.value === "tokens" && <TokenStrip work={work} />}
        </>
      }
    />
  );
}

const LOWER: readonly { value: Below; text: string }[] = [
  { value: "circuit", text: "Circuit" },
  { value: "tests", text: "Tests" },
  { value: "tokens", text: "Tokens" },
];

function LowerTabs({ work }: { work: Workspace }): JSX.Element {
  const { value: pane } = lower;
  return (
    <div class="lower-tabs" role="group" aria-label="Below the graph">
      {LOWER.map((one) => (
        <button
          key={one.value}
          type="button"
          aria-pressed={lower.value === one.value}
          onClick={() => {
            lower.value = lower.value === one.value ? "none" : one.value;
          }}
        >
          {one.text}
        </button>
      ))}
      <span class="grow" />
      {inspectorHidden.value && (
        <button
          type="button"
          title="The inspector is hidden (\)"
          onClick={() => (inspectorHidden.value = false)}
        >
          Show the inspector
        </button>
      )}
      {pane !== "none" && !work.readOnly && (
        <button
          type="button"
          class="pop-out"
          title="This pane in a window of its own (o)"
          aria-label={`${pane} in a window of its own`}
          onClick={() => popOut(work, pane)}
        >
          <WindowIcon />
        </button>
      )}
    </div>
  );
}
