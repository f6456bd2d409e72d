// What a person brings from elsewhere: files of circuit-tracer that are dropped on a page, and
// addresses of its page and of Neuronpedia's, which name a graph that is here or say that it is not.

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { GraphRow } from "../../src/wire.ts";
import { api } from "./api.ts";
import { answer, openSite, ready, type Site, selectedText } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

const GRAPHS = join(import.meta.dirname, "../../../goldens/llama_plt_topk_skip/graph");
const SLUG = "llama-plt-topk-skip";
const PROMPT = "The capital of France is";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

/** Drags a file over the page, and lets go of it there. */
async function drop(page: Page, path: string, name = basename(path)): Promise<void> {
  const base64 = (await readFile(path)).toString("base64");
  const data = await page.evaluateHandle(
    ({ base64, name }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    { base64, name },
  );
  for (const event of ["dragover", "drop"])
    await page.dispatchEvent("body", event, { dataTransfer: data });
}

async function openAddress(page: Page, address: string): Promise<void> {
  await page.getByRole("button", { name: /^Open address/ }).click();
  await answer(page, address);
}

describe("an address of another page", () => {
  it("of a graph that is not here says so, and what to do", async () => {
    const page = await site.open("/");
    await page.locator(".graph-row").first().waitFor();
    await openAddress(page, "https://www.neuronpedia.org/gemma-2-2b/graph?slug=not-here");
    await page.getByText("The graph “not-here” is not here.").waitFor();
    await page.getByText("Download its JSON there, drop it here").waitFor();
    await openAddress(page, "https://www.neuronpedia.org/gemma-2-2b");
    await page.getByText("This address names no graph").waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
  });
});

describe("a dropped file", () => {
  it("of circuit-tracer's JSON is opened, is known the second time, and stands in the library", async () => {
    const page = await site.open("/");
    await page.locator(".graph-row").first().waitFor();
    await drop(page, join(GRAPHS, `${SLUG}.json`));
    await page.getByText(`${SLUG}.json opened.`).waitFor();
    await page.waitForURL(/\/g\/[a-z0-9-]+/);
    const { pathname } = new URL(page.url());
    await page.locator(".shown-count").waitFor();
    // Its model is not here, so that nothing can be measured.
    await page.keyboard.press("v");
    await page.getByText("New tests need the model that made this graph").waitFor();

    // On another page the same file leads to the same graph.
    await page.goto(`${site.server.url}/help`);
    await page.getByRole("heading", { name: /^A tour in/ }).waitFor();
    await drop(page, join(GRAPHS, `${SLUG}.json`));
    await page.getByText(`${SLUG}.json was here already.`).waitFor();
    await page.waitForURL(`**${pathname}`);
    await page.goto(site.server.url);
    const row = page.locator(".graph-row", { hasText: "imported: " });
    await row.waitFor();
    expect(await row.innerText()).toContain("capital");
  });

  it("that is none is refused in words, and the page stays as it is", async () => {
    const page = await site.open("/");
    await page.locator(".graph-row").first().waitFor();
    await drop(page, join(GRAPHS, "graph-metadata.json"), "notes.json");
    await page.getByText(/^notes\.json was not opened: /).waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
  });

  it("of torch, a .pt, is opened with all of its nodes", async () => {
    const page = await site.open("/");
    await page.locator(".graph-row").first().waitFor();
    await drop(page, join(GRAPHS, "graph.pt"));
    await page.getByText(/^graph\.pt (opened|was here already)\.$/).waitFor();
    await page.waitForURL(/\/g\/[a-z0-9-]+/);
    await page.locator(".shown-count").waitFor();
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const { text, counts } = await api<{ text: string; counts: { nodes: number } }>(
      site,
      `graphs/${id}`,
    );
    expect(text).toContain(PROMPT);
    expect(counts.nodes).toBeGreaterThan(0);
  });

  it("is then what an address of Neuronpedia's opens, with its pins, groups and names", async () => {
    const page = await site.open("/");
    await page.locator(".graph-row").first().waitFor();
    const json = JSON.parse(await readFile(join(GRAPHS, `${SLUG}.json`), "utf8")) as {
      nodes: { node_id: string; feature_type: string }[];
    };
    const ids = json.nodes
      .filter(({ feature_type }) => feature_type === "cross layer transcoder")
      .map(({ node_id }) => node_id);
    const query = new URLSearchParams({
      slug: SLUG,
      pinnedIds: ids.slice(0, 3).join(","),
      supernodes: JSON.stringify([["two of them", ids[0], ids[1]]]),
      clerps: JSON.stringify([[ids[2], "their name"]]),
      clickedId: ids[2],
    });
    // Its file is here, from whichever test was first.
    if (!(await api<GraphRow[]>(site, "graphs")).some(({ imported }) => imported?.includes(SLUG))) {
      await drop(page, join(GRAPHS, `${SLUG}.json`));
      await page.waitForURL(/\/g\//);
      await page.goto(site.server.url);
    }
    await openAddress(page, `https://www.neuronpedia.org/llama/graph?${query}`);
    await page.waitForURL(/\/g\/.*view=address/);
    await ready(page);
    const boxes = page.locator(".box");
    await boxes.filter({ hasText: "two of them" }).filter({ hasText: "2 nodes" }).waitFor();
    await boxes.filter({ hasText: "their name" }).waitFor();
    expect(await boxes.count()).toBe(2);
    expect(await selectedText(page)).toContain("their name");
    // Nothing was asked of them: the site counts requests to elsewhere.
    expect(site.foreign).toEqual([]);
  });
});
