// The graph as a tree: layer, node, and when it is opened its strongest inputs and outputs. The same
// content as the canvas, for screen readers, phones and everyone who prefers to read: what is
// collapsed there is a count here, with its way back above the list.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { sidesOf } from "../graph/edges.ts";
import { KIND } from "../graph/pack.ts";
import { isThin } from "../graph/thin.ts";
import { lazy } from "../ui/lazy.tsx";
import { asksForMenu } from "../ui/menu.tsx";
import { count, counted, nodesText, percent, raw, signedShare } from "../ui/numbers.ts";
import { Skeleton } from "../ui/parts.tsx";
import { pressEnd, pressMenu, pressMove, pressStart, wasLong } from "../ui/press.ts";
import { gathers } from "./gather.ts";
import { openNodeMenu } from "./menu.ts";
import type { Workspace } from "./model.ts";
import { rangeOf } from "./range.ts";

const CollapsedList = lazy(async () => (await import("./CollapsedList.tsx")).CollapsedList);

const PAGE = 40;
/** Inputs, and outputs, that stand below an open node. */
const LINKS = 8;

export function ListView({ work }: { work: Workspace }): JSX.Element | null {
  const pack = work.pack.value;
  const shown = work.shown.value;
  const shape = work.shape.value;
  const thin = work.thin.value;
  if (!pack || !shown || !shape || !thin) return <Skeleton lines={12} label="Pruning the graph" />;
  const selection = work.selection.value;
  const selected = new Set(selection);
  const layers = Array.from({ length: shape.nLayers + 2 }, (_, row) => ({
    layer: row - 1,
    nodes: [] as number[],
    nCollapsed: 0,
  }));
  for (const node of shown.nodes) {
    const of = layers[pack.layer[node] + 1];
    // What is selected stands out on the canvas, too.
    if (isThin(thin, pack, node) && !selected.has(node)) of.nCollapsed++;
    else of.nodes.push(node);
  }
  for (const { nodes } of layers)
    nodes.sort((a, b) => pack.influence[b] - pack.influence[a] || a - b);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    const items = [
      ...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=treeitem]"),
    ];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = items[Math.max(0, Math.min(items.length - 1, at + step))];
    next?.focus();
    if (event.shiftKey && next?.dataset.node) selectTo(work, next);
    event.preventDefault();
    event.stopPropagation();
  };
  const first = layers.findLast(({ nodes }) => nodes.length > 0)?.nodes[0];
  const tabStop = selection[0] ?? first ?? -1;
  return (
    <div class="list-view" role="region" aria-label="Nodes by layer" onKeyDown={onKeyDown}>
      {work.isCollapsed.value && <CollapsedList work={work} />}
      {layers
        .toReversed()
        .filter(({ nodes, nCollapsed }) => nodes.length + nCollapsed > 0)
        .map(({ nodes, nCollapsed, layer }) => (
          <Layer
            key={layer}
            work={work}
            nodes={nodes}
            nCollapsed={nCollapsed}
            collapsed={thin.rows[layer + 1] === 1}
            name={layerName(layer, shape.nLayers)}
            tabStop={tabStop}
          />
        ))}
    </div>
  );
}

function layerName(layer: number, nLayers: number): string {
  if (layer < 0) return "Tokens";
  return layer === nLayers ? "Outputs" : `Layer ${layer}`;
}

function Layer(props: {
  work: Workspace;
  /** Those that are listed. */
  nodes: number[];
  /** Others, which are not, as their layer or their token is collapsed. */
  nCollapsed: number;
  /** Whether the whole layer is. */
  collapsed: boolean;
  name: string;
  tabStop: number;
}): JSX.Element {
  const { work, nodes, nCollapsed, collapsed, name } = props;
  const limit = useSignal(PAGE);
  // What is selected is listed, however far down it stands: there the keyboard comes in.
  const listed = nodes.filter((node, at) => at < limit.value || node === props.tabStop);
  return (
    <section>
      <h3>
        {name} <span class="muted">{count(nodes.length + nCollapsed)}</span>
        {collapsed && " collapsed"}
      </h3>
      {nodes.length > 0 && (
        <div role="tree" aria-label={`${name}, ${nodes.length} nodes`}>
          {listed.map((node) => (
            <Item key={node} work={work} node={node} focusable={node === props.tabStop} />
          ))}
        </div>
      )}
      {nCollapsed > 0 && (
        <p class="note">
          {nodesText(nCollapsed)} {collapsed ? "not listed" : "of collapsed tokens not listed"}
        </p>
      )}
      {nodes.length > listed.length && (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            limit.value += 5 * PAGE;
          }}
        >
          {count(nodes.length - listed.length)} more of {name.toLowerCase()}
        </button>
      )}
    </section>
  );
}

/** Selects from the first node of the selection to an item, as far as the list shows them. */
function selectTo(work: Workspace, item: HTMLElement): void {
  const items = item.closest(".list-view")?.querySelectorAll<HTMLElement>("[data-node]") ?? [];
  const order = Array.from(items, ({ dataset }) => Number(dataset.node));
  const to = Number(item.dataset.node);
  const range = rangeOf(order, work.selection.value[0], to);
  if (range) work.select(range);
  else work.toggle(to);
}

/** Whether an item is chosen, by a click, Enter or the space bar: the event is then nobody else's. */
function chooses(event: KeyboardEvent | MouseEvent): boolean {
  if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

function Item({ work, node, focusable }: { work: Workspace; node: number; focusable: boolean }) {
  const pack = work.pack.value!;
  const names = work.names.value!;
  const selected = work.selection.value.includes(node);
  const open = useSignal(false);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (selected) ref.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const choose = (event: KeyboardEvent | MouseEvent): void => {
    if (event instanceof KeyboardEvent && asksForMenu(event)) {
      const area = ref.current!.getBoundingClientRect();
      openNodeMenu(work, node, { x: area.left + 24, y: area.bottom });
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event instanceof KeyboardEvent && /^Arrow[RL]/.test(event.key))
      open.value = event.key === "ArrowRight";
    if (!chooses(event) || (event instanceof MouseEvent && wasLong())) return;
    if ((event.target as Element).classList.contains("twist")) open.value = !open.value;
    else if (gathers(work, node)) return;
    else if (event.shiftKey) selectTo(work, ref.current!);
    else if (event.metaKey || event.ctrlKey) work.togglePins([node]);
    else work.select([node]);
  };
  const p = names.targetProbability(node);
  const isTarget = pack.kind[node] === KIND.target;
  return (
    <>
      <div
        ref={ref}
        role="treeitem"
        aria-level={1}
        aria-selected={selected}
        aria-expanded={open.value}
        tabIndex={focusable ? 0 : -1}
        class="list-item"
        data-node={node}
        onPointerDown={(event) => pressStart(event, () => work.togglePins([node]))}
        onPointerMove={pressMove}
        onPointerUp={pressEnd}
        onPointerCancel={pressEnd}
        onContextMenu={(event) => {
          event.preventDefault();
          if (pressMenu()) return;
          openNodeMenu(work, node, { x: event.clientX, y: event.clientY });
        }}
        onClick={choose}
        onKeyDown={choose}
      >
        <span class="twist" aria-hidden="true" title="Inputs and outputs (→, ←)">
          {open.value ? "▾" : "▸"}
        </span>
        <span class="grow clip">
          {work.pinned(node) && "◉ "}
          {names.full(node)}
        </span>
        <span class="number muted">
          {isTarget && p !== null
            ? `p ${percent(p)}`
            : `influence ${percent(pack.influence[node])}`}
        </span>
      </div>
      {open.value && <Near work={work} node={node} />}
    </>
  );
}

/** What an open node is linked with most. The rest is counted, and in the inspector. */
function Near({ work, node }: { work: Workspace; node: number }): JSX.Element {
  const pack = work.pack.value!;
  const names = work.names.value!;
  const inShares = work.normalisation.value === "share";
  const untraced = pack.kind[node] === KIND.feature && !pack.expanded[node];
  const item = (key: string, to: number, text: string, value: string): JSX.Element => {
    const select = (event: KeyboardEvent | MouseEvent): void => {
      if (chooses(event)) work.select([to]);
    };
    return (
      <div
        key={key}
        role="treeitem"
        aria-level={2}
        tabIndex={-1}
        class="list-item inner"
        onClick={select}
        onKeyDown={select}
      >
        <span class="grow clip">{text}</span>
        <span class="number muted">{value}</span>
      </div>
    );
  };
  return (
    <>
      {sidesOf(pack, work.adjacency.value!, node, LINKS).flatMap(({ end, links, left }) => [
        ...links.map(({ node: other, share, raw: weight }) =>
          item(
            // Features of one name may stand in one place.
            `${end} ${other}`,
            other,
            `${end} ${names.short(other)} ${names.where(other)}`,
            inShares
              ? `${signedShare(share)} of ${end === "input" ? "its" : "that node's"} input`
              : `${raw(weight)} raw`,
          ),
        ),
        links.length === 0 &&
          item(
            `no ${end}`,
            node,
            end === "input" && untraced ? "its inputs were not traced" : `no ${end}s`,
            "",
          ),
        left > 0 &&
          item(
            `more ${end}`,
            node,
            `${work.partial.value ? "at least " : ""}${counted(left, `weaker ${end}`)}`,
            "in the inspector",
          ),
      ])}
    </>
  );
}
