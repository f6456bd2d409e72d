// One open graph: its columns, the document, the selection, and all that follows from them.
//
// Signals from below to above: what was loaded, what a person decided, what is derived. Derived
// values are computed here once, so that every view shows the same.

import { computed, effect, signal } from "@preact/signals";
import type { Kept } from "../api/endpoints.ts";
import { NEEDS_SERVER } from "../file/file.ts";
import { drawnOf, type Edge, LINKS } from "../graph/drawn.ts";
import { type Adjacency, adjacency, type Links, linksOf } from "../graph/edges.ts";
import { byCell, layoutNodes, shapeOf } from "../graph/layout.ts";
import { groupName, Names } from "../graph/names.ts";
import { KIND, type Pack } from "../graph/pack.ts";
import { parseQuery } from "../graph/query.ts";
import { strengthsOf } from "../graph/strengths.ts";
import { type Summed, summed } from "../graph/summed.ts";
import { countThin, type Thin, thinOf } from "../graph/thin.ts";
import type { Under } from "../graph/under.ts";
import { type Showing, sameVisible, type Visible, visibleNodes } from "../graph/visible.ts";
import { apply, type Command } from "../state/commands.ts";
import { emptyView, type Group, groupOf, type View } from "../state/document.ts";
import { freshId } from "../state/groups.ts";
import { type Change, change, redo, startHistory, titles, undo } from "../state/history.ts";
import { onlyShows, takenOver } from "../state/whole.ts";
import { nodesText } from "../ui/numbers.ts";
import { toast } from "../ui/toast.tsx";
import type { GraphHead, Run } from "../wire.ts";
import { Selection } from "./selection.ts";

export type Normalisation = "share" | "raw";
export type Ends = "both" | "input" | "output";

/** A circuit of more is slow, and no longer says anything. */
const MANY_PINS = 500;

const manyPins = (n: number): string =>
  `${nodesText(n)} are pinned: the circuit is slow with more than ${MANY_PINS}, and hard to read. Undo takes the last ones back.`;

/** What several views of one graph share. */
export class Workspace extends Selection {
  readonly id: string;
  /** The saved view that is shown. */
  readonly viewName: string;
  /** Whether only what is shown can be changed, as nothing could be saved. */
  readonly readOnly: boolean;
  /** Whether its page was left: nothing saves it any more. */
  readonly left = signal(false);
  readonly head = signal<GraphHead | null>(null);
  readonly pack = signal<Pack | null>(null);
  /** Whether the document is the saved one, and no more the empty one of the start. */
  readonly opened = signal(false);
  /** What the server's pruning kept when it last answered. */
  readonly kept = signal<Kept | null>(null);
  /** Why it has not answered for the present thresholds; `null` if it has, or may yet. */
  readonly notPruned = signal<string | null>(null);
  /** Rises to ask once more. */
  readonly pruneRound = signal(0);
  readonly history = signal(startHistory(emptyView()));
  readonly hover = signal(-1);
  /** What the pointer is on where no node is. */
  readonly under = signal<Under | null>(null);
  /**
   * The edge of the selected node that is explained: the side that was asked for last, of which
   * node that was, and its other end; -1 is the strongest.
   */
  readonly explained = signal<{ of: number; end: Edge["end"]; node: number }>({
    of: -1,
    end: "input",
    node: -1,
  });
  readonly normalisation = signal<Normalisation>("share");
  readonly ends = signal<Ends>("both");
  /** Complete links of the selection from the server, when the pack holds only the top edges. */
  readonly complete = signal<{ selection: readonly number[]; links: Links } | null>(null);

  /** Why they did not come; `null` if they may yet. */
  readonly notComplete = signal<string | null>(null);
  /** The same of the edges that the pack has not. */
  readonly restFailed = signal<string | null>(null);
  /** Rises to ask for edges once more. */
  readonly edgesRound = signal(0);

  /** The newest test of all groups; what it says of the circuit's edges follows from it. */
  readonly validation = signal<Run | null>(null);

  private readonly listeners = new Set<(command: Command) => void>();
  private readonly stops: (() => void)[] = [];

  readonly view = computed<View>(() => this.history.value.view);
  readonly titles = computed(() => titles(this.history.value));
  readonly undoTitle = computed(() => this.titles.value.undo);
  readonly redoTitle = computed(() => this.titles.value.redo);
  readonly adjacency = computed<Adjacency | null>(() =>
    this.pack.value ? adjacency(this.pack.value) : null,
  );
  /** The pack as far as its nodes go: stays the same object when only more edges came. */
  readonly columns = computed<Pack | null>((): Pack | null => {
    const pack = this.pack.value;
    if (pack?.kind !== this.lastColumns?.kind) this.lastColumns = pack;
    return this.lastColumns;
  });
  private lastColumns: Pack | null = null;
  /** Features of which no index here has anything: how often one fires is known of every other. */
  readonly nUnseen = computed(() => {
    const { kind, frequency } = this.columns.value ?? { kind: [], frequency: [] };
    let n = 0;
    for (let at = 0; at < kind.length; at++) {
      if (kind[at] === KIND.feature && Number.isNaN(frequency[at])) n++;
    }
    return n;
  });
  /** Whether it is known of any feature how often it fires. */
  readonly knowsFrequency = computed(
    () => this.columns.value?.frequency.some((one) => !Number.isNaN(one)) ?? false,
  );
  readonly shape = computed(() => (this.columns.value ? shapeOf(this.columns.value) : null));
  private readonly order = computed(() => {
    const pack = this.columns.value;
    const shape = this.shape.value;
    return pack && shape ? byCell(pack, shape) : null;
  });
  readonly tokens = computed(() => this.head.value?.tokens.map((token) => token.text) ?? null);
  readonly labels = computed(() => this.view.value.labels);
  readonly names = computed<Names | null>(() => {
    const pack = this.columns.value;
    const head = this.head.value;
    return pack && head ? new Names(pack, head, this.labels.value) : null;
  });
  /** The parts of the document that decide what is shown; a label or a place is none of them. */
  private readonly filters = computed(() => this.view.value.filters);
  private readonly pins = computed(() => this.view.value.pins);
  private readonly hidden = computed(() => this.view.value.hidden);
  private readonly groups = computed(() => this.view.value.groups);
  private readonly showing = computed<Showing>(() => ({
    filters: this.filters.value,
    pins: this.pins.value,
    hidden: this.hidden.value,
    groups: this.groups.value,
  }));
  /**
   * What the server's pruning keeps: until it answers, what it kept before, and `undefined` before
   * its first answer. `null` is all: pruning at 1 still leaves out nodes without any influence, but
   * who asks for all sees them; so does who cannot have the answer, and is told so.
   */
  private readonly keptMask = computed<Uint8Array | null | undefined>(() => {
    const { nodeThreshold, edgeThreshold } = this.filters.value;
    if (!this.opened.value) return undefined;
    if (nodeThreshold >= 1 && edgeThreshold >= 1) return null;
    return this.kept.value?.mask ?? (this.notPruned.value === null ? undefined : null);
  });
  /**
   * A filter that changes nothing gives the same object again, so that nothing is placed or
   * painted anew: a slider's step shows nothing new before the server has answered it.
   */
  readonly visible = computed<Visible | null>((): Visible | null => {
    const pack = this.columns.value;
    const kept = this.keptMask.value;
    if (!pack || kept === undefined) return null;
    const next = visibleNodes(pack, this.showing.value, kept, []);
    const { lastVisible: last } = this;
    if (!last || !sameVisible(last, next)) this.lastVisible = next;
    return this.lastVisible;
  });
  private lastVisible: Visible | null = null;
  /** The shown set without the selection is stable under hover and walk, so the layout is, too. */
  readonly shown = computed(() => {
    const visible = this.visible.value;
    const pack = this.columns.value;
    const extra = this.selection.value.filter((node) => visible && !visible.mask[node]);
    const kept = this.keptMask.value;
    if (!visible || !pack || kept === undefined || extra.length === 0) return visible;
    return visibleNodes(pack, this.showing.value, kept, extra);
  });
  private readonly collapsed = computed(() => this.view.value.collapsed);
  readonly thin = computed<Thin | null>(() =>
    this.shape.value ? thinOf(this.shape.value, this.collapsed.value) : null,
  );
  readonly isCollapsed = computed(() => {
    const { layers, positions } = this.collapsed.value;
    return layers.length + positions.length > 0;
  });
  /** How much of what is shown is collapsed. */
  readonly nCollapsed = computed(() => {
    const [pack, shown, thin] = [this.columns.value, this.shown.value, this.thin.value];
    return pack && shown && thin ? countThin(thin, pack, shown.nodes) : null;
  });
  readonly layout = computed(() => {
    const pack = this.columns.value;
    const shown = this.shown.value;
    const shape = this.shape.value;
    const order = this.order.value;
    const thin = this.thin.value;
    if (!pack || !shown || !shape || !order || !thin) return null;
    const nodes = order.filter((node) => shown.mask[node]);
    return layoutNodes(pack, nodes, shape, thin);
  });
  private readonly fill = computed(() => this.view.value.fill);
  /** What fills nodes; `null` for their influence. Of edges only where it is made of them. */
  readonly strengths = computed(() => {
    const fill = this.fill.value;
    const pack = fill === "error" ? this.pack.value : this.columns.value;
    return pack && strengthsOf(fill, pack);
  });
  readonly links = computed<Links | null>(() => {
    const pack = this.pack.value;
    const adj = this.adjacency.value;
    const selection = this.selection.value;
    if (!pack || !adj || selection.length === 0) return null;
    const complete = this.complete.value;
    if (complete && complete.selection === selection) return complete.links;
    return linksOf(pack, adj, selection);
  });
  readonly hoverLinks = computed<Links | null>(() => {
    const pack = this.pack.value;
    const adj = this.adjacency.value;
    const node = this.hover.value;
    if (!pack || !adj) return null;
    return node >= 0 ? linksOf(pack, adj, [node]) : (this.bar.value?.links ?? null);
  });
  /** Edges of what is collapsed under the pointer; those of the selection are drawn already. */
  readonly bar = computed<Summed | null>(() => {
    const [pack, adj, under] = [this.pack.value, this.adjacency.value, this.under.value];
    if (!pack || !adj || !under || under.is === "edge") return null;
    return summed(pack, adj, under.nodes);
  });
  /** Links as far as they are drawn. */
  readonly drawnLinks = computed(() => this.ofEnds(this.links.value));
  readonly drawnHoverLinks = computed(() => this.ofEnds(this.hoverLinks.value));
  /** Links of the selection that are on the canvas, which a pointer can be on. */
  readonly edges = computed<Links | null>(() => {
    const [links, shown] = [this.drawnLinks.value, this.shown.value];
    const { minShare, sign } = this.filters.value;
    return links && shown && drawnOf(links, { mask: shown.mask, minShare, sign }, LINKS.all);
  });
  private ofEnds(links: Links | null): Links | null {
    const ends = this.ends.value;
    if (!links || ends === "both") return links;
    return { ...links, [ends === "input" ? "outputs" : "inputs"]: [] };
  }
  readonly query = computed(() => {
    const pack = this.columns.value;
    const names = this.names.value;
    const text = this.view.value.filters.query;
    return pack && names ? parseQuery(text, pack, (node) => names.searchText(node)) : null;
  });
  readonly matches = computed<Uint8Array | null>(() => {
    const query = this.query.value;
    const pack = this.columns.value;
    if (!query || !pack || query.empty) return null;
    const mask = new Uint8Array(pack.nNodes);
    for (let node = 0; node < pack.nNodes; node++) mask[node] = query.matches(node) ? 1 : 0;
    return mask;
  });
  readonly partial = computed(() => {
    const pack = this.pack.value;
    return pack !== null && pack.nEdges < pack.nEdgesTotal;
  });

  /** Whether all links of the selection are here, and not only the strongest. */
  readonly isWhole = computed(
    () => !this.partial.value || this.complete.value?.selection === this.selection.value,
  );

  constructor(id: string, viewName: string, readOnly = false) {
    super();
    this.id = id;
    this.readOnly = readOnly;
    this.viewName = viewName;
    this.stops.push(
      effect(() => {
        // A hidden node cannot be hovered.
        const shown = this.shown.value;
        const hover = this.hover.peek();
        if (shown && hover >= 0 && !shown.mask[hover]) this.hover.value = -1;
      }),
      effect(() => {
        // Nor can what was under the pointer before all moved, or other links were drawn.
        void this.shown.value;
        void this.thin.value;
        void this.edges.value;
        this.under.value = null;
      }),
      effect(() => {
        // A link may name nodes that this graph has not.
        const n = this.columns.value?.nNodes ?? Number.POSITIVE_INFINITY;
        const selection = this.selection.value;
        const known = selection.filter((node) => node < n);
        if (known.length < selection.length) this.selection.value = known;
      }),
    );
  }

  destroy(): void {
    this.left.value = true;
    for (const stop of this.stops) stop();
    this.listeners.clear();
  }

  /** Hears of every command that changed the document: the save queue does. */
  onCommand(listener: (command: Command) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Changes the document. `joined` continues a drag or a slider's run as one undo step. */
  do(command: Command, joined = false): void {
    const now = this.view.value;
    // A message outlives the page that it tells of.
    if (this.left.peek()) {
      toast("Not changed: that graph was left. Open it, and do it there.");
      return;
    }
    if (this.readOnly && !onlyShows(now, apply(now, command).view) && this.refuses()) return;
    this.took(change(this.history.value, command, joined));
    const pins = this.view.value.pins.length;
    if (now.pins.length <= MANY_PINS && pins > MANY_PINS) toast(manyPins(pins));
  }

  /** Takes over a whole view, as one step that can be undone. */
  take(to: View): void {
    this.do(takenOver(this.view.value, to));
  }

  /** Says that nothing is changed where nothing can be saved; ask it before asking for words. */
  refuses(): boolean {
    if (this.readOnly) toast(`Not changed: ${NEEDS_SERVER}.`);
    return this.readOnly;
  }

  undo(): void {
    this.took(undo(this.history.value));
  }

  redo(): void {
    this.took(redo(this.history.value));
  }

  private took(result: Change): void {
    this.history.value = result.history;
    const { applied } = result;
    if (applied) for (const listener of this.listeners) listener(applied);
  }

  /** Walks to the strongest input or output that is shown. */
  walk(to: "input" | "output"): void {
    const links = this.links.value;
    const shown = this.shown.value;
    if (!links || !shown) return;
    const list = to === "input" ? links.inputs : links.outputs;
    const next = list.find((link) => shown.mask[link.node]);
    if (next) this.select([next.node]);
  }

  /** What of the document the circuit is made of: stays the same while a filter changes. */
  readonly circuitOf = computed(() => ({ pins: this.pins.value, groups: this.groups.value }));
  private readonly kin = computed(() => {
    const { pins, groups } = this.circuitOf.value;
    return new Set([...pins, ...groups.flatMap((group) => group.nodes)]);
  });

  pinned(node: number): boolean {
    return this.kin.value.has(node);
  }

  /** Pins the selection, or unpins it if all of it is pinned. */
  togglePins(nodes: readonly number[]): void {
    const { pins } = this.view.value;
    const all = nodes.every((node) => pins.includes(node));
    this.do({ do: all ? "unpin" : "pin", nodes: [...nodes] });
  }

  /** Makes a group of nodes, or adds them to a group that one of them is in. */
  group(nodes: readonly number[], name: string, auto = false): Group {
    const old = nodes.map((node) => groupOf(this.view.value, node)).find((found) => found);
    const group: Group = old
      ? { ...old, nodes: [...new Set([...old.nodes, ...nodes])] }
      : { id: freshId(this.view.value), name, nodes: [...nodes], ...(auto && { auto }) };
    this.do({
      do: "several",
      title: `group “${group.name}”`,
      commands: [
        { do: "pin", nodes: [...nodes] },
        { do: "group", group },
      ],
    });
    return group;
  }

  /** Nodes and groups of the circuit, by names as they are written: every pinned node that is in no group stands alone. */
  readonly boxes = computed<Group[]>(() => {
    const { groups, pins } = this.circuitOf.value;
    const grouped = new Set(groups.flatMap((group) => group.nodes));
    const names = this.names.value;
    const singles = pins
      .filter((node) => !grouped.has(node))
      .map((node) => ({
        id: `n${node}`,
        name: names?.short(node) ?? `node ${node}`,
        nodes: [node],
      }));
    const called = groups.map((group) =>
      group.auto ? { ...group, name: groupName(group) } : group,
    );
    return [...called, ...singles];
  });

  readonly targets = computed<number[]>(() => {
    const pack = this.columns.value;
    if (!pack) return [];
    const found: number[] = [];
    for (let node = 0; node < pack.nNodes; node++) {
      if (pack.kind[node] === KIND.target) found.push(node);
    }
    return found;
  });
}
