// A request of the page as text for curl and Python.

import { describe, expect, it } from "vitest";
import { curlOf, pythonOf, pythonText } from "../../src/ui/snippets.ts";

const SERVER = "http://127.0.0.1:4317";

describe("a request as text", () => {
  it("for curl is one command, whatever quotes the prompt has", () => {
    const asked = { path: "/api/graphs", body: { text: `it's "here"` } };
    expect(curlOf(asked, SERVER)).toBe(
      `curl -sS http://127.0.0.1:4317/api/graphs -H 'content-type: application/json' -d '{"text":"it'\\''s \\"here\\""}'`,
    );
  });

  it("for Python has the words of Python, and not those of JSON", () => {
    expect(pythonText({ a: null, b: [true, false, 1.5, "x\ny"], c: undefined })).toBe(
      `{"a": None, "b": [True, False, 1.5, "x\\ny"]}`,
    );
    expect(pythonText([])).toBe("[]");
  });

  it("for Python asks the server that the page came from, and waits for the end", () => {
    const text = pythonOf({ path: "/api/graphs/g/runs", body: { kind: "validate" } }, SERVER);
    expect(text).toContain(`SERVER = "${SERVER}"`);
    expect(text).toContain(`started = ask("/api/graphs/g/runs", {"kind": "validate"})`);
    expect(text).toContain(`while job["state"] in ("queued", "running"):`);
  });
});
