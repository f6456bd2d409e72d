// The menu of nodes and boxes: what the keys of a selection do.

import { renameBox } from "../circuit/BoxView.tsx";
import type { Group } from "../state/document.ts";
import { actions } from "../ui/keys.ts";
import { type MenuItem, openMenu } from "../ui/menu.tsx";
import type { Workspace } from "./model.ts";

/** Sections of the registry whose actions are of the selection. */
const SECTIONS = ["Selection", "Walk"];
/** Of these, what a menu at a node says nothing about. */
const ELSEWHERE = /^(Arrow|Escape|Shift\+h|Shift\+F10)/;

type At = { x: number; y: number };

function selectionItems(): MenuItem[] {
  return SECTIONS.flatMap((section) =>
    actions
      .peek()
      .filter((action) => action.section === section && !ELSEWHERE.test(action.key ?? ""))
      .filter((action) => action.enabled?.() ?? true)
      .map(({ title, key, run }) => ({ title, key, run })),
  );
}

/** The menu of a node, which is selected first unless it is part of the selection. */
export function openNodeMenu(work: Workspace, node: number, at: At): void {
  const selection = work.selection.peek();
  if (!selection.includes(node)) work.select([node]);
  const several = work.selection.peek().length;
  const name = work.names.peek()?.short(node) ?? `node ${node}`;
  openMenu(at, several > 1 ? `${several} nodes` : name, selectionItems());
}

/** The menu of a box of the circuit: of its nodes, under its name. */
export function openBoxMenu(work: Workspace, box: Group, at: At): void {
  work.select(box.nodes);
  const rename = { title: "Rename the box", key: "r", run: () => void renameBox(work, box) };
  const others = selectionItems().filter((item) => item.key !== "r");
  openMenu(at, box.name, [rename, ...others]);
}
