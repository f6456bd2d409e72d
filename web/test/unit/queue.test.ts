// A batch under way, against a server of a few lines: what is sent, followed, stopped, found again.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Request, SALIENT } from "../../src/trace/request.ts";
import type { Job, TraceAsk } from "../../src/wire.ts";

const request: Request = {
  model: "two-hop",
  text: "",
  ids: null,
  chat: false,
  system: "",
  targets: SALIENT,
  position: null,
  expand: "certified",
  tolerance: 0.01,
  maxNodes: 7500,
};
const lines = ["a", "b", "c"].map((text, at) => ({ line: at + 1, text }));

/** Jobs, the newest first, and what was asked of them. */
let jobs: Job[] = [];
let asked: string[] = [];
/** Prompts, and jobs to be stopped, at which the server is gone. */
let gone = new Set<string>();

function answer(path: string, { method, body }: RequestInit): Response {
  if (path === "/api/jobs") return Response.json(jobs);
  const id = path.split("/").at(-1) ?? "";
  if (method === "DELETE") {
    if (gone.has(id)) throw new TypeError("no connection");
    asked.push(`stop ${id}`);
    jobs = jobs.map((one) => (one.id === id ? { ...one, state: "cancelled" } : one));
    return Response.json(jobs.find((one) => one.id === id));
  }
  const text = (JSON.parse(String(body)) as TraceAsk).prompt.text ?? "";
  asked.push(text);
  if (gone.has(text)) throw new TypeError("no connection");
  if (text.startsWith("bad")) {
    const error = { what: `\`${text}\` is no prompt`, hint: "Write another.", status: 400 };
    return Response.json({ error }, { status: 400 });
  }
  const job = { id: `j${jobs.length + 1}`, kind: "trace", title: text, state: "queued" };
  jobs = [{ ...job, created: 1000 + jobs.length, result: null, error: null } as Job, ...jobs];
  return Response.json({ job: job.id }, { status: 202 });
}

function end(id: string, to: Partial<Job>): void {
  jobs = jobs.map((one) => (one.id === id ? { ...one, ...to } : one));
}

function made(id: string): void {
  end(id, {
    state: "finished",
    result: { graph: `of-${id}`, run: null, probe: null, partial: false },
  });
}

/** The module as a page that was just opened has it. */
async function page() {
  vi.resetModules();
  return await import("../../src/trace/queue.ts");
}

/** Lets requests be answered, and the queue look once more. */
const later = () => vi.advanceTimersByTimeAsync(1001);

beforeEach(() => {
  [jobs, asked, gone] = [[], [], new Set()];
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { platform: "Linux" });
  vi.stubGlobal("location", { pathname: "/new", search: "", hash: "" });
  vi.stubGlobal("window", { setTimeout });
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => answer(path, init ?? {}));
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a batch under way", () => {
  it("sends every prompt, names the one that is refused, and follows the others", async () => {
    const { batch, isUnderWay, startBatch } = await page();
    await startBatch(request, [lines[0], { line: 2, text: "bad b" }, lines[2]]);
    expect(asked).toEqual(["a", "bad b", "c"]);
    await later();
    made("j1");
    await later();
    const [a, b, c] = batch.value?.entries ?? [];
    expect(a).toMatchObject({ state: "finished", graph: "of-j1" });
    const error = { what: "`bad b` is no prompt", hint: "Write another." };
    expect(b).toMatchObject({ state: "failed", error });
    expect([c.state, isUnderWay(batch.value)]).toEqual(["queued", true]);
    end("j2", { state: "failed", error: { what: "it met a case", hint: null, status: 500 } });
    await later();
    expect(batch.value?.entries[2]).toMatchObject({ state: "failed", graph: null });
    expect(isUnderWay(batch.value)).toBe(false);
  });

  it("does not begin a second one beside it", async () => {
    const { startBatch } = await page();
    await startBatch(request, lines);
    await startBatch(request, lines);
    expect(asked).toEqual(["a", "b", "c"]);
  });

  it("keeps what was not sent when the server goes, and sends it when asked to", async () => {
    const { batch, retryBatch, sending, startBatch } = await page();
    gone.add("b");
    await startBatch(request, lines);
    expect(asked).toEqual(["a", "b"]);
    expect(sending.value).toBe(false);
    expect(batch.value?.entries.map(({ state }) => state)).toEqual(["queued", "unsent", "unsent"]);
    gone.clear();
    await retryBatch();
    expect(asked).toEqual(["a", "b", "b", "c"]);
    expect(batch.value?.entries.map(({ job }) => job)).toEqual(["j1", "j2", "j3"]);
  });

  it("is stopped from its end, so that nothing that waits begins", async () => {
    const { batch, isUnderWay, startBatch, stopBatch } = await page();
    await startBatch(request, lines);
    made("j1");
    await later();
    asked = [];
    await stopBatch();
    expect(asked).toEqual(["stop j3", "stop j2"]);
    await later();
    expect(isUnderWay(batch.value)).toBe(false);
    const found = batch.value?.entries.map(({ state, graph }) => [state, graph]);
    expect(found).toEqual([
      ["finished", "of-j1"],
      ["cancelled", null],
      ["cancelled", null],
    ]);
  });

  it("is stopped while it is sent: no prompt after that is", async () => {
    const { batch, startBatch, stopBatch } = await page();
    const starting = startBatch(request, lines);
    await stopBatch();
    await starting;
    expect(asked).toEqual(["a", "stop j1"]);
    expect(batch.value?.entries.slice(1).map(({ state }) => state)).toEqual([
      "cancelled",
      "cancelled",
    ]);
  });

  it("says so where what was on its way could not be stopped", async () => {
    const { startBatch, stopBatch } = await page();
    const { toasts } = await import("../../src/ui/toast.tsx");
    gone.add("j1");
    const starting = startBatch(request, lines);
    await stopBatch();
    await starting;
    await vi.advanceTimersByTimeAsync(1);
    expect(toasts.value.map(({ text }) => text)).toEqual([
      expect.stringContaining("Not stopped: "),
    ]);
  });

  it("that is put away while it is sent writes into no other", async () => {
    const { batch, forgetBatch, startBatch } = await page();
    const { newBatch } = await import("../../src/trace/batch.ts");
    const starting = startBatch(request, lines);
    forgetBatch();
    batch.value = newBatch(request, [{ line: 1, text: "of another window" }]);
    await starting;
    expect(asked).toEqual(["a"]);
    expect(batch.value.entries).toMatchObject([{ state: "unsent", job: null }]);
  });

  it("survives a reload, with what ended meanwhile", async () => {
    const before = await page();
    await before.startBatch(request, lines);
    await later();
    made("j1");
    // The page that is left looks no more.
    vi.clearAllTimers();
    const { adoptBatch, batch, isOfBatch, isUnderWay } = await page();
    expect(batch.value).toBeNull();
    adoptBatch();
    expect(batch.value?.entries.map(({ job }) => job)).toEqual(["j1", "j2", "j3"]);
    await later();
    expect(batch.value?.entries[0].graph).toBe("of-j1");
    expect([isUnderWay(batch.value), isOfBatch({ id: "j2" }), isOfBatch({ id: "j9" })]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("is put away with a way back, and not found after a reload", async () => {
    const { batch, forgetBatch, retryBatch, startBatch } = await page();
    await startBatch(request, [{ line: 1, text: "bad" }]);
    // Nothing of it is under way, and it is kept until it is put away.
    expect(batch.value?.entries[0].state).toBe("failed");
    await retryBatch();
    expect(asked).toEqual(["bad", "bad"]);
    forgetBatch();
    const { lastUndo } = await import("../../src/ui/toast.tsx");
    lastUndo()?.();
    expect(batch.value?.entries).toHaveLength(1);
    forgetBatch();
    const after = await page();
    after.adoptBatch();
    expect(after.batch.value).toBeNull();
  });
});
