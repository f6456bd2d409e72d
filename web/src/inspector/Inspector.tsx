// The selection in words: what it is, what feeds it, what it feeds.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { readOnly } from "../api/readOnly.ts";
import { nameEverywhere } from "../feature/naming.ts";
import type { Edge } from "../graph/drawn.ts";
import { KIND } from "../graph/pack.ts";
import { groupOf } from "../state/document.ts";
import { ask, askWhich } from "../ui/ask.tsx";
import { WindowIcon } from "../ui/icons.tsx";
import { lazy } from "../ui/lazy.tsx";
import { count, percent, raw } from "../ui/numbers.ts";
import { Button, Chip, Empty } from "../ui/parts.tsx";
import type { Workspace } from "../workspace/model.ts";
import { showInspector } from "../workspace/room.ts";
import { alone, popOut } from "../workspace/windows.ts";
import { Connections } from "./Connections.tsx";
import { exclude } from "./exclude.ts";
import { OperandCard } from "./OperandCard.tsx";
import { Standing } from "./Standing.tsx";

const FeatureCard = lazy(async () => (await import("./FeatureCard.tsx")).FeatureCard);
const PathTool = lazy(async () => (await import("./PathTool.tsx")).PathTool);
const WhyEdge = lazy(async () => (await import("./WhyEdge.tsx")).WhyEdge);

type Tab = "connections" | "feature" | "operand" | "paths" | "why";
export const tab = signal<Tab>("connections");

export const TABS: readonly { value: Tab; text: string; key: string }[] = [
  { value: "connections", text: "Inputs and outputs", key: "j 1" },
  { value: "feature", text: "Feature", key: "j 2" },
  { value: "operand", text: "Operand", key: "j 3" },
  { value: "paths", text: "Paths", key: "j 4" },
  { value: "why", text: "Why this edge", key: "w" },
];

/** Shows why an edge of the selection is. */
export function explain(work: Workspace, { end, link }: Edge): void {
  work.explained.value = { of: work.selection.peek()[0] ?? -1, end, node: link.node };
  openTab("why");
}

/** Shows a tab, wherever the inspector was. */
export function openTab(value: Tab): void {
  tab.value = value;
  showInspector();
}

export function Inspector({ work }: { work: Workspace }): JSX.Element {
  const selection = work.selection.value;
  if (selection.length === 0) {
    return (
      <section class="inspector" aria-label="Inspector">
        <Empty>
          Click a node in the graph, or press an arrow key, to see what feeds it and what it feeds.
          Shift-drag selects several.
        </Empty>
      </section>
    );
  }
  return (
    <section class="inspector" aria-label="Inspector">
      <Heading work={work} />
      <Tabs />
      <div
        class="inspector-body"
        role="tabpanel"
        aria-label={TABS.find((one) => one.value === tab.value)?.text}
      >
        {tab.value === "connections" && <Connections work={work} />}
        {tab.value === "feature" && <FeatureCard work={work} />}
        {tab.value === "operand" && <OperandCard work={work} />}
        {tab.value === "paths" && <PathTool work={work} />}
        {tab.value === "why" && <WhyEdge work={work} />}
      </div>
    </section>
  );
}

function Tabs(): JSX.Element {
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = TABS.findIndex((one) => one.value === tab.value);
    tab.value = TABS[(at + step + TABS.length) % TABS.length].value;
    const list = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => list.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
    event.preventDefault();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Inspector" onKeyDown={move}>
      {TABS.map((one) => (
        <button
          key={one.value}
          type="button"
          role="tab"
          aria-selected={tab.value === one.value}
          tabIndex={tab.value === one.value ? 0 : -1}
          onClick={() => {
            tab.value = one.value;
          }}
        >
          {one.text}
        </button>
      ))}
    </div>
  );
}

function Heading({ work }: { work: Workspace }): JSX.Element | null {
  const selection = work.selection.value;
  const pack = work.pack.value;
  const names = work.names.value;
  if (!pack || !names) return null;
  if (selection.length > 1) {
    const influence = selection.reduce((sum, node) => sum + pack.influence[node], 0);
    return (
      <header class="inspector-head">
        <h2>{count(selection.length)} nodes treated as one</h2>
        <p class="muted">
          influence {percent(influence)} of all, summed · edges between them do not count
        </p>
        <Actions work={work} />
      </header>
    );
  }
  const [node] = selection;
  return (
    <header class="inspector-head">
      <h2 class="row">
        <span class="clip">{names.short(node)}</span>
        {work.pack.value?.kind[node] === KIND.feature && <LabelSource work={work} node={node} />}
      </h2>
      <Facts work={work} node={node} />
      <Actions work={work} />
    </header>
  );
}

function LabelSource({ work, node }: { work: Workspace; node: number }): JSX.Element {
  const text = work.names.value?.sourceText(node) ?? "no label";
  return <Chip title="Where the name comes from">{text}</Chip>;
}

function Facts({ work, node }: { work: Workspace; node: number }): JSX.Element | null {
  const pack = work.pack.value;
  const names = work.names.value;
  const links = work.links.value;
  if (!pack || !names) return null;
  const kind = pack.kind[node];
  const set = work.head.value?.feature_set ?? null;
  const facts: [string, string][] = [];
  if (names.label(node) || kind !== KIND.feature) facts.push(["", names.id(node)]);
  facts.push(["at", `“${names.token(pack.pos[node])}” (position ${pack.pos[node]})`]);
  if (kind === KIND.feature) facts.push(["activation", raw(pack.activation[node])]);
  const p = names.targetProbability(node);
  if (kind === KIND.target && p !== null) facts.push(["probability", percent(p)]);
  if (kind !== KIND.target) facts.push(["influence", `${percent(pack.influence[node])} of all`]);
  if (!Number.isNaN(pack.frequency[node])) {
    facts.push(["fires on", `${percent(pack.frequency[node])} of tokens`]);
  }
  if (links && links.absIn > 0) {
    const least = work.isWhole.value ? "" : "at least ";
    facts.push(["error share of input", `${least}${percent(errorShare(work))}`]);
  }
  return (
    <p class="facts">
      {facts.map(([name, value]) => (
        <span key={name}>
          {name && <span class="muted">{name} </span>}
          {value}
        </span>
      ))}
      {kind === KIND.feature && set !== null && (
        <Standing
          set={set}
          layer={pack.layer[node]}
          index={pack.feature[node]}
          activation={pack.activation[node]}
          saysFrequency={!Number.isNaN(pack.frequency[node])}
        />
      )}
    </p>
  );
}

/** Share of the selection's absolute input that comes from error nodes. */
function errorShare(work: Workspace): number {
  const pack = work.pack.value;
  let sum = 0;
  for (const link of work.links.value?.inputs ?? []) {
    if (pack?.kind[link.node] === KIND.error) sum += Math.abs(link.share);
  }
  return sum;
}

function Actions({ work }: { work: Workspace }): JSX.Element {
  const selection = work.selection.value;
  const { pins } = work.circuitOf.value;
  const pinned = selection.every((node) => pins.includes(node));
  const group = groupOf(work.circuitOf.value, selection[0]);
  return (
    <p class="row">
      <Button
        keyName="["
        title="Back along the walk"
        label="Back"
        disabled={!work.canGoBack}
        onClick={() => work.goBack()}
      >
        ←
      </Button>
      <Button
        keyName="]"
        title="Forward along the walk"
        label="Forward"
        disabled={!work.canGoForth}
        onClick={() => work.goForth()}
      >
        →
      </Button>
      <Button
        keyName="p"
        title="Keep in the circuit"
        pressed={pinned}
        onClick={() => work.togglePins(selection)}
      >
        {pinned ? "Pinned" : "Pin"}
      </Button>
      <Button keyName="g" title="Treat as one in the circuit" onClick={() => void makeGroup(work)}>
        {group ? "Add to group" : "Group"}
      </Button>
      {selection.length === 1 && (
        <Button keyName="r" title="Name this node" onClick={() => void rename(work)}>
          Rename
        </Button>
      )}
      <Button
        keyName="h"
        title="Hide; a chip above the graph brings it back"
        onClick={() => hide(work)}
      >
        Hide
      </Button>
      {!work.readOnly && alone() !== "inspector" && (
        <Button
          kind="quiet"
          keyName="Shift+o"
          title="The inspector in a window of its own"
          label="Inspector in a window of its own"
          onClick={() => popOut(work, "inspector")}
        >
          <WindowIcon />
        </Button>
      )}
    </p>
  );
}

/** Hides the selection; what its groups keep stays selected. */
export function hide(work: Workspace): void {
  work.select(exclude(work, work.selection.value));
}

/** Names the selected node in this view, or its feature wherever it fires. */
export async function rename(work: Workspace): Promise<void> {
  const [node] = work.selection.value;
  const names = work.names.value;
  const pack = work.columns.value;
  if (node === undefined || !names || !pack || work.refuses()) return;
  const set = work.head.value?.feature_set ?? null;
  // A name wherever it fires is the server's to keep.
  const isNamed = pack.kind[node] === KIND.feature && set !== null && !readOnly.peek();
  const answer = await askWhich(
    `Name ${names.id(node)}`,
    "Name",
    names.label(node) ?? "",
    isNamed ? ["In this view", "This feature, wherever it fires"] : ["Rename"],
  );
  if (answer === null) return;
  const { text, action } = answer;
  const inView = (to: string | null): void => work.do({ do: "label", key: String(node), text: to });
  if (action === 0 || set === null) {
    inView(text || null);
    return;
  }
  // A name in this view would hide the new one, and so would one of the graph's file.
  const own = names.own(node);
  const isFiles = names.inFile(node);
  await nameEverywhere(text, {
    set,
    layer: pack.layer[node],
    index: pack.feature[node],
    now: names.byHand(node),
    took: (is) => {
      if (own !== null || isFiles) inView(is ? (isFiles && text) || null : own);
    },
  });
}

/**
 * Groups the selection; one name is asked for, and an empty one takes the first member's. That
 * stays a program's where it is one.
 */
export async function makeGroup(work: Workspace): Promise<void> {
  const nodes = [...work.selection.value];
  const names = work.names.value;
  if (nodes.length === 0 || !names || work.refuses()) return;
  const old = nodes.map((node) => groupOf(work.view.value, node)).find((found) => found);
  if (old) {
    work.group(nodes, old.name);
    return;
  }
  const first = names.label(nodes[0]) ?? names.short(nodes[0]);
  const title = nodes.length === 1 ? "New group of one node" : `New group of ${nodes.length} nodes`;
  const name = await ask(title, "Name", first, "Group");
  if (name === null) return;
  const isFirsts = name === "" || name === first;
  work.group(nodes, name || first, isFirsts && names.source(nodes[0]) === "automatic");
}
