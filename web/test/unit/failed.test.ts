// What failed stays: in the library until it is put away, and as a message until it is dismissed.

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "../../src/wire.ts";

const kept = new Map<string, string>();
vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/new", search: "", hash: "" });
vi.stubGlobal("window", { setTimeout: () => 0 });
vi.stubGlobal("localStorage", {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
});
const { askedOf, keepAsked } = await import("../../src/api/asked.ts");
const { ApiError, whyText } = await import("../../src/api/client.ts");
const { anewUrl, dismiss, failedOf, leaveOut, putAway } = await import(
  "../../src/library/failed.ts"
);
const { toast, toastFailure, toasts } = await import("../../src/ui/toast.tsx");

const ERROR = { what: "the disk is full", hint: "Make room", status: 500 };
const job = (id: string, to: Partial<Job> = {}): Job => ({
  id,
  kind: "trace",
  title: "the oak & elm",
  graph: null,
  state: "failed",
  stage: "writing",
  done: 0,
  total: 0,
  eta_secs: null,
  created: 1,
  ended: 2,
  result: null,
  error: ERROR,
  ...to,
});

beforeEach(() => {
  kept.clear();
  putAway.value = [];
  toasts.value = [];
});

describe("jobs that failed", () => {
  it("are listed with those that the server's end stopped, and no others", () => {
    const jobs = [
      job("j1"),
      job("j2", { state: "cancelled" }),
      job("j3", { state: "cancelled", error: null }),
      job("j4", { state: "finished", error: null }),
      job("j5", { state: "running", error: null }),
    ];
    expect(failedOf(jobs, []).map(({ id }) => id)).toEqual(["j1", "j2"]);
  });

  it("are put away for good, each alone, and come back by the message", () => {
    const jobs = [job("j1"), job("j2"), job("j1", { created: 9 })];
    dismiss([jobs[0]]);
    // Another workspace at this address has a first job, too.
    expect(failedOf(jobs, putAway.value)).toEqual([jobs[1], jobs[2]]);
    expect(failedOf(jobs, JSON.parse(kept.get("connectome.put-away") ?? ""))).toHaveLength(2);
    toasts.value[0].act?.();
    expect(failedOf(jobs, putAway.value)).toHaveLength(3);
    leaveOut(jobs);
    expect(failedOf(jobs, putAway.value)).toEqual([]);
  });

  it("are sent again as they were where this browser sent them", () => {
    const asked = { path: "/api/graphs", body: { prompt: "the oak" } };
    keepAsked(job("j1"), asked);
    expect(askedOf(job("j1"))).toEqual(asked);
    expect(askedOf(job("j1", { created: 2 }))).toBeNull();
    for (let n = 2; n < 60; n++) keepAsked(job(`j${n}`), asked);
    expect(askedOf(job("j1"))).toBeNull();
    expect(askedOf(job("j59"))).toEqual(asked);
    kept.set("connectome.asked", "no list");
    expect(askedOf(job("j59"))).toBeNull();
  });

  it("lead to where they are started anew otherwise", () => {
    expect(anewUrl(job("j1"))?.href).toBe("/new?text=the+oak+%26+elm");
    expect(anewUrl(job("j1", { kind: "run", graph: "a b" }))?.href).toBe("/g/a%20b");
    expect(anewUrl(job("j1", { kind: "probe", title: "{a}+{b}" }))?.href).toContain("template=");
    expect(anewUrl(job("j1", { kind: "run" }))).toBeNull();
  });
});

describe("the message of a failure", () => {
  it("stays until it is dismissed, and stands once", () => {
    let goes: (() => void)[] = [];
    window.setTimeout = ((go: () => void) => goes.push(go)) as never;
    toast("Saved.");
    toastFailure("Not traced.");
    toastFailure("Not traced.");
    for (const go of goes) go();
    expect(toasts.value.map(({ text }) => text)).toEqual(["Not traced."]);
    expect(toasts.value[0].label).toBe("Copy details");
    toasts.value[0].act?.();
    expect(toasts.value.some(({ text }) => text === "Not traced.")).toBe(true);
    toasts.value[0].close?.();
    expect(toasts.value.some(({ text }) => text === "Not traced.")).toBe(false);
    goes = [];
  });

  it("says why and what may help, of a job and of a request", () => {
    expect(whyText(ERROR)).toBe("the disk is full. Make room.");
    expect(whyText(new ApiError("no such model", "Serve it.", 404))).toBe(
      "no such model. Serve it.",
    );
    expect(whyText(new Error("odd"))).toBe("odd.");
  });
});
