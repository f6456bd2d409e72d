// Autosave: every command reaches the server, once, in order, whatever happens in between.
//
// Commands that the server has not confirmed are kept in this browser, under a name of this tab,
// so a closed tab or a lost server loses nothing. A save names the version it is based on; if
// another tab was faster, its version is taken and the unsaved commands are applied on top. Where
// both changed the same, both versions are kept for the reader to choose (`clashes`).
//
// A server that keeps nothing is sent nothing, and then this browser keeps nothing either: what a
// reader tries out must not be saved unbidden when the server keeps changes again.

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
  | { is: "read only" }
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
  /** Nothing was saved in this view yet. */
  isNew: () => void;
}

const WAIT_MS = 500;

/** The last save of a view that was left. */
let leaving: Promise<void> = Promise.resolve();

/** Who reads a saved view waits for it: what was done a moment ago is part of it. */
export function settled(): Promise<void> {
  return leaving;
}

export class Saver {
  readonly state = signal<SaveState>({ is: "loading" });
  /** Where another window's changes and this one's met, until somebody chose. */
  readonly clashes = signal<readonly Clash[]>([]);
  /** The version that the document is based on; `null` before the first save. */
  etag: string | null = null;

  /** The document of that version; `null` before it is known. */
  private base: View | null = null;
  private unsaved: Command[] = [];
  /** Whether what an earlier tab left is among them: until then it must not be written over. */
  private adopted = false;
  private keepsNothing = false;
  private opening: "not asked" | "failed" | "done" = "not asked";
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
    /** Whether the server keeps no changes. */
    private readonly isReadOnly: () => Promise<boolean> = async () => false,
  ) {
    this.channel = new BroadcastChannel(`connectome.view.${key}`);
    this.channel.onmessage = () => void this.pull();
    this.stop = online.subscribe((is) => {
      if (is && this.opening === "failed") void this.reopen();
      else if (is && this.unsaved.length > 0) this.schedule(0);
    });
  }

  /**
   * Loads the newest version and replays what an earlier tab could not save. Until that went well
   * nothing is saved, as it would be saved over what is there.
   */
  async open(): Promise<void> {
    await settled();
    try {
      this.keepsNothing = await this.isReadOnly();
      // What an earlier tab could not save waits for a server that keeps it.
      if (!this.keepsNothing) await this.adopt();
      const found = await this.remote.load();
      this.base = viewIn(found);
      this.etag = found?.etag ?? null;
      this.shown.rebase(this.base, this.unsaved);
    } catch (failure) {
      this.opening = "failed";
      this.state.value = { is: "failed", why: sentence(failure) };
      throw failure;
    }
    this.opening = "done";
    if (this.keepsNothing) {
      this.unsaved = [];
      this.state.value = { is: "read only" };
    }
    if (this.etag === null) this.shown.isNew();
    if (this.unsaved.length > 0) this.schedule(0);
    else if (!this.keepsNothing) this.state.value = { is: "saved", at: null };
  }

  /** Takes a command that was applied to what is shown. */
  add(command: Command): void {
    if (this.opening === "done" && this.keepsNothing) return;
    this.unsaved.push(command);
    this.keep();
    this.schedule(WAIT_MS);
  }

  /** Saves now what is waiting, after what is under way. */
  async flush(): Promise<void> {
    window.clearTimeout(this.timer);
    await this.saving;
    if (this.opening === "failed") await this.reopen();
    await this.save();
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.timer);
    this.stop();
    this.channel.close();
    // What came during a save goes after it.
    if (this.opening === "done") leaving = this.flush();
  }

  private async adopt(): Promise<void> {
    if (this.adopted) return;
    const left = await adoptUnsaved(this.key);
    this.adopted = true;
    this.unsaved = [...left, ...this.unsaved];
    this.keep();
  }

  /** Opens what could not be opened before; why it cannot still is in `state`. */
  private async reopen(): Promise<void> {
    await this.open().catch(() => undefined);
  }

  private schedule(wait: number): void {
    if (this.closed || this.opening === "failed") return;
    this.state.value = { is: "waiting" };
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), wait);
  }

  private async save(): Promise<void> {
    if (this.saving || this.unsaved.length === 0 || this.opening !== "done") return;
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
      this.takeUp(failure.current);
    } else if (failure instanceof ApiError && failure.status === GONE) {
      this.state.value = { is: "waiting" };
    } else {
      this.state.value = { is: "failed", why: sentence(failure) };
    }
  }

  /** Puts the unsaved commands on top of another tab's version, and tells what met. */
  private takeUp(found: Versioned): void {
    try {
      const { base } = this;
      const [theirs, mine] = [viewIn(found), this.shown.view()];
      this.base = theirs;
      this.etag = found.etag;
      this.shown.rebase(theirs, this.unsaved);
      if (this.unsaved.length === 0) return;
      this.schedule(0);
      if (base) this.tell(clashesOf({ base, theirs, mine, both: this.shown.view() }));
    } catch (failure) {
      this.state.value = { is: "failed", why: sentence(failure) };
    }
  }

  private tell(met: readonly Clash[]): void {
    if (met.length > 0) this.clashes.value = [...this.without(met), ...met];
  }

  /** Another tab saved. */
  private async pull(): Promise<void> {
    if (this.saving || this.opening !== "done") return;
    const { etag } = this;
    const found = await this.remote.load().catch(() => null);
    // A save that went through meanwhile is on top of the other's, and newer than what was read.
    if (!found || found.etag === etag || this.saving || this.etag !== etag) return;
    this.takeUp(found);
  }

  /** Takes clashes off the list, as somebody chose. */
  settle(chosen: readonly Clash[]): void {
    this.clashes.value = this.without(chosen);
  }

  private without(some: readonly Clash[]): Clash[] {
    return this.clashes.peek().filter((one) => !some.some(({ key }) => key === one.key));
  }

  private keep(): void {
    if (this.adopted) keepUnsaved(this.key, this.unsaved);
  }
}

/** The server's version; one of a newer page is not taken for an empty one, and saved over. */
function viewIn(found: Versioned | null): View {
  const view = found ? readView(found.view) : emptyView();
  if (!view) throw new Error("the saved view was written by a newer page");
  return view;
}
