// The circuit: groups and pinned nodes on ranks, edges between them, scores.
//
// Ranks, places and edge weights are the server's; a place that a person gave by dragging wins. Where
// groups are open in place, edges are those of the circuit with their members as boxes.
// SVG, as a circuit has some dozens of boxes: its text can be selected and read aloud.

import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { KIND } from "../graph/pack.ts";
import { section, useActions } from "../ui/keys.ts";
import { lazy } from "../ui/lazy.tsx";
import { counted } from "../ui/numbers.ts";
import { Button, Chip, Empty } from "../ui/parts.tsx";
import type { CircuitEdge } from "../wire.ts";
import { graphAddress } from "../workspace/address.ts";
import type { Workspace } from "../workspace/model.ts";
import { addNote, CircuitActions, hasMoved, resetPlaces } from "./actions.tsx";
import { useCircuit, useOpened } from "./answer.ts";
import { Drawing } from "./Drawing.tsx";
import { GroupPanel } from "./GroupPanel.tsx";
import { openedGroup } from "./members.ts";
import { Scores } from "./Scores.tsx";

// Opened now and then: a workspace opens without it.
const Suggest = lazy(async () => (await import("./Suggest.tsx")).Suggest);

/** Whether edges below the server's threshold are drawn, too. */
const allEdges = signal(false);

export function CircuitPane({ work }: { work: Workspace }): JSX.Element {
  const suggesting = useSignal(false);
  const { found, why, again } = useCircuit(work);
  const opened = useOpened(work);
  const boxes = work.boxes.value;
  const edges = (opened.circuit ?? found?.circuit)?.edges ?? [];
  const isToken = (node: number): boolean => work.columns.value?.kind[node] === KIND.token;
  const drawn = allEdges.value ? edges : edges.filter((edge) => edge.drawn);
  const saves = (): boolean => !work.readOnly;
  const suggestOrNot = (): boolean => (suggesting.value = !suggesting.value);
  useActions(
    section("Circuit", [
      ["a", "Suggest groups", suggestOrNot, saves],
      ["Shift+n", "Note on the circuit…", () => void addNote(work), saves],
      [
        "Shift+w",
        "Weaker edges",
        () => (allEdges.value = !allEdges.value),
        () => edges.some((edge) => !edge.drawn),
      ],
      ["Shift+p", "Reset places of boxes", () => resetPlaces(work), () => hasMoved(work)],
    ]),
  );
  const open = work.view.value.groups.find(({ id }) => id === openedGroup.value);
  return (
    <section class="circuit" aria-label="Circuit">
      <header class="pane-head">
        <h2>Circuit</h2>
        {found && (
          <Scores
            found={found}
            pins={work.view.value.pins.length}
            boxes={boxes.length}
            hasToken={boxes.some((box) => box.nodes.some(isToken))}
          />
        )}
        <WeakerEdges edges={edges} />
        <span class="grow" />
        {!work.readOnly && (
          <Button keyName="a" onClick={suggestOrNot} pressed={suggesting.value}>
            Suggest groups
          </Button>
        )}
        <CircuitActions work={work} />
        {!work.readOnly && (
          <>
            <Button
              kind="quiet"
              keyName="Shift+n"
              onClick={() => void addNote(work)}
              title="A text on the circuit"
            >
              Note
            </Button>
            <a class="button" href={graphAddress(work.id, work.viewName, "/figure")}>
              Figure
            </a>
          </>
        )}
      </header>
      {why && (
        <p class="note negative">
          The circuit's edges could not be computed: {why}.
          {found && " Those that are drawn, and the scores, are of before the last change."}{" "}
          <Button kind="quiet" onClick={again}>
            Try again
          </Button>
        </p>
      )}
      {opened.why && (
        <p class="note negative">
          Open groups could not be drawn anew: {opened.why}.{" "}
          <Button kind="quiet" onClick={opened.again}>
            Try again
          </Button>
        </p>
      )}
      {suggesting.value && <Suggest work={work} onClose={() => (suggesting.value = false)} />}
      {boxes.length === 0 ? (
        <Empty>
          Pin nodes (<kbd>p</kbd>) or group them (<kbd>g</kbd>), and the circuit of what you pinned
          is drawn here.
        </Empty>
      ) : (
        <div class="circuit-body">
          <Drawing
            work={work}
            boxes={boxes}
            circuit={found?.circuit ?? null}
            opened={opened}
            edges={drawn}
          />
          {open && <GroupPanel work={work} group={open} />}
        </div>
      )}
    </section>
  );
}

const THRESHOLD =
  "Of each box's input from other boxes, the strongest edges that make up 80 % are drawn; these are below that threshold.";

/** How many edges are not drawn, and the way to have them. */
function WeakerEdges({ edges }: { edges: readonly CircuitEdge[] }): JSX.Element | null {
  const weaker = edges.filter((edge) => !edge.drawn).length;
  if (weaker === 0) return null;
  return allEdges.value ? (
    <Chip
      title={THRESHOLD}
      removeLabel={`Hide the ${counted(weaker, "edge")} below the threshold`}
      onRemove={() => (allEdges.value = false)}
    >
      all {counted(edges.length, "edge")}
    </Chip>
  ) : (
    <Chip
      title={THRESHOLD}
      removeLabel={`Draw all ${counted(edges.length, "edge")}`}
      onRemove={() => (allEdges.value = true)}
    >
      {counted(weaker, "weaker edge")}
    </Chip>
  );
}
