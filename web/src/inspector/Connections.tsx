// Inputs and outputs of the selection: signed, sorted, grouped, with what the list leaves out.

import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { cumulativeShare, type Link } from "../graph/edges.ts";
import { KIND } from "../graph/pack.ts";
import { groupOf } from "../state/document.ts";
import { count, percent, raw, signedShare } from "../ui/numbers.ts";
import { Empty, Segments } from "../ui/parts.tsx";
import type { Workspace } from "../workspace/model.ts";

type Order = "strength" | "layer" | "position";
type Grouping = "none" | "group" | "token" | "layer";

const order = signal<Order>("strength");
const grouping = signal<Grouping>("none");
const words = signal("");
const PAGE = 40;

export function Connections({ work }: { work: Workspace }): JSX.Element | null {
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
      {work.partial.value && work.complete.value?.selection !== work.selection.value && (
        <p class="note">Strongest edges of the graph; the rest is being fetched.</p>
      )}
      <div class="two-lists">
        <LinkList work={work} links={links.inputs} title="Inputs" />
        <LinkList work={work} links={links.outputs} title="Outputs" />
      </div>
    </div>
  );
}

interface Row {
  key: string;
  name: string;
  where: string;
  link: Link;
  nodes: number[];
}

function LinkList(props: { work: Workspace; links: readonly Link[]; title: "Inputs" | "Outputs" }) {
  const { work, links, title } = props;
  const limit = useSignal(PAGE);
  const all = rowsOf(work, links);
  const wanted = words.value.toLowerCase();
  const rows = all.filter((row) => `${row.name} ${row.where}`.toLowerCase().includes(wanted));
  const most = Math.max(1e-12, ...rows.map((row) => Math.abs(row.link.share)));
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
        <Empty>
          {title === "Inputs" ? "Nothing feeds this." : "This feeds nothing in the graph."}
        </Empty>
      )}
      <ul class="links">
        {rows.slice(0, limit.value).map((row) => (
          <LinkRow key={row.key} work={work} row={row} most={most} />
        ))}
      </ul>
      {rows.length > limit.value && (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            limit.value += 4 * PAGE;
          }}
        >
          {count(rows.length - limit.value)} more
        </button>
      )}
      {rows.length < all.length && (
        <p class="note">{count(all.length - rows.length)} do not match the filter.</p>
      )}
    </section>
  );
}

function LinkRow({ work, row, most }: { work: Workspace; row: Row; most: number }): JSX.Element {
  const { link, nodes } = row;
  const value = work.normalisation.value === "share" ? signedShare(link.share) : raw(link.raw);
  const tone = link.share < 0 ? "negative" : "positive";
  const pinned = nodes.every((node) => work.pinned(node));
  const shown = work.shown.value;
  const hidden = shown !== null && !nodes.some((node) => shown.mask[node]);
  return (
    <li>
      <button
        type="button"
        class={`link ${tone}${hidden ? " gone" : ""}`}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey) work.togglePins(nodes);
          else work.select(nodes);
        }}
        onMouseEnter={() => {
          work.hover.value = nodes.length === 1 ? nodes[0] : -1;
        }}
        onMouseLeave={() => {
          work.hover.value = -1;
        }}
        title={hidden ? "Not shown in the graph at present" : undefined}
      >
        <span class="bar-behind" style={{ width: `${(Math.abs(link.share) / most) * 100}%` }} />
        <span class="link-name clip">
          {pinned && <span title="pinned">◉ </span>}
          {row.name}
        </span>
        <span class="link-where clip">{row.where}</span>
        <span class="number">{value}</span>
      </button>
    </li>
  );
}

function rowsOf(work: Workspace, links: readonly Link[]): Row[] {
  const pack = work.pack.value;
  const names = work.names.value;
  if (!pack || !names) return [];
  const single = (link: Link): Row => {
    const { node } = link;
    const kind = pack.kind[node];
    const layer = kind === KIND.feature ? `L${pack.layer[node]}` : "";
    const token = kind === KIND.token ? "token" : names.token(pack.pos[node]);
    const labelled = names.label(node) !== null;
    const where = labelled || kind !== KIND.feature ? `${layer} ${token}` : token;
    return { key: String(node), name: names.short(node), where: where.trim(), link, nodes: [node] };
  };
  const by = grouping.value;
  const rows = by === "none" ? links.map(single) : subtotals(work, links, by, single);
  if (order.value === "strength") return rows;
  const column = order.value === "layer" ? pack.layer : pack.pos;
  return [...rows].sort((a, b) => column[a.nodes[0]] - column[b.nodes[0]]);
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
    const group = by === "group" ? groupOf(work.view.value, node) : undefined;
    if (by === "group" && !group) {
      groups.set(`n${node}`, single(link));
      continue;
    }
    const token = names.token(pack.pos[node]);
    const layer = pack.layer[node];
    const key = group?.id ?? (by === "token" ? `t${pack.pos[node]}` : `l${layer}`);
    const name =
      group?.name ?? (by === "token" ? `“${token}”` : layer < 0 ? "tokens" : `layer ${layer}`);
    const row = groups.get(key);
    if (row) {
      row.nodes.push(node);
      row.link = { ...row.link, raw: row.link.raw + link.raw, share: row.link.share + link.share };
    } else groups.set(key, { key, name, where: "", link: { ...link }, nodes: [node] });
  }
  const rows = [...groups.values()];
  for (const row of rows) if (row.nodes.length > 1) row.where = `${row.nodes.length} nodes`;
  return rows.sort((a, b) => Math.abs(b.link.share) - Math.abs(a.link.share));
}
