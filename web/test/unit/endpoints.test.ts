// What is asked of the server for a saved view.

import { describe, expect, it, vi } from "vitest";
import { viewRemote } from "../../src/api/endpoints.ts";

describe("a saved view", () => {
  it("that is not there is asked for by its versions alone, which is no failure", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (path: string) => {
      asked.push(path);
      return new Response("[]");
    });
    expect(await viewRemote("g", "main").load()).toBeNull();
    expect(asked).toEqual(["/api/graphs/g/views/main/versions"]);
    vi.unstubAllGlobals();
  });
});
