// Batches: which prompts a text or file has, what is said before they start, and what becomes of
// each.

import { describe, expect, it } from "vitest";
import {
  type Batch,
  compareUrl,
  entryAsk,
  graphsOf,
  isEnded,
  MOST_RECURRING,
  newBatch,
  readBatch,
  recurringUrl,
  sentAgain,
  tally,
  untraced,
  withEntry,
  withJobs,
} from "../../src/trace/batch.ts";
import { keyOf, type Seen, summed } from "../../src/trace/check.ts";
import { asText, holdsPrompts, isText, promptsOf } from "../../src/trace/prompts.ts";
import { type Request, SALIENT } from "../../src/trace/request.ts";
import type { Job } from "../../src/wire.ts";

describe("prompts of a text", () => {
  const of = (text: string) => promptsOf({ name: null, text });

  it("are its lines as they stand; blank ones are counted, and those of before named", () => {
    expect(of("the oak \r\n\r\n  \r\n an elm\nthe oak \nthe oak")).toEqual({
      lines: [
        { line: 1, text: "the oak " },
        { line: 4, text: " an elm" },
        { line: 6, text: "the oak" },
      ],
      passed: [{ line: 5, why: "it is the same as line 1" }],
      nBlank: 2,
    });
  });

  it("do not count the end of the last line", () => {
    expect(of("a\n").nBlank).toBe(0);
    expect(of("a\n\n").nBlank).toBe(1);
    expect(of("")).toEqual({ lines: [], passed: [], nBlank: 0 });
  });
});

describe("prompts of a file", () => {
  const of = (name: string, text: string) => promptsOf({ name, text });

  it("are told by the end of its name", () => {
    expect(["a.txt", "b.CSV", "c.jsonl", "d.json", "e.pt", "txt"].map(holdsPrompts)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(["a.TXT", "b.csv"].map(isText)).toEqual([true, false]);
    expect(() => of("a.md", "x")).toThrow(".csv");
  });

  it("stand in the column of a table, quoted or not, over several lines", () => {
    const table = [
      "\uFEFFid, Prompt ,note",
      '1,"the ""oak"", so",x',
      "2,two",
      '3,"first',
      'second",y',
      "4,,z",
      "",
      "5,last",
    ].join("\r\n");
    const prompts = of("a.csv", table);
    expect(prompts.lines).toEqual([
      { line: 2, text: 'the "oak", so' },
      { line: 3, text: "two" },
      { line: 4, text: "first\r\nsecond" },
      { line: 8, text: "last" },
    ]);
    expect(prompts.passed).toEqual([{ line: 6, why: "its prompt is empty" }]);
    expect(prompts.nBlank).toBe(1);
    expect(asText(prompts)).toBeNull();
  });

  it("are not guessed where no column is called so, and an open quote is a sentence", () => {
    expect(() => of("a.csv", "text,id\nx,1")).toThrow("no column `prompt`, but text, id");
    expect(() => of("a.csv", "")).toThrow("no column `prompt`");
    expect(() => of("a.csv", 'prompt\nfine\n"open')).toThrow("line 3");
    expect(() => of("a.csv", 'prompt\n"a"b\n')).toThrow("line 2");
    expect(of("a.csv", "id,prompt\n1,").passed).toEqual([{ line: 2, why: "its prompt is empty" }]);
  });

  it("stand in a field of each line; lines without it are named, and the others go on", () => {
    const rows = ['{"prompt":"a\\nb","x":1}', "{", "", '{"text":"b"}', '{"prompt":7}', "null"];
    rows.push('{"prompt":" "}', '{"prompt":"c"}');
    const prompts = of("a.jsonl", rows.join("\n"));
    expect(prompts.lines).toEqual([
      { line: 1, text: "a\nb" },
      { line: 8, text: "c" },
    ]);
    expect(prompts.passed.map(({ line, why }) => `${line}: ${why}`)).toEqual([
      "2: it is no JSON",
      "4: it has no text `prompt`",
      "5: it has no text `prompt`",
      "6: it has no text `prompt`",
      "7: its prompt is empty",
    ]);
    expect(prompts.nBlank).toBe(1);
  });

  it("become text to write on where each is a line", () => {
    expect(asText(of("a.csv", "prompt\none\n two"))).toBe("one\n two");
  });
});

describe("prompts before they are traced", () => {
  it("are others when a line break stands elsewhere", () => {
    expect(keyOf(["a\nb", "c"])).not.toBe(keyOf(["a", "b\nc"]));
    expect(keyOf(["a", "b"])).toBe(keyOf(["a", "b"]));
  });

  const lines = ["a", "b", "c", "d"].map((text, at) => ({ line: at + 1, text }));

  it("are counted, and those that the model cannot take are named by line", () => {
    const seen = new Map<string, Seen>([
      ["a", { nTokens: 3, notes: ["of all", "of a"] }],
      ["b", { why: "the prompt has 70 tokens, the model's context holds 64" }],
      ["c", { nTokens: 5, notes: ["of all"] }],
    ]);
    expect(summed(lines, seen)).toEqual({
      good: [lines[0], lines[2]],
      bad: [{ line: 2, why: "the prompt has 70 tokens, the model's context holds 64" }],
      nLeft: 1,
      nTokens: 8,
      longest: 5,
      notes: ["of all"],
    });
    expect(summed(lines, new Map())).toMatchObject({ good: [], bad: [], nLeft: 4, longest: 0 });
  });
});

const request: Request = {
  model: "two-hop",
  text: "what was written for one",
  ids: [1, 2],
  chat: false,
  system: "",
  targets: SALIENT,
  position: 1,
  expand: "exhaustive",
  tolerance: 0.01,
  maxNodes: 7500,
};
const lines = ["a", "b", "c"].map((text, at) => ({ line: at + 1, text }));

const job = (id: string, to: Partial<Job>): Job => ({
  id,
  kind: "trace",
  title: "",
  graph: null,
  state: "queued",
  stage: "",
  done: 0,
  total: 0,
  eta_secs: null,
  created: 10,
  ended: null,
  result: null,
  error: null,
  ...to,
});
const made = (graph: string, partial = false): Partial<Job> => {
  const state = partial ? "cancelled" : "finished";
  return { state, result: { graph, run: null, probe: null, partial } };
};
const failure = { what: "it met a case", hint: null, status: 500 };

/** All three are queued as j1, j2, j3. */
function started(): Batch {
  let batch = newBatch(request, lines);
  for (const at of [0, 1, 2]) {
    batch = withEntry(batch, at, { state: "queued", job: `j${at + 1}` });
  }
  return batch;
}
const all = new Set(["j1", "j2", "j3"]);
const states = (batch: Batch): string[] => batch.entries.map(({ state }) => state);

describe("a batch", () => {
  it("asks for each prompt with the same settings, at its own last token, without a title", () => {
    const batch = newBatch(request, lines);
    expect(batch.request).toMatchObject({ text: "", ids: null, position: null });
    expect(entryAsk(batch, "b")).toEqual({
      prompt: { model: "two-hop", text: "b", ids: null, chat: false, system: null },
      targets: SALIENT,
      position: null,
      expand: { kind: "exhaustive" },
      title: null,
    });
  });

  it("is what the server's jobs say; one that fails takes no other with it", () => {
    const jobs = [
      job("j3", {}),
      job("j2", { state: "failed", error: failure }),
      job("j1", made("oak")),
      job("j9", { state: "running" }),
    ];
    const batch = withJobs(started(), jobs, all);
    expect(states(batch)).toEqual(["finished", "failed", "queued"]);
    expect(batch.entries.map(isEnded)).toEqual([true, true, false]);
    expect(batch.entries[1].error).toBe(failure);
    expect(tally(batch)).toBe("1 of 3 traced, 1 failed");
    expect(graphsOf(batch)).toEqual(["oak"]);
  });

  it("has lost a job that the server forgot, and none that was started since it was asked", () => {
    const first = withJobs(started(), [job("j1", {})], new Set(["j1", "j2"]));
    expect(states(first)).toEqual(["queued", "lost", "queued"]);
    // The same id of another server, which made its job at another time.
    const other = withJobs(first, [job("j1", { created: 11, ...made("elm") })], all);
    expect(states(other)).toEqual(["lost", "lost", "lost"]);
    expect(graphsOf(other)).toEqual([]);
    // What has ended stays.
    const done = withJobs(started(), [job("j1", made("oak"))], new Set());
    expect(withJobs(done, [], all).entries[0]).toEqual(done.entries[0]);
  });

  it("starts once more what gave no graph, and keeps what a stopped one has", () => {
    const jobs = [
      job("j1", { state: "cancelled" }),
      job("j2", { state: "failed", error: failure }),
      job("j3", made("oak", true)),
    ];
    const batch = withJobs(started(), jobs, all);
    expect(batch.entries[2]).toMatchObject({ graph: "oak", partial: true });
    expect(tally(batch)).toBe("1 of 3 traced, 1 failed, 1 stopped");
    expect(untraced(batch).map(({ line }) => line)).toEqual([1, 2]);
    const again = sentAgain(batch);
    expect(states(again)).toEqual(["unsent", "unsent", "cancelled"]);
    expect(again.entries[1]).toMatchObject({ line: 2, text: "b", job: null, error: null });
    expect(tally(again)).toBe("1 of 3 traced, 2 not started");
  });

  it("is read again after a reload, and nothing else is", () => {
    const batch = withJobs(started(), [job("j1", made("oak"))], all);
    expect(readBatch(JSON.stringify(batch))).toEqual(batch);
    for (const text of [null, "", "{", "[]", "null", '{"entries":[]}', '{"request":{}}']) {
      expect(readBatch(text)).toBeNull();
    }
    expect(readBatch('{"request":{"model":"m"},"entries":[{"line":1}]}')).toBeNull();
  });

  it("leads to its graphs side by side, each once and no more than there is room for", () => {
    let batch = withJobs(
      started(),
      [1, 2, 3].map((n) => job(`j${n}`, made(`g${n}`))),
      all,
    );
    batch = withEntry(batch, 2, { graph: "g1" });
    expect(graphsOf(batch)).toEqual(["g1", "g2"]);
    expect(recurringUrl(graphsOf(batch))).toBe("/recurring?g=g1,g2");
    expect(compareUrl(graphsOf(batch))).toBe("/cmp?a=g1&b=g2");
    const many = Array.from({ length: 100 }, (_, at) => `g${at}`);
    const named = new URL(recurringUrl(many), "http://x").searchParams.get("g")?.split(",");
    expect(named).toHaveLength(MOST_RECURRING);
  });
});
