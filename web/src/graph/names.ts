// What a node is called, and where the name comes from.
//
// The ladder of sources: you (a label in this view, or of the feature everywhere) › imported (a label in the graph's file) ›
// automatic (of an index of features) › none (its place in the dictionary). A name that no person
// gave is written with a ≈ before it.

import type { Group } from "../state/document.ts";
import { tokenText } from "../ui/numbers.ts";
import type { GraphHead, NodeLabel, TargetRow } from "../wire.ts";
import { KIND, type Pack } from "./pack.ts";

export type Source = "you" | "imported" | "automatic" | "none";

/** Stands before a name that a program gave. */
export const AUTOMATIC = "≈";

/** The source of a name that a person gave a feature wherever it fires. */
export const BY_HAND = "by hand";

/**
 * A name that an index or a file gave, as it is written: with a mark if a program gave it, as an
 * index does where it does not say whose words they are.
 */
export function nameText(text: string, source?: string | null): string {
  return (source ?? (source === undefined ? "automatic" : "")).startsWith("automatic")
    ? `${AUTOMATIC} ${text}`
    : text;
}

/** A group's name as it is written. */
export function groupName({ name, auto }: Pick<Group, "name" | "auto">): string {
  return auto ? `${AUTOMATIC} ${name}` : name;
}

export class Names {
  private readonly pack: Pack;
  private readonly head: GraphHead;
  private readonly labels: Record<string, string>;
  private readonly given: ReadonlyMap<number, NodeLabel>;
  private readonly targets: ReadonlyMap<number, TargetRow>;

  constructor(pack: Pack, head: GraphHead, labels: Record<string, string>) {
    this.pack = pack;
    this.head = head;
    this.labels = labels;
    this.given = new Map(head.labels.map((label) => [label.node, label]));
    this.targets = new Map(head.targets.map((target) => [target.node, target]));
  }

  token(pos: number): string {
    const text = tokenText(this.head.tokens[pos]?.text ?? `position ${pos}`);
    // A leading space is part of most tokens; between quotes it only looks like a slip.
    return text.trim() || text;
  }

  source(node: number): Source {
    if (this.own(node) !== null) return "you";
    const given = this.given.get(node);
    if (!given) return "none";
    if (given.source === BY_HAND) return "you";
    return given.source?.startsWith("automatic") ? "automatic" : "imported";
  }

  /** The source in words, as in `automatic, from examples`. */
  sourceText(node: number): string {
    const source = this.source(node);
    if (source === "none") return "no label";
    if (source === "you")
      return `label: you, ${this.own(node) === null ? "everywhere" : "in this view"}`;
    return `label: ${source === "automatic" ? this.given.get(node)?.source : source}`;
  }

  /** What it is called in this view alone. */
  own(node: number): string | null {
    return Object.hasOwn(this.labels, String(node)) ? this.labels[String(node)] : null;
  }

  /** What its feature is called by hand wherever it fires; empty if nothing. */
  byHand(node: number): string {
    const given = this.given.get(node);
    return given?.source === BY_HAND ? given.text : "";
  }

  /** Whether the graph's file names it, whatever its feature is called elsewhere. */
  inFile(node: number): boolean {
    return this.given.get(node)?.source === null;
  }

  /** The label a person, a file or an index gave, if any. */
  label(node: number): string | null {
    return this.own(node) ?? this.given.get(node)?.text ?? null;
  }

  /** Its identity in the dictionary: `L9 · 1741`. */
  id(node: number): string {
    const { pack } = this;
    switch (pack.kind[node]) {
      case KIND.feature:
        return `L${pack.layer[node]} · ${pack.feature[node]}`;
      case KIND.error:
        return `L${pack.layer[node]} · error`;
      case KIND.token:
        return "token";
      default:
        return "output";
    }
  }

  /** The name without its place: a label, a token's text, or its identity. */
  short(node: number): string {
    const label = this.label(node);
    if (label) return this.source(node) === "automatic" ? `${AUTOMATIC} ${label}` : label;
    return this.unnamed(node);
  }

  /** The same of what has no label. */
  private unnamed(node: number): string {
    const { pack } = this;
    if (pack.kind[node] === KIND.token) return `“${this.token(pack.pos[node])}”`;
    if (pack.kind[node] === KIND.target) return this.target(node);
    return this.id(node);
  }

  target(node: number): string {
    const target = this.targets.get(node);
    return target ? tokenText(target.label).trim() || "output" : "output";
  }

  targetProbability(node: number): number | null {
    const target = this.targets.get(node);
    return target?.kind === "logit" ? target.weight : null;
  }

  /** Name and token: `L9 · 1741 at “oak”`, `token “oak”`, `mine (token “oak”)`. */
  full(node: number): string {
    const { pack } = this;
    const text = this.short(node);
    const isToken = pack.kind[node] === KIND.token;
    if (!isToken && pack.kind[node] !== KIND.target)
      return `${text} at “${this.token(pack.pos[node])}”`;
    const what = isToken ? this.unnamed(node) : `“${this.target(node)}”`;
    const whole = `${isToken ? "token" : "output"} ${what}`;
    return this.label(node) ? `${text} (${whole})` : whole;
  }

  /** Its place in dictionary and prompt, which no other node has: `L9 · 1741 @oak`. */
  place(node: number): string {
    const { pack } = this;
    if (pack.kind[node] === KIND.token) return `token ${pack.pos[node]}`;
    return `${this.id(node)} ${this.at(node)}`;
  }

  /** What tells it from another node of its name: its place, without what its name says. */
  where(node: number): string {
    return this.short(node) === this.id(node) ? this.at(node) : this.place(node);
  }

  /** `@oak`, or `@oak (3)` where the prompt has it more than once. */
  private at(node: number): string {
    const pos = this.pack.pos[node];
    const token = this.token(pos);
    const twice = this.head.tokens.filter((_, at) => this.token(at) === token).length > 1;
    return twice ? `@${token} (${pos})` : `@${token}`;
  }

  /** Everything that a search looks through. */
  searchText(node: number): string {
    return `${this.short(node)} ${this.id(node)} ${this.token(this.pack.pos[node])}`;
  }
}
