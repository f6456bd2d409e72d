// The log of errors: what is told of them, and that nothing of a prompt is.

import { beforeEach, describe, expect, it, vi } from "vitest";

vi.stubGlobal("navigator", { platform: "Linux" });
vi.stubGlobal("location", { pathname: "/g/the-capital-of-oak-1234", search: "", hash: "" });
vi.stubGlobal("window", { setTimeout: () => 0 });
let sent: unknown[] = [];
let isGone = false;
vi.stubGlobal("fetch", async (_path: string, { body }: RequestInit) => {
  if (isGone) throw new TypeError("no connection");
  sent.push(JSON.parse(String(body)));
  return new Response(null, { status: 204 });
});

/** The module as a page that was just opened has it. */
async function opened() {
  vi.resetModules();
  return await import("../../src/api/errors.ts");
}
const { told } = await opened();
const { ApiError } = await import("../../src/api/client.ts");

beforeEach(() => {
  [sent, isGone] = [[], false];
});

const GRAPH = "/g/the-capital-of-oak-1234";

function thrown(error: Error, stack: string): Error {
  error.stack = stack;
  return error;
}

describe("what is told of an error", () => {
  it("is its kind, the kind of page, and places in the page's code", () => {
    const why = thrown(
      new TypeError("Cannot read properties of undefined (reading 'the capital')"),
      [
        "TypeError: Cannot read properties of undefined (reading 'the capital')",
        "    at read (http://127.0.0.1:4317/assets/index-aB_1.js:1:2034)",
        "    at http://127.0.0.1:4317/assets/TestsPane-x.js:12:7",
        "    at http://127.0.0.1:4317/g/the-capital-of-oak-1234:3:4",
      ].join("\n"),
    );
    expect(told(why, GRAPH)).toEqual({
      name: "TypeError",
      message: "Cannot read properties of undefined (reading ",
      page: "/g",
      frames: ["index-aB_1.js:1:2034", "TestsPane-x.js:12:7"],
    });
    expect(told(why, `${GRAPH}/figure`)?.page).toBe("/g/figure");
    expect(told(why, "/f/my model/2/3")?.page).toBe("/f");
    expect(told(why, "/secret words")?.page).toBe("/…");
    const deep = Array.from({ length: 20 }, (_, at) => `at /assets/a.js:${at}:1`).join("\n");
    expect(told(thrown(new Error("x"), deep), "/")?.frames).toHaveLength(8);
  });

  it("is no message that may have a text in it", () => {
    const messages: Error[] = [
      new SyntaxError('Unexpected token t, "the capital" is not valid JSON'),
      new SyntaxError("Invalid regular expression: /the capital(/: Unterminated group"),
      new TypeError("URL constructor: the capital is not a valid URL."),
      new TypeError("Failed to construct 'URL': Invalid URL: the capital"),
      new Error("the capital is not here"),
      new RangeError("the capital"),
    ];
    for (const why of messages) expect(told(why, GRAPH)?.message).toBeNull();
    for (const why of messages) {
      expect(JSON.stringify(told(why, GRAPH))).not.toContain("capital");
    }
    const odd = Object.assign(new Error("x"), { name: "the capital" });
    expect(told(odd, GRAPH)?.name).toBe("Error");
    expect(told("the capital", GRAPH)).toMatchObject({ name: "no error", message: null });
    expect(told(new TypeError("a.b is not a function"), "/")?.message).toBe(
      "a.b is not a function",
    );
    expect(told(new RangeError("Maximum call stack size exceeded"), "/")?.message).not.toBeNull();
  });

  it("is nothing of what the server said itself, or of what was given up", () => {
    expect(told(new ApiError("`capital` is no word", null, 400), GRAPH)).toBeNull();
    expect(told(new DOMException("not followed any more", "AbortError"), GRAPH)).toBeNull();
  });
});

describe("telling", () => {
  it("is done once of each, and not without end", async () => {
    const { tell } = await opened();
    const why = thrown(new Error("x"), "at /assets/a.js:1:1");
    tell(why);
    tell(thrown(new Error("y"), "at /assets/a.js:1:1"));
    expect(sent).toHaveLength(1);
    for (let n = 0; n < 30; n++) tell(thrown(new Error("x"), `at /assets/a.js:2:${n}`));
    expect(sent).toHaveLength(10);
  });

  it("makes no error of its own where the server is gone", async () => {
    const { tell } = await opened();
    isGone = true;
    tell(new Error("x"));
    await new Promise((done) => setTimeout(done));
    expect(sent).toEqual([]);
  });
});
