// Autosave: every command reaches the server, once, in order, whatever happens in between.
//
// Commands that the server has not confirmed are kept in this browser, under a name of this tab,
// so a closed tab or a lost server loses nothing. A save names the version it is based on; if
// another tab was faster, its version is taken and the unsaved commands are applied on top.

import { signal } from "@preact/signals";
import { ApiError, GONE, online, sentence } from "../api/client.ts";
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
  /** The version that the document is based on; `null` before the first save. */
  etag: string | null = null;

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
    this.shown.rebase(this.base(found), this.unsaved);
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

  private base(found: Versioned | null): View {
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
    try {
      this.etag = await this.remote.save(this.shown.view(), this.etag);
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
      this.etag = failure.current.etag;
      this.shown.rebase(this.base(failure.current), this.unsaved);
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
    this.etag = found.etag;
    this.shown.rebase(this.base(found), this.unsaved);
  }

  private keep(): void {
    keepUnsaved(this.key, this.unsaved);
  }
}
