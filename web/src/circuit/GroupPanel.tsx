// An open group: its note, and its members, each of which can leave or move to another group.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { groupName } from "../graph/names.ts";
import { type Group, TINTS } from "../state/document.ts";
import { section, useActions } from "../ui/keys.ts";
import { nodesText, percent } from "../ui/numbers.ts";
import { Button } from "../ui/parts.tsx";
import type { Workspace } from "../workspace/model.ts";
import { boxElement, renameBox } from "./BoxView.tsx";
import { openedGroup, openMoveMenu, takeOut } from "./members.ts";

export function GroupPanel({ work, group }: { work: Workspace; group: Group }): JSX.Element {
  useActions(
    section("Circuit", [
      ["Shift+r", "Rename the open group", () => void renameBox(work, group), () => !work.readOnly],
    ]),
  );
  const influence = work.pack.value?.influence;
  const sum = group.nodes.reduce((total, node) => total + (influence?.[node] ?? 0), 0);
  return (
    <aside
      class="group-panel"
      aria-label={`Group ${group.name}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        close(group);
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <header class="row">
        <strong class="grow clip" title={groupName(group)}>
          {groupName(group)}
        </strong>
        {!work.readOnly && (
          <>
            <Button kind="quiet" keyName="Shift+r" onClick={() => void renameBox(work, group)}>
              Rename
            </Button>
            <Button
              kind="quiet"
              keyName="u"
              title="Its nodes stay in the circuit as boxes of their own"
              onClick={() => work.do({ do: "ungroup", id: group.id })}
            >
              Ungroup
            </Button>
          </>
        )}
        <Button kind="quiet" keyName="m" label="Close the group" onClick={() => close(group)}>
          ✕
        </Button>
      </header>
      <Note work={work} group={group} />
      {!work.readOnly && (
        <label class="row">
          <span>Tint</span>
          <select
            value={group.tint ?? ""}
            title="The colour of its box, here and in figures; it means what you say it does"
            onChange={({ currentTarget: { value } }) => {
              const tint = TINTS.find((one) => one === value) ?? null;
              work.do({ do: "about", id: group.id, to: { tint } });
            }}
          >
            <option value="">none</option>
            {TINTS.map((tint) => (
              <option key={tint}>{tint}</option>
            ))}
          </select>
        </label>
      )}
      <p class="muted" title="Each node's share of all influence on the outputs, summed">
        {nodesText(group.nodes.length)} · influence {percent(sum)} of all, summed
      </p>
      <Members work={work} group={group} />
    </aside>
  );
}

/** The focus goes back to the group's box, as what had it is gone. */
function close({ id }: Group): void {
  openedGroup.value = null;
  document.getElementById(boxElement(id))?.focus();
}

function Note({ work, group }: { work: Workspace; group: Group }): JSX.Element | null {
  const { id, note = "" } = group;
  if (work.readOnly) return note ? <p class="group-note">{note}</p> : null;
  return (
    <textarea
      // What is written belongs to this group, whichever is opened next.
      key={id}
      class="group-note"
      rows={2}
      value={note}
      placeholder="Note: what these nodes do, and how you know"
      aria-label={`Note of the group ${group.name}`}
      onChange={(event) =>
        work.do({ do: "about", id, to: { note: event.currentTarget.value.trim() } })
      }
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.currentTarget.blur();
        event.stopPropagation();
      }}
    />
  );
}

function Members({ work, group }: { work: Workspace; group: Group }): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const rows = () => [...list.current!.querySelectorAll<HTMLElement>(".member-name")];
  const focus = (at: number): void => {
    const all = rows();
    all[Math.max(0, Math.min(all.length - 1, at))]?.focus();
  };
  const leave = (node: number): void => {
    const at = group.nodes.indexOf(node);
    takeOut(work, [node]);
    // What had the focus is gone with the row.
    requestAnimationFrame(() => list.current && focus(at));
  };
  const move = (node: number, from: HTMLElement): void => {
    const { left, bottom } = from.getBoundingClientRect();
    openMoveMenu(work, [node], { x: left, y: bottom });
  };
  const onKeyDown = (event: KeyboardEvent, node: number): void => {
    const row = event.currentTarget as HTMLElement;
    const at = rows().indexOf(row);
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "ArrowDown") focus(at + 1);
    else if (event.key === "ArrowUp") focus(at - 1);
    else if (event.key === "Backspace" || event.key === "Delete") leave(node);
    else if (event.key === "G") move(node, row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const names = work.names.value;
  const pack = work.pack.value;
  if (!names || !pack) return <ul ref={list} />;
  return (
    <ul class="members" ref={list} data-arrows aria-label="Members">
      {group.nodes.map((node) => (
        <li key={node} class="row">
          <button
            type="button"
            class="as-text grow member-name"
            aria-pressed={work.selection.value.length === 1 && work.selection.value[0] === node}
            aria-description="Backspace takes it out, Shift+G moves it to another group."
            title="Select it alone"
            onClick={() => work.select([node])}
            onKeyDown={(event) => onKeyDown(event, node)}
          >
            <span class="clip">{names.short(node)}</span>
            <small class="muted clip">
              {names.where(node)} · influence {percent(pack.influence[node])}
            </small>
          </button>
          {!work.readOnly && (
            <>
              <MoveButton name={names.full(node)} onMove={(from) => move(node, from)} />
              <Button
                kind="quiet"
                keyName="Backspace"
                title="Take out of the group; it stays in the circuit as a box of its own"
                label={`Take ${names.full(node)} out of the group`}
                onClick={() => leave(node)}
              >
                ×
              </Button>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function MoveButton(props: { name: string; onMove: (from: HTMLElement) => void }): JSX.Element {
  return (
    <button
      type="button"
      class="button quiet"
      aria-haspopup="menu"
      aria-label={`Move ${props.name} to another group`}
      title="Move to another group (Shift+G)"
      onClick={(event) => props.onMove(event.currentTarget)}
    >
      ⇄
    </button>
  );
}
