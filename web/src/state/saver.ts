// Autosave: every command reaches the server, once, in order, whatever happens in between.
//
// Commands that the server has not confirmed are kept in this browser, under a name of this tab,
// so a closed tab or a lost server loses nothing. A save names the version it is based on; if
// another tab was faster, its version is taken and the unsaved commands are applied on top. Where
// both changed the same, both versions are kept for the reader to choose (`clashes`).

import { signal } from "@preact/signals";
import { ApiError, GONE, online, sentence } from "../api/client.ts";
import { type Clash, clashesOf } from "./clashes.ts";
import type { Command } from "./commands.ts";
import { emptyView, readView, type View } from "./document.ts";
import { adoptUnsaved, keepUnsaved } from "./unsaved.ts";

export type SaveState =
  | { is: "loading" }
  | { is: "saved"; at: number | null }
  | { is: "saving" }
  | { is: "waiting" }
  | { is: "failed"; why: string };

/** The server's side of a view. */
export interface Versioned {
  etag: string;
  view: unknown;
}

/** A save that met a newer version. */
export class Conflict extends Error {
  readonly current: Versioned;

  constructor(current: Versioned) {
    super("another tab saved first");
    this.current = current;
  }
}

export interface Remote {
  load: () => Promise<Versioned | null>;
  /** Saves on top of `etag` (`null`: there is none yet); throws `Conflict` if there is another. */
  save: (view: View, etag: string | null) => Promise<string>;
}

/** What the saver reads and sets: the document as it is shown. */
export interface Shown {
  view: () => View;
  /** Puts another base under the unsaved commands. */
  rebase: (theirs: View, unsaved: readonly Command[]) => void;
}

const WAIT_MS = 500;

export class Saver {
  readonly state = signal<SaveState>({ is: "loading" });
  /** Where another window's changes and this one's met, until somebody chose. */
  readonly clashes = signal<readonly Clash[]>([]);
  /** The version that the document is based on; `null` before the first save. */
  etag: string | null = null;

  /** The document of that version; `null` before it is known. */
  private base: View | null = null;
  private unsaved: Command[] = [];
  private timer = 0;
  /** The save that is under way. */
  private saving: Promise<void> | null = null;
  private closed = false;
  private readonly channel: BroadcastChannel;
  private readonly stop: () => void;

  constructor(
    private readonly key: string,
    private readonly remote: Remote,
    private readonly shown: Shown,
  ) {
    this.channel = new BroadcastChannel(`connectome.view.${key}`);
    this.channel.onmessage = () => void this.pull();
    this.stop = online.subscribe((is) => {
      if (is && this.unsaved.length > 0) this.schedule(0);
    });
  }

  /** Loads the newest version and replays what an earlier tab could not save. */
  async open(): Promise<void> {
    const found = await this.remote.load();
    this.etag = found?.etag ?? null;
    const left = await adoptUnsaved(this.key);
    this.unsaved = [...left, ...this.unsaved];
    this.base = this.read(found);
    this.shown.rebase(this.base, this.unsaved);
    this.keep();
    if (this.unsaved.length > 0) this.schedule(0);
    else this.state.value = { is: "saved", at: null };
  }

  /** Takes a command that was applied to what is shown. */
  add(command: Command): void {
    this.unsaved.push(command);
    this.keep();
    this.schedule(WAIT_MS);
  }

  /** Saves now what is waiting, after what is under way. */
  async flush(): Promise<void> {
    window.clearTimeout(this.timer);
    await this.saving;
    await this.save();
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.timer);
    this.stop();
    this.channel.close();
    if (this.unsaved.length > 0) void this.save();
  }

  private read(found: Versioned | null): View {
    return (found && readView(found.view)) ?? emptyView();
  }

  private schedule(wait: number): void {
    if (this.closed) return;
    this.state.value = { is: "waiting" };
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), wait);
  }

  private async save(): Promise<void> {
    if (this.saving || this.unsaved.length === 0) return;
    this.saving = this.send();
    try {
      await this.saving;
    } finally {
      this.saving = null;
    }
    if (this.unsaved.length > 0 && this.state.value.is === "saved") this.schedule(0);
  }

  private async send(): Promise<void> {
    this.state.value = { is: "saving" };
    const sent = this.unsaved.length;
    const view = this.shown.view();
    try {
      this.etag = await this.remote.save(view, this.etag);
      this.base = view;
      this.unsaved = this.unsaved.slice(sent);
      this.keep();
      this.state.value = { is: "saved", at: Date.now() };
      if (!this.closed) this.channel.postMessage(this.etag);
    } catch (failure) {
      this.failed(failure);
    }
  }

  private failed(failure: unknown): void {
    if (failure instanceof Conflict) {
      this.meet(failure.current);
      this.schedule(0);
    } else if (failure instanceof ApiError && failure.status === GONE) {
      this.state.value = { is: "waiting" };
    } else {
      this.state.value = { is: "failed", why: sentence(failure) };
    }
  }

  /** Another tab saved: take its version and put the unsaved commands on top. */
  private async pull(): Promise<void> {
    if (this.saving) return;
    const found = await this.remote.load().catch(() => null);
    if (!found || found.etag === this.etag || this.saving) return;
    this.meet(found);
  }

  /** Takes a newer version, puts the unsaved commands on top, and tells what met. */
  private meet(found: Versioned): void {
    const { base } = this;
    const [theirs, mine] = [this.read(found), this.shown.view()];
    this.etag = found.etag;
    this.base = theirs;
    this.shown.rebase(theirs, this.unsaved);
    if (!base || this.unsaved.length === 0) return;
    const met = clashesOf({ base, theirs, mine, both: this.shown.view() });
    if (met.length > 0) this.clashes.value = [...this.without(met), ...met];
  }

  /** Takes clashes off the list, as somebody chose. */
  settle(chosen: readonly Clash[]): void {
    this.clashes.value = this.without(chosen);
  }

  private without(some: readonly Clash[]): Clash[] {
    return this.clashes.peek().filter((one) => !some.some(({ key }) => key === one.key));
  }

  private keep(): void {
    keepUnsaved(this.key, this.unsaved);
  }
}
