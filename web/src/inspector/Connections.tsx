// Inputs and outputs of the selection: signed, sorted, grouped, with what the list leaves out.

import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { cumulativeShare, type Link } from "../graph/edges.ts";
import { groupName, type Names } from "../graph/names.ts";
import { KIND } from "../graph/pack.ts";
import { groupOf } from "../state/document.ts";
import { whenIdle } from "../ui/idle.ts";
import { keyOf, section, useActions } from "../ui/keys.ts";
import { count, percent, raw, signedShare } from "../ui/numbers.ts";
import { Button, Empty, Segments } from "../ui/parts.tsx";
import type { Workspace } from "../workspace/model.ts";
import { restOf } from "../workspace/rest.ts";
import { toggleExcluded } from "./exclude.ts";

type Order = "strength" | "layer" | "position";
type Grouping = "none" | "group" | "token" | "layer";

const order = signal<Order>("strength");
const grouping = signal<Grouping>("none");
const words = signal("");
/** Rows of a list in the first frame, which fill the pane; soon after; and with each "more". */
const ROWS = { first: 20, soon: 40, more: 160 };

/** For the sheet of keys: a row takes them while it has the focus, and nothing else does. */
const ROW_KEYS = section("A row of inputs or outputs", [
  ["Enter", "Walk to it", () => undefined, () => false],
  ["p", "Pin or unpin it", () => undefined, () => false],
  ["x", "Hide it, or bring it back", () => undefined, () => false],
]);

/** What a key does to a row's nodes; the selection's key of the same name is then not asked. */
function onRowKey(work: Workspace, nodes: readonly number[], event: KeyboardEvent): void {
  const key = keyOf(event);
  if (key === "p") work.togglePins(nodes);
  else if (key === "x") toggleExcluded(work, nodes);
  else return;
  event.preventDefault();
}

export function Connections({ work }: { work: Workspace }): JSX.Element | null {
  useActions(ROW_KEYS);
  const links = work.links.value;
  if (!links) return null;
  return (
    <div class="connections">
      <div class="row tools">
        <Segments
          label="What a number is"
          value={work.normalisation.value}
          options={[
            { value: "share", text: "share", title: "Of the absolute input of the edge's target" },
            {
              value: "raw",
              text: "raw",
              title: "The edge's weight, in units of its target's input",
            },
          ]}
          onChange={(value) => {
            work.normalisation.value = value;
          }}
        />
        <select
          aria-label="Order"
          value={order.value}
          onChange={(event) => {
            order.value = event.currentTarget.value as Order;
          }}
        >
          <option value="strength">strongest first</option>
          <option value="layer">by layer</option>
          <option value="position">by position</option>
        </select>
        <select
          aria-label="Grouping"
          value={grouping.value}
          onChange={(event) => {
            grouping.value = event.currentTarget.value as Grouping;
          }}
        >
          <option value="none">single nodes</option>
          <option value="group">by group</option>
          <option value="token">by token</option>
          <option value="layer">by layer</option>
        </select>
        <input
          type="search"
          class="grow"
          placeholder="Filter"
          aria-label="Filter inputs and outputs"
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
          }}
        />
      </div>
      {!work.isWhole.value && <RestNote work={work} />}
      <div class="two-lists">
        <LinkList work={work} links={links.inputs} title="Inputs" />
        <LinkList work={work} links={links.outputs} title="Outputs" />
      </div>
    </div>
  );
}

function RestNote({ work }: { work: Workspace }): JSX.Element {
  const [text, isOver] = restOf({
    nEdges: work.pack.value?.nEdgesTotal ?? 0,
    nSelected: work.selection.value.length,
    whyNot: work.notComplete.value,
    whyNotAll: work.restFailed.value,
  });
  return (
    <p class="note">
      {text}
      {isOver && (
        <Button kind="quiet" onClick={() => work.edgesRound.value++}>
          Try again
        </Button>
      )}
    </p>
  );
}

/** Why the selection has no inputs: a feature whose row was not traced has some, unknown to us. */
function noInputs(work: Workspace): string {
  const pack = work.columns.value;
  const untraced = work.selection.value.filter(
    (node) => pack?.kind[node] === KIND.feature && !pack.expanded[node],
  );
  if (untraced.length === 0) return "Nothing feeds this.";
  return "Its inputs were not traced: the graph was done before its turn came. Trace with more features to see them.";
}

interface Row {
  name: string;
  where: string;
  link: Link;
  nodes: number[];
  /** Whether another row has its name. */
  alike?: boolean;
}

function LinkList(props: { work: Workspace; links: readonly Link[]; title: "Inputs" | "Outputs" }) {
  const { work, links, title } = props;
  const room = useSignal({ links, rows: ROWS.first });
  const limit = room.value.links === links ? room.value.rows : ROWS.first;
  useEffect(() => {
    if (links.length <= ROWS.first) return;
    return whenIdle(() => (room.value = { links, rows: ROWS.soon }));
  }, [links]);
  const { rows, nFound, nAll, most } = rowsOf(work, links, limit);
  return (
    <section aria-label={title}>
      <h3>
        {title} {count(links.length)}
        {title === "Inputs" && links.length > 0 && (
          <span class="cumulative">
            {" "}
            · top {Math.min(8, links.length)} = {percent(cumulativeShare(links, 8))}
          </span>
        )}
      </h3>
      {links.length === 0 && (
        <Empty>{title === "Inputs" ? noInputs(work) : "This feeds nothing in the graph."}</Empty>
      )}
      {title === "Outputs" && grouping.value !== "none" && work.normalisation.value === "share" && (
        <p class="note">Summed: each share is of its own target's input.</p>
      )}
      <ul class="links">
        {/* By place and not by node: a walk then changes words, and makes no element. */}
        {rows.map((row, place) => (
          <li key={place}>{linkRow(work, row, most)}</li>
        ))}
      </ul>
      {nFound > limit && (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            room.value = { links, rows: limit + ROWS.more };
          }}
        >
          {count(nFound - limit)} more
        </button>
      )}
      {nFound < nAll && <p class="note">{count(nAll - nFound)} do not match the filter.</p>}
    </section>
  );
}

/** An element and no component: eighty that hear of signals cost more than what they show. */
function linkRow(
  work: Workspace,
  { name, where, link, nodes, alike }: Row,
  most: number,
): JSX.Element {
  const value = work.normalisation.value === "share" ? signedShare(link.share) : raw(link.raw);
  const tone = link.share < 0 ? "negative" : "positive";
  const pinned = nodes.every((node) => work.pinned(node));
  const shown = work.shown.value;
  const hidden = shown !== null && !nodes.some((node) => shown.mask[node]);
  const point = (): void => {
    const node = nodes.length === 1 ? nodes[0] : -1;
    if (work.hover.peek() !== node) work.hover.value = node;
  };
  return (
    <button
      type="button"
      class={`link ${tone}${hidden ? " gone" : ""}${alike ? " alike" : ""}`}
      onClick={(event) => {
        // Keys are then of the graph: the row now shows another node.
        event.currentTarget.blur();
        if (event.metaKey || event.ctrlKey) work.togglePins(nodes);
        else work.select(nodes);
      }}
      onKeyDown={(event) => onRowKey(work, nodes, event)}
      onMouseEnter={point}
      onMouseMove={point}
      onMouseLeave={() => {
        work.hover.value = -1;
      }}
      title={`${name} ${where}${hidden ? ": not shown in the graph at present" : ""}`}
    >
      <span class="bar-behind" style={{ width: `${(Math.abs(link.share) / most) * 100}%` }} />
      <span class="link-name clip">
        {pinned && <span title="pinned">◉ </span>}
        {name}
      </span>
      <span class="link-where clip">{where}</span>
      <span class="number">{value}</span>
    </button>
  );
}

interface Rows {
  /** As many as there is room for. */
  rows: Row[];
  nFound: number;
  nAll: number;
  /** The largest share of those found. */
  most: number;
}

/** A target has thousands of inputs: names are made for the rows that are shown alone. */
function rowsOf(work: Workspace, links: readonly Link[], limit: number): Rows {
  const pack = work.columns.value;
  const names = work.names.value;
  if (!pack || !names) return { rows: [], nFound: 0, nAll: 0, most: 1 };
  const single = (link: Link): Row => {
    const { node } = link;
    const kind = pack.kind[node];
    const layer = kind === KIND.feature ? `L${pack.layer[node]}` : "";
    const token = kind === KIND.token ? "token" : names.token(pack.pos[node]);
    const labelled = names.label(node) !== null;
    const where = labelled || kind !== KIND.feature ? `${layer} ${token}` : token;
    return { name: names.short(node), where: where.trim(), link, nodes: [node] };
  };
  const by = grouping.value;
  const wanted = words.value.toLowerCase();
  const column = order.value === "layer" ? pack.layer : pack.pos;
  if (by === "none" && wanted === "") {
    const sorted =
      order.value === "strength"
        ? links
        : [...links].sort((a, b) => column[a.node] - column[b.node]);
    const rows = apart(names, sorted.slice(0, limit).map(single));
    return { rows, nFound: links.length, nAll: links.length, most: largest(links) };
  }
  const all = by === "none" ? links.map(single) : subtotals(work, links, by, single);
  const found = all.filter(({ name, where }) => `${name} ${where}`.toLowerCase().includes(wanted));
  if (order.value !== "strength") found.sort((a, b) => column[a.nodes[0]] - column[b.nodes[0]]);
  const most = largest(found.map((row) => row.link));
  const rows = apart(names, found.slice(0, limit));
  return { rows, nFound: found.length, nAll: all.length, most };
}

/** Rows of one name say which node each is: names of an index are given to many features. */
function apart(names: Names, rows: Row[]): Row[] {
  const times = new Map<string, number>();
  for (const { name } of rows) times.set(name, (times.get(name) ?? 0) + 1);
  return rows.map((row) => {
    const [node] = row.nodes;
    const alike = row.nodes.length === 1 && (times.get(row.name) ?? 0) > 1;
    // A name that is the place in the dictionary has its token beside it already.
    return alike && row.name !== names.id(node) ? { ...row, where: names.where(node), alike } : row;
  });
}

function largest(links: readonly Link[]): number {
  let most = 1e-12;
  for (const link of links) most = Math.max(most, Math.abs(link.share));
  return most;
}

function subtotals(
  work: Workspace,
  links: readonly Link[],
  by: Grouping,
  single: (link: Link) => Row,
): Row[] {
  const pack = work.pack.value!;
  const names = work.names.value!;
  const groups = new Map<string, Row>();
  for (const link of links) {
    const { node } = link;
    const group = by === "group" ? groupOf(work.circuitOf.value, node) : undefined;
    if (by === "group" && !group) {
      groups.set(`n${node}`, single(link));
      continue;
    }
    const token = names.token(pack.pos[node]);
    const layer = pack.layer[node];
    const key = group?.id ?? (by === "token" ? `t${pack.pos[node]}` : `l${layer}`);
    const name =
      (group && groupName(group)) ??
      (by === "token" ? `“${token}”` : layer < 0 ? "tokens" : `layer ${layer}`);
    const row = groups.get(key);
    if (row) {
      row.nodes.push(node);
      row.link = { ...row.link, raw: row.link.raw + link.raw, share: row.link.share + link.share };
    } else groups.set(key, { name, where: "", link: { ...link }, nodes: [node] });
  }
  const rows = [...groups.values()];
  for (const row of rows) if (row.nodes.length > 1) row.where = `${row.nodes.length} nodes`;
  return rows.sort((a, b) => Math.abs(b.link.share) - Math.abs(a.link.share));
}
