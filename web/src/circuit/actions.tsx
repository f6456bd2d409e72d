// What can be done to the box that is selected, and to the drawing.

import type { JSX } from "preact";
import { groupOf } from "../state/document.ts";
import { randomId } from "../state/id.ts";
import { ask } from "../ui/ask.tsx";
import { Button } from "../ui/parts.tsx";
import type { Workspace } from "../workspace/model.ts";
import { openedGroup, toggleGroup } from "./members.ts";

export function CircuitActions({ work }: { work: Workspace }): JSX.Element | null {
  const [node] = work.selection.value;
  const group = node === undefined ? undefined : groupOf(work.view.value, node);
  return (
    <>
      {group && (
        <Button
          kind="quiet"
          keyName="m"
          title="The selected group's members and its note"
          label="Open group"
          pressed={openedGroup.value === group.id}
          onClick={() => toggleGroup(work)}
        >
          Open
        </Button>
      )}
      {hasMoved(work) && (
        <Button
          kind="quiet"
          keyName="Shift+p"
          title="Forget where boxes were dragged to"
          onClick={() => resetPlaces(work)}
        >
          Reset places
        </Button>
      )}
    </>
  );
}

/** Whether there are places that a person gave, and can take back. */
export function hasMoved(work: Workspace): boolean {
  return !work.readOnly && Object.keys(work.view.value.places).length > 0;
}

export function resetPlaces(work: Workspace): void {
  const keys = Object.keys(work.view.value.places);
  work.do({
    do: "several",
    title: "reset places",
    commands: keys.map((key) => ({ do: "place", key, at: null })),
  });
}

export async function addNote(work: Workspace): Promise<void> {
  const text = await ask("New note", "Text", "", "Add");
  if (!text) return;
  const id = `t-${randomId()}`;
  work.do({ do: "note", note: { id, text, x: 16, y: 8 + 24 * work.view.value.notes.length } });
}
