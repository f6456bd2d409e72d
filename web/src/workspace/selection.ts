// Which nodes are selected, and the way there: what was selected before is a step back.

import { batch, signal } from "@preact/signals";

const MOST_STEPS = 200;

/** What is selected in one open graph. */
export class Selection {
  readonly selection = signal<readonly number[]>([]);
  private readonly back = signal<readonly (readonly number[])[]>([]);
  private readonly forth = signal<readonly (readonly number[])[]>([]);

  /** Selects nodes and remembers where the walk came from. */
  select(nodes: readonly number[]): void {
    const now = this.selection.value;
    if (now.length === nodes.length && now.every((node, at) => node === nodes[at])) return;
    batch(() => {
      if (now.length > 0) this.back.value = [...this.back.value, now].slice(-MOST_STEPS);
      this.forth.value = [];
      this.selection.value = nodes;
    });
  }

  /** Adds a node to the selection, or takes it out. */
  toggle(node: number): void {
    const now = this.selection.value;
    this.select(now.includes(node) ? now.filter((one) => one !== node) : [...now, node]);
  }

  goBack(): void {
    const to = this.back.value.at(-1);
    if (!to) return;
    batch(() => {
      this.back.value = this.back.value.slice(0, -1);
      this.forth.value = [...this.forth.value, this.selection.value];
      this.selection.value = to;
    });
  }

  goForth(): void {
    const to = this.forth.value.at(-1);
    if (!to) return;
    batch(() => {
      this.forth.value = this.forth.value.slice(0, -1);
      this.back.value = [...this.back.value, this.selection.value];
      this.selection.value = to;
    });
  }

  get canGoBack(): boolean {
    return this.back.value.length > 0;
  }

  get canGoForth(): boolean {
    return this.forth.value.length > 0;
  }
}
