// Parts of a document in words, for whoever chooses between two versions.

import type { Part } from "../state/clashes.ts";
import type { Filters } from "../state/document.ts";
import { nodesText, percent, plain } from "../ui/numbers.ts";
import type { Workspace } from "./model.ts";

const FILTERS: Record<keyof Filters, string> = {
  nodeThreshold: "influence of the nodes that are kept, of all",
  edgeThreshold: "influence of the edges that are kept, of all",
  minShare: "least share of a link, of its target's absolute input",
  sign: "sign of the edges that are drawn",
  maxFrequency: "how often a feature may fire, of tokens",
  features: "features",
  errors: "error nodes",
  tokens: "tokens",
  targets: "outputs",
  layerFrom: "first layer",
  layerTo: "last layer",
  query: "what is searched for",
};
const SHARES: readonly string[] = ["nodeThreshold", "edgeThreshold", "minShare", "maxFrequency"];

/** A node by its key in the document, a box of the circuit by its own. */
function named({ names, boxes }: Workspace, key: string): string {
  const box = boxes.value.find(({ id }) => id === key);
  if (box) return `“${box.name}”`;
  const node = Number(key);
  const known = names.value;
  return known && Number.isInteger(node) ? known.place(node) : "a box that is gone";
}

/** What of the document it is. */
export function whatText(work: Workspace, part: Part): string {
  switch (part.of) {
    case "filter":
      return `filter: ${FILTERS[part.name]}`;
    case "fill":
      return "what fills a node";
    case "watch":
      return "watched tokens";
    case "label":
      return `name of ${named(work, part.key)}`;
    case "place":
      return `place of ${named(work, part.key)}`;
    case "note":
      return "a note on the circuit";
    case "group":
      return "a group";
    case "name":
      return `name of the group ${named(work, part.id)}`;
    case "about":
      return `note of the group ${named(work, part.id)}`;
    case "members":
      return `members of the group ${named(work, part.id)}`;
  }
}

/** What a version says. */
export function partText(work: Workspace, part: Part): string {
  switch (part.of) {
    case "filter":
      return filterText(part.name, part.value);
    case "fill":
      return part.value;
    case "watch":
      return part.value.length === 0 ? "none" : `${part.value.length} tokens`;
    case "label":
      return part.value === null ? "no name" : `“${part.value}”`;
    case "place":
      return part.value === null ? "its own place" : `at ${part.value.x}, ${part.value.y}`;
    case "note":
      return part.value === null ? "taken away" : `“${part.value.text}”`;
    case "group":
      if (part.value === null) return "ungrouped";
      return `“${part.value.name}”, ${nodesText(part.value.nodes.length)}`;
    case "name":
    case "about":
      return part.value === "" ? "nothing" : `“${part.value}”`;
    case "members": {
      const names = work.names.value;
      return part.value.map((node) => names?.short(node) ?? `node ${node}`).join(", ");
    }
  }
}

function filterText(name: keyof Filters, value: Filters[keyof Filters]): string {
  if (value === null) return "any";
  if (typeof value === "boolean") return value ? "shown" : "hidden";
  if (typeof value === "number") return SHARES.includes(name) ? percent(value) : plain(value);
  return value === "" ? "nothing" : `“${value}”`;
}
