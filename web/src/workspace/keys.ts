// The workspace's keys (ui: every action has one, and `?` lists them).

import { readOnly } from "../api/readOnly.ts";
import {
  openedGroup,
  openMoveMenu,
  takeOut,
  toggleGroup,
  toggleInPlace,
} from "../circuit/members.ts";
import type { Camera } from "../graph/camera.ts";
import { type Direction, neighbour } from "../graph/layout.ts";
import { stride } from "../graph/stride.ts";
import { hide, openTab, rename, TABS } from "../inspector/Inspector.tsx";
import { groupOf } from "../state/document.ts";
import type { Saver } from "../state/saver.ts";
import { openTest } from "../tests/link.ts";
import { ask } from "../ui/ask.tsx";
import { type Action, section, useActions } from "../ui/keys.ts";
import { numberIn } from "../ui/numbers.ts";
import { openPopover } from "../ui/popover.tsx";
import { go } from "../ui/router.ts";
import { toast } from "../ui/toast.tsx";
import { feedsUrl } from "./address.ts";
import { KINDS, MORE } from "./FilterMenus.tsx";
import { group, useGathering } from "./gather.ts";
import { nextFill } from "./Legend.tsx";
import { withCollapsing } from "./later.ts";
import { openNodeMenu } from "./menu.ts";
import type { Workspace } from "./model.ts";
import { inspectorHidden, lower, maximise, maximised, mode, showBelow } from "./room.ts";
import { nameView } from "./views.ts";
import { popOut } from "./windows.ts";

function step(work: Workspace, camera: Camera, direction: Direction, far = false): void {
  const layout = work.layout.value;
  const shown = work.shown.value;
  const pack = work.columns.value;
  if (!layout || !shown || !pack || shown.nodes.length === 0) return;
  const from = work.selection.value[0];
  const next =
    from === undefined
      ? (work.targets.value.find((node) => shown.mask[node]) ?? shown.nodes[0])
      : far
        ? stride(pack, layout.open, from, direction)
        : neighbour(layout, layout.open, from, direction);
  if (next < 0) return;
  work.select([next]);
  camera.reveal({ x: layout.x[next], y: layout.y[next] });
}

function clearOneLevel(work: Workspace): void {
  if (work.view.value.filters.query) work.do({ do: "filters", to: { query: "" } });
  else if (maximised.value) maximised.value = null;
  else work.select([]);
}

const ENDS = ["both", "input", "output"] as const;

export function useKeys(work: Workspace, camera: Camera, saver: Saver | null): void {
  useGathering(work);
  useActions(workspaceActions(work, camera, saver));
}

const nothing = (): void => undefined;
const never = (): boolean => false;

/** What the pointer does: for the sheet of keys alone, as `pointer.ts` does it. */
const GESTURES = section("With the pointer", [
  ["over an edge", "Its ends, share and raw weight; a click asks why it is", nothing, never],
  ["over a bar", "Edges of what is collapsed, summed; a click selects its nodes", nothing, never],
  ["click a ▸ name", "Expand that layer or token", nothing, never],
  ["double click a name", "Select the nodes of a layer or token", nothing, never],
  ["right button", "Menu of a node, or of the name of a layer or token", nothing, never],
]);

/** Every key of the workspace, and what it does. */
export function workspaceActions(work: Workspace, camera: Camera, saver: Saver | null): Action[] {
  const some = (): boolean => work.selection.value.length > 0;
  const grouped = (): boolean =>
    work.selection.value.some((node) => groupOf(work.circuitOf.value, node));
  const one = (): boolean => work.selection.value.length === 1;
  const none = (): boolean => !some();
  return [
    ...section("Walk", [
      ["ArrowLeft", "Node to the left", () => step(work, camera, "left")],
      ["ArrowRight", "Node to the right", () => step(work, camera, "right")],
      ["ArrowUp", "Node above", () => step(work, camera, "up")],
      ["ArrowDown", "Node below", () => step(work, camera, "down")],
      ["Shift+ArrowLeft", "To the token before", () => step(work, camera, "left", true)],
      ["Shift+ArrowRight", "To the token after", () => step(work, camera, "right", true)],
      ["Shift+ArrowUp", "To the layer above", () => step(work, camera, "up", true)],
      ["Shift+ArrowDown", "To the layer below", () => step(work, camera, "down", true)],
      ["Enter", "Strongest input", () => work.walk("input"), some],
      ["Shift+Enter", "Strongest output", () => work.walk("output"), some],
      ["[", "Back along the walk", () => work.goBack(), () => work.canGoBack],
      ["]", "Forward along the walk", () => work.goForth(), () => work.canGoForth],
      ["Escape", "Clear one level", () => clearOneLevel(work)],
    ]),
    ...section("Selection", [
      ["p", "Pin or unpin", () => work.togglePins(work.selection.value), some],
      ["g", "Group", () => group(work)],
      // For the sheet of keys alone: what it does is in `gather.ts`.
      ["hold g", "Group the nodes that are clicked meanwhile", nothing, never],
      ["m", "Members and note of the group", () => openGroup(work), grouped],
      [
        "Shift+m",
        "Open or close the group in its place",
        () => openInPlace(work),
        () => grouped() && !work.readOnly,
      ],
      ["Backspace", "Take out of the group", () => takeOut(work, work.selection.value), grouped],
      ["Shift+g", "Move to another group…", () => moveSelection(work), some],
      ["u", "Ungroup", () => ungroup(work), some],
      ["r", "Rename", () => void rename(work), one],
      ["h", "Hide", () => hide(work), some],
      [
        "Shift+h",
        "Show all that was hidden",
        () => work.do({ do: "show", nodes: [...work.view.value.hidden] }),
      ],
      [
        "z",
        "Collapse or expand its layers",
        () => withCollapsing((of) => of.toggleSelected(work, "layer")),
        some,
      ],
      [
        "Shift+z",
        "Collapse or expand its tokens",
        () => withCollapsing((of) => of.toggleSelected(work, "token")),
        some,
      ],
      ["i", "Test: change it and measure", () => openTest(work), some],
      [
        "Shift+t",
        "Trace what feeds this",
        () => go(feedsUrl(work) ?? ""),
        () => feedsUrl(work) !== null,
      ],
      ["Shift+F10", "Menu of the selection", () => menuOfSelection(work), some],
    ]),
    ...section(
      "Inspector",
      TABS.map(({ key, text, value }) => [key, text, () => openTab(value), some]),
    ),
    ...section("View", [
      ["/", "Find nodes", () => document.getElementById("find")?.focus()],
      ["f", "Fit the graph", () => camera.fit()],
      ["+", "Zoom in", () => camera.zoomBy(1.3)],
      ["-", "Zoom out", () => camera.zoomBy(1 / 1.3)],
      ["l", "Graph or list", () => (mode.value = mode.value === "graph" ? "list" : "graph")],
      [
        "t",
        "Share or raw",
        () => (work.normalisation.value = work.normalisation.value === "share" ? "raw" : "share"),
      ],
      [
        "e",
        "Edges: both, inputs, outputs",
        () => (work.ends.value = ENDS[(ENDS.indexOf(work.ends.value) + 1) % 3]),
      ],
      [
        "x",
        "Error nodes",
        () => work.do({ do: "filters", to: { errors: !work.view.value.filters.errors } }),
      ],
      [
        "Shift+c",
        "What fills a node: influence, activation, error share",
        () => work.do({ do: "fill", by: nextFill(work.view.value.fill) }),
      ],
      ["q", "More filters…", () => openPopover(MORE)],
      ["Shift+q", "Kinds of nodes…", () => openPopover(KINDS)],
      ["s", "Influence threshold…", () => void askThreshold(work)],
      [
        "z",
        "Collapse layers…",
        () => withCollapsing((of) => void of.askWhich(work, "layer")),
        none,
      ],
      [
        "Shift+z",
        "Collapse tokens…",
        () => withCollapsing((of) => void of.askWhich(work, "token")),
        none,
      ],
      [
        "Shift+x",
        "Expand all layers and tokens",
        () => work.do({ do: "expand", ...work.view.value.collapsed }),
        () => work.isCollapsed.value,
      ],
      ["1", "Graph alone", () => maximise("graph")],
      ["2", "Inspector alone", () => maximise("inspector")],
      ["3", "Circuit alone", () => maximise("circuit")],
      ["4", "Tests alone", () => maximise("tests")],
      [
        "\\",
        "Hide or show the inspector",
        () => (inspectorHidden.value = !inspectorHidden.value),
        () => maximised.value === null,
      ],
      ["c", "Circuit below", () => showBelow("circuit")],
      ["v", "Tests below", () => showBelow("tests")],
      ["k", "Tokens below", () => showBelow("tokens")],
      [
        "o",
        "Pane below in a window of its own",
        () => lower.value !== "none" && popOut(work, lower.value),
        () => saver !== null && lower.value !== "none",
      ],
      [
        "Shift+o",
        "Inspector in a window of its own",
        () => popOut(work, "inspector"),
        () => saver !== null && !readOnly.value,
      ],
    ]),
    ...section("Document", [
      ["mod+z", "Undo", () => work.undo(), () => work.titles.value.undo !== null],
      ["mod+Shift+z", "Redo", () => work.redo(), () => work.titles.value.redo !== null],
      [
        "mod+s",
        "Save this view under a name",
        () => void saver?.flush().then(() => nameView(work)),
        () => saver !== null,
      ],
    ]),
    ...GESTURES,
  ];
}

/** Where nothing that has a menu of its own has the focus: in the middle of the window. */
function menuOfSelection(work: Workspace): void {
  const [node] = work.selection.value;
  if (node !== undefined) openNodeMenu(work, node, { x: innerWidth / 2, y: innerHeight / 2 });
}

function openGroup(work: Workspace): void {
  // A group that is already open is closed only if it can be seen.
  if (lower.value !== "circuit") openedGroup.value = null;
  showBelow("circuit");
  toggleGroup(work);
}

function openInPlace(work: Workspace): void {
  showBelow("circuit");
  toggleInPlace(work, work.selection.value);
}

function moveSelection(work: Workspace): void {
  openMoveMenu(work, work.selection.value, { x: innerWidth / 2, y: innerHeight / 2 });
}

function ungroup(work: Workspace): void {
  const group = groupOf(work.view.value, work.selection.value[0]);
  if (group) work.do({ do: "ungroup", id: group.id });
  else toast("The selection is in no group.");
}

async function askThreshold(work: Workspace): Promise<void> {
  const now = Math.round(work.view.value.filters.nodeThreshold * 100);
  const text = await ask(
    "Influence threshold",
    "Percent of all influence to keep, 1 to 100",
    String(now),
    "Set",
  );
  if (!text) return;
  const value = numberIn(text, 1, 100);
  if (value === null) toast(`Not set: “${text}” is no number from 1 to 100.`);
  else work.do({ do: "filters", to: { nodeThreshold: value / 100 } });
}
