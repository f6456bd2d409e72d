// Collapsing by key, by menu and by typing: fetched when it is first asked for.

import { collapsedOf, type Strip, stripText } from "../graph/thin.ts";
import { isLayers } from "../graph/under.ts";
import type { Collapsed } from "../state/document.ts";
import { ask } from "../ui/ask.tsx";
import { type MenuItem, openMenu } from "../ui/menu.tsx";
import { toast } from "../ui/toast.tsx";
import type { Workspace } from "./model.ts";
import { selectAll, upTo } from "./strips.ts";

type Axis = Strip["axis"];

const listOf = { layer: "layers", token: "positions" } as const;

/** Layers or positions, as a command says them. */
function onAxis(axis: Axis, list: number[]): Collapsed {
  return { layers: [], positions: [], [listOf[axis]]: list };
}

/** Those of the selection: collapsed, or expanded if all of them are. */
export function toggleSelected(work: Workspace, axis: Axis): void {
  const pack = work.columns.value;
  const shape = work.shape.value;
  if (!pack || !shape) return;
  const of = axis === "layer" ? pack.layer : pack.pos;
  const most = axis === "layer" ? shape.nLayers : shape.nPos;
  const all = [...new Set(work.selection.value.map((node) => of[node]))];
  const list = all.filter((one) => one >= 0 && one < most);
  if (list.length === 0) {
    toast("Tokens and outputs are in no layer: their rows stay.");
    return;
  }
  const now = work.view.value.collapsed[listOf[axis]];
  const isAll = list.every((one) => now.includes(one));
  work.do({ do: isAll ? "expand" : "collapse", ...onAxis(axis, list) });
}

/** Asks which. */
export async function askWhich(work: Workspace, axis: Axis): Promise<void> {
  const shape = work.shape.value;
  if (!shape) return;
  const last = (axis === "layer" ? shape.nLayers : shape.nPos) - 1;
  const label = `${axis === "layer" ? "Layers" : "Positions of tokens"}, 0 to ${last}, as in 2-5, 8`;
  const text = await ask(`Collapse ${axis}s`, label, "", "Collapse");
  if (!text) return;
  const list = readRanges(text, last);
  if (list) work.do({ do: "collapse", ...onAxis(axis, list) });
  else toast(`Not collapsed: “${text}” is no list like 2-5, 8 of numbers from 0 to ${last}.`);
}

/** `2-5, 8` as numbers, or `null` if it says something else. */
export function readRanges(text: string, last: number): number[] | null {
  const found: number[] = [];
  for (const part of text.split(/[,\s]+/).filter(Boolean)) {
    const ends = /^(\d+)(?:[-–](\d+))?$/.exec(part);
    const from = Number(ends?.[1]);
    const to = Number(ends?.[2] ?? from);
    if (!ends || from > to || to > last) return null;
    for (let at = from; at <= to; at++) found.push(at);
  }
  return found.length > 0 ? [...new Set(found)] : null;
}

/** The menu of a row's or a column's name. */
export function openStripMenu(work: Workspace, strip: Strip, at: { x: number; y: number }): void {
  const layout = work.layout.peek();
  const names = work.names.peek();
  if (!layout || !names) return;
  const text = (of: Strip): string => stripText(of, (pos) => names.token(pos));
  const put = (to: "collapse" | "expand", of: Strip) => (): void =>
    work.do({ do: to, ...collapsedOf(of) });
  const isRow = strip.axis === "layer";
  const can = !isRow || isLayers(strip, layout);
  const key = isRow ? "z" : "Shift+z";
  const items: MenuItem[] = [];
  const add = (title: string, itsKey: string | null, run: () => void): void => {
    items.push({ title, key: itsKey, run });
  };
  if (can) {
    if (strip.thin) add(`Expand ${text(strip)}`, key, put("expand", strip));
    else add(`Collapse ${text(strip)}`, key, put("collapse", strip));
    const range = upTo(work, strip);
    const isRange = range.to - range.from > strip.to - strip.from;
    if (isRange && (!isRow || isLayers(range, layout))) {
      add(`Collapse from the selection: ${text(range)}`, null, put("collapse", range));
    }
    // What a prompt starts with is often long, and the same in many.
    if (strip.from > 0) {
      const before = { ...strip, from: 0, to: strip.from - 1 };
      add(`Collapse ${isRow ? "all below" : "all before"} it`, null, put("collapse", before));
    }
  }
  add(isRow ? "Select its row" : "Select its column", null, () => selectAll(work, strip));
  if (work.isCollapsed.peek()) add("Expand all", "Shift+x", () => expandAll(work));
  const name = can ? text(strip) : strip.from < 0 ? "tokens" : "outputs";
  openMenu(at, name, items);
}

function expandAll(work: Workspace): void {
  work.do({ do: "expand", ...work.view.value.collapsed });
}
