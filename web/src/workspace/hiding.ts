// What filters hide, and what is collapsed: how much, in a few words, and the command that brings it
// back.

import type { LinkCount } from "../graph/drawn.ts";
import { REASONS, type Reason } from "../graph/visible.ts";
import { amountText } from "../state/collapse.ts";
import type { Command } from "../state/commands.ts";
import { DEFAULT_FILTERS, type Filters, type View } from "../state/document.ts";
import { count, counted, nodesText, percent } from "../ui/numbers.ts";
import type { Ends } from "./model.ts";

export interface Hiding {
  key: string;
  text: string;
  /** What its way back is called. */
  label: string;
  title?: string;
  back: Command | typeof BOTH_ENDS;
}

/** The way back of links of one end: which are drawn is no part of the document. */
export const BOTH_ENDS = { do: "both ends" } as const;

export interface HidingOf {
  view: Pick<View, "filters" | "hidden" | "collapsed">;
  /** Nodes, by why they are not shown; null as long as it is not known. */
  gone: Record<Reason, number> | null;
  /** How many layers and tokens are collapsed, with how many of the nodes that are shown. */
  collapsed: { layers: number; positions: number; nodes: number } | null;
  /** Links of the selection; null without one. */
  links: LinkCount | null;
  /** Which ends' links are drawn, and how many of the other end are not. */
  ends?: { drawn: Ends; others: number };
  /** Edges of the haze that are left out by their sign. */
  hazeOfOtherSign: number;
  /** Edges that pruning kept, of all; null as long as it is not known. */
  edges: { kept: number; all: number } | null;
}

const WORDS: Record<Reason, string> = {
  hidden: "hidden by hand",
  pruned: "pruned",
  feature: "features",
  error: "errors",
  token: "tokens",
  target: "outputs",
  layer: "other layers",
  frequency: "fire too often",
};

const WAY_BACK: Record<Exclude<Reason, "hidden">, Partial<Filters>> = {
  pruned: { nodeThreshold: 1, edgeThreshold: 1 },
  feature: { features: true },
  error: { errors: true },
  token: { tokens: true },
  target: { targets: true },
  layer: { layerFrom: null, layerTo: null },
  frequency: { maxFrequency: DEFAULT_FILTERS.maxFrequency },
};

export function hidings(of: HidingOf): Hiding[] {
  const { gone } = of;
  const reasons = gone ? REASONS.filter((reason) => gone[reason] > 0) : [];
  const nodes = reasons.map((reason): Hiding => {
    const n = count(gone?.[reason] ?? 0);
    return {
      key: reason,
      text: `${n} ${WORDS[reason]}`,
      label: `Show ${n} nodes: ${WORDS[reason]}`,
      back:
        reason === "hidden"
          ? { do: "show", nodes: [...of.view.hidden] }
          : { do: "filters", to: WAY_BACK[reason] },
    };
  });
  return [...collapsedOf(of), ...nodes, ...edgeHidings(of)];
}

function collapsedOf({ view, collapsed }: HidingOf): Hiding[] {
  if (!collapsed) return [];
  const amount = amountText(collapsed.layers, collapsed.positions);
  if (amount === "") return [];
  return [
    {
      key: "collapsed",
      text: `${amount}, ${nodesText(collapsed.nodes)} collapsed`,
      label: `Expand ${amount}`,
      title: "They stand as thin rows and columns, where their edges end",
      back: { do: "expand", ...view.collapsed },
    },
  ];
}

/**
 * Those of links stand there with a count of 0, too: a bar that changed with each selection would
 * move the graph under the hand.
 */
function edgeHidings({ view, links, ends, hazeOfOtherSign, edges }: HidingOf): Hiding[] {
  const { sign, minShare, edgeThreshold } = view.filters;
  const found: Hiding[] = [];
  if (ends && ends.drawn !== "both") {
    const other = ends.drawn === "input" ? "output" : "input";
    found.push({
      key: "ends",
      text: counted(ends.others, `${other} link`),
      label: "Draw links to inputs and outputs",
      title: `Not drawn: of the selection and under the pointer, links to ${ends.drawn}s only (e)`,
      back: BOTH_ENDS,
    });
  }
  if (sign !== "all") {
    const other = sign === "positive" ? "negative" : "positive";
    found.push({
      key: "sign",
      text: `${count(links?.otherSign ?? hazeOfOtherSign)} ${other} ${links ? "links" : "edges"}`,
      label: "Draw edges of both signs",
      title: `Not drawn. Links are those of the selection; the haze leaves out ${count(hazeOfOtherSign)} ${other} edges.`,
      back: { do: "filters", to: { sign: "all" } },
    });
  }
  if (minShare > 0) {
    found.push({
      key: "share",
      text: `${count(links?.below ?? 0)} links below ${percent(minShare)}`,
      label: "Draw links of any share",
      title: "Of the links of the selection: share of the target's absolute input",
      back: { do: "filters", to: { minShare: 0 } },
    });
  }
  const usual = DEFAULT_FILTERS.edgeThreshold;
  if (edges && edgeThreshold < 1 && edgeThreshold !== usual && edges.kept < edges.all) {
    found.push({
      key: "edges",
      text: `${count(edges.all - edges.kept)} edges pruned`,
      label: `Keep edges of ${percent(usual)} of the influence, as at first`,
      title: `${count(edges.kept)} of ${count(edges.all)} are kept: the fewest between kept nodes with ${percent(edgeThreshold)} of their influence`,
      back: { do: "filters", to: { edgeThreshold: usual } },
    });
  }
  return found;
}

/** How many links of the selection are drawn, of all, and of which end if of one. */
export function drawnText(links: LinkCount, ends: HidingOf["ends"]): string {
  const only = ends && ends.drawn !== "both" ? `, ${ends.drawn}s only` : "";
  return `${count(links.drawn)} of ${count(links.all + (ends?.others ?? 0))} links${only}`;
}
