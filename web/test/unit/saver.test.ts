// Autosave: what is not saved is neither lost nor saved over what the page has not read.

import { afterEach, describe, expect, it, vi } from "vitest";

const stored = new Map<string, string>();
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
};
const keys = { ownKeys: () => [...stored.keys()], getOwnPropertyDescriptor };
function getOwnPropertyDescriptor(_: object, key: string | symbol): PropertyDescriptor {
  return { value: stored.get(String(key)), enumerable: true, configurable: true };
}
vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("window", globalThis);
vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
vi.stubGlobal("localStorage", new Proxy(storage, keys));
vi.stubGlobal("sessionStorage", { getItem: () => "tab", setItem: () => undefined });
/** A channel that a test speaks on itself. */
class Channel {
  static last: Channel | null = null;
  onmessage: (() => void) | null = null;
  constructor() {
    Channel.last = this;
  }
  postMessage(): void {}
  close(): void {}
}
vi.stubGlobal("BroadcastChannel", Channel);

const { ApiError, GONE, online } = await import("../../src/api/client.ts");
const { apply } = await import("../../src/state/commands.ts");
const { emptyView } = await import("../../src/state/document.ts");
const { rebase, startHistory } = await import("../../src/state/history.ts");
const { Conflict, Saver, settled } = await import("../../src/state/saver.ts");
type Command = import("../../src/state/commands.ts").Command;
type View = import("../../src/state/document.ts").View;
type Versioned = import("../../src/state/saver.ts").Versioned;

const NAME = "connectome.unsaved.g.main.tab";
const pin = (node: number): Command => ({ do: "pin", nodes: [node] });

/** A server of one view, and a page that shows it. */
function page(view: unknown = null, isReadOnly = async () => false) {
  let now: Versioned | null = view === null ? null : { etag: "1", view };
  let history = startHistory(emptyView());
  const isNew = vi.fn();
  const wait = { load: Promise.resolve(), save: Promise.resolve() };
  const server = {
    wait,
    get view() {
      return now?.view as View | undefined;
    },
    /** Another tab saves. */
    put: (to: unknown) => {
      now = { etag: String(Number(now?.etag ?? 0) + 1), view: to };
    },
  };
  const remote = {
    load: vi.fn(async () => {
      const found = now;
      await wait.load;
      return found;
    }),
    save: vi.fn(async (to: View, etag: string | null) => {
      await wait.save;
      if ((now?.etag ?? null) !== etag) throw new Conflict(now!);
      server.put(to);
      return now!.etag;
    }),
  };
  const shown = {
    view: () => history.view,
    rebase: (theirs: View, unsaved: readonly Command[]) => {
      history = rebase(history, theirs, unsaved);
    },
    isNew,
  };
  const saver = new Saver("g.main", remote, shown, isReadOnly);
  const run = (command: Command): void => {
    history = startHistory(apply(history.view, command).view);
    saver.add(command);
  };
  return { server, remote, saver, run, isNew, shown: () => history.view };
}

const tick = () => new Promise((done) => setTimeout(done, 5));
const held = () => {
  let go = (): void => undefined;
  const until = new Promise<void>((done) => {
    go = done;
  });
  return { until, go };
};

afterEach(() => {
  stored.clear();
  online.value = true;
});

describe("a view that is closed", () => {
  it("saves what was done during the save that is under way", async () => {
    const { server, saver, run } = page();
    await saver.open();
    const { until, go } = held();
    server.wait.save = until;
    run(pin(1));
    const flushed = saver.flush();
    await tick();
    run(pin(2));
    saver.close();
    go();
    await flushed;
    await tick();
    expect(server.view?.pins).toEqual([1, 2]);
    expect(stored.size).toBe(0);
  });
});

describe("a view that is opened again at once", () => {
  it("has what the page that was left still had to save", async () => {
    const first = page(emptyView());
    await first.saver.open();
    const { until, go } = held();
    first.server.wait.save = until;
    first.run(pin(1));
    first.saver.close();
    let isSettled = false;
    void settled().then(() => {
      isSettled = true;
    });
    const second = page();
    second.remote.load.mockImplementation(first.remote.load);
    const opened = second.saver.open();
    await tick();
    expect([isSettled, second.remote.load.mock.calls.length]).toEqual([false, 0]);
    go();
    await opened;
    expect(isSettled).toBe(true);
    expect(second.shown().pins).toEqual([1]);
    expect(second.saver.etag).toBe("2");
    second.saver.close();
  });
});

describe("another tab's version", () => {
  it("that was read before an own save does not take that back", async () => {
    const { server, saver, run, shown } = page(emptyView());
    await saver.open();
    server.put({ ...emptyView(), pins: [7] });
    const { until, go } = held();
    server.wait.load = until;
    Channel.last?.onmessage?.();
    run(pin(1));
    await saver.flush();
    await saver.flush();
    expect(server.view?.pins).toEqual([7, 1]);
    go();
    await tick();
    expect(shown().pins).toEqual([7, 1]);
    saver.close();
  });

  it("of a newer page is neither shown as an empty one nor saved over", async () => {
    const newer = { schema: 2, pins: "all" };
    const first = page(newer);
    await expect(first.saver.open()).rejects.toThrow("newer page");
    first.run(pin(1));
    await first.saver.flush();
    expect(first.server.view).toEqual(newer);
    expect(first.saver.state.value.is).toBe("failed");
    first.saver.close();
    stored.clear();

    const later = page(emptyView());
    await later.saver.open();
    later.server.put(newer);
    later.run(pin(1));
    await later.saver.flush();
    await later.saver.flush();
    expect(later.server.view).toEqual(newer);
    expect(later.saver.state.value.is).toBe("failed");
    expect(JSON.parse(stored.get(NAME)!)).toEqual([pin(1)]);
    later.saver.close();
  });
});

describe("a view in which nothing was saved", () => {
  it("is new once, also where that is known late", async () => {
    const { remote, saver, isNew } = page();
    remote.load.mockRejectedValueOnce(new ApiError("the server does not answer", null, GONE));
    await expect(saver.open()).rejects.toThrow();
    expect(isNew).not.toHaveBeenCalled();
    await saver.flush();
    expect(isNew).toHaveBeenCalledOnce();
    expect(saver.state.value.is).toBe("saved");
    saver.close();
    const later = page(emptyView());
    await later.saver.open();
    expect(later.isNew).not.toHaveBeenCalled();
    later.saver.close();
  });
});

describe("what an earlier tab left", () => {
  it("is not written over by what is done before it was taken up", async () => {
    stored.set(NAME, JSON.stringify([pin(1)]));
    const { server, remote, saver, run, shown } = page(emptyView());
    const gone = new ApiError("the server does not answer", null, GONE);
    remote.load.mockRejectedValueOnce(gone);
    const opened = saver.open();
    run(pin(2));
    await expect(opened).rejects.toThrow();
    expect(JSON.parse(stored.get(NAME)!)).toEqual([pin(1), pin(2)]);
    online.value = false;
    online.value = true;
    await tick();
    await saver.flush();
    expect(shown().pins).toEqual([1, 2]);
    expect(server.view?.pins).toEqual([1, 2]);
    saver.close();
  });

  it("is left out where this page does not know the command", async () => {
    stored.set(NAME, JSON.stringify([{ do: "dance" }, pin(1), { do: "several", commands: [{}] }]));
    const { saver, shown } = page(emptyView());
    await saver.open();
    await saver.flush();
    expect(shown().pins).toEqual([1]);
    saver.close();
  });
});

describe("a browser that keeps nothing", () => {
  it("saves all the same", async () => {
    const full = vi.spyOn(storage, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const { server, saver, run } = page();
    await saver.open();
    run(pin(1));
    await saver.flush();
    expect(server.view?.pins).toEqual([1]);
    saver.close();
    full.mockRestore();
  });
});

describe("a server that keeps nothing", () => {
  it("is sent nothing, and the view can be changed all the same", async () => {
    const { server, remote, saver, run, shown, isNew } = page(null, async () => true);
    const opened = saver.open();
    run(pin(1));
    await opened;
    run(pin(2));
    expect(saver.state.value).toEqual({ is: "read only" });
    await saver.flush();
    saver.close();
    await settled();
    expect(shown().pins).toEqual([1, 2]);
    expect(saver.state.value).toEqual({ is: "read only" });
    expect([remote.save.mock.calls.length, server.view, stored.size]).toEqual([0, undefined, 0]);
    expect(isNew).toHaveBeenCalledOnce();
  });

  it("leaves what an earlier tab could not save for one that does", async () => {
    const left = JSON.stringify([pin(1)]);
    stored.set(NAME, left);
    const reads = page(emptyView(), async () => true);
    await reads.saver.open();
    reads.run(pin(2));
    reads.saver.close();
    await settled();
    expect([reads.shown().pins, stored.get(NAME)]).toEqual([[2], left]);
    const keeps = page(emptyView());
    await keeps.saver.open();
    await keeps.saver.flush();
    expect(keeps.server.view?.pins).toEqual([1]);
    keeps.saver.close();
  });

  it("is asked once whether it is one, and again if it did not say", async () => {
    const { isReadOnly, readOnly } = await import("../../src/api/readOnly.ts");
    const answers = [new Response("", { status: 500 }), new Response('{"read_only":true}')];
    const asked = vi.fn(async () => answers.shift());
    vi.stubGlobal("fetch", asked);
    expect([await isReadOnly(), readOnly.value]).toEqual([false, false]);
    expect([await isReadOnly(), readOnly.value]).toEqual([true, true]);
    expect([await isReadOnly(), asked.mock.calls.length]).toEqual([true, 2]);
  });
});
