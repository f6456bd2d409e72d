// A batch of prompts, from the text to what recurs, against the real server.

import AxeBuilder from "./axe.ts";
import { openSite, type Site } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

const sentence = (what: string, city: string): string =>
  `the ${what} of the state containing ${city} is`;
const GOOD = [sentence("capital", "oak port"), sentence("bird", "oak port")];
// The model's context holds 64 tokens; a first one is put in front.
const LONG = Array.from({ length: 70 }, () => "the").join(" ");
const MANY = ["capital", "bird", "river"].flatMap((what) =>
  ["oak", "ash", "cold"].flatMap((name) =>
    ["port", "gate", "ridge", "brook"].map((kind) => sentence(what, `${name} ${kind}`)),
  ),
);

async function openBatch(): Promise<Page> {
  const page = await site.open("/new");
  await page.getByRole("heading", { name: "New trace" }).waitFor();
  await page.keyboard.press("b");
  return page;
}

describe("a batch", () => {
  it("names what is too long before it starts, traces the rest, and survives a reload", async () => {
    const page = await openBatch();
    const text = page.getByLabel("Prompts, one a line");
    await text.fill([GOOD[0], "", LONG, GOOD[1], GOOD[0]].join("\n"));
    const left = page.getByRole("region", { name: "Not traced" });
    await left.getByText(/line 3: .*71 tokens.* 64/).waitFor();
    await left.getByText("line 5: it is the same as line 1").waitFor();
    await page.getByText(/^2 prompts, \d+ tokens, the longest \d+/).waitFor();
    await page.getByText("Blank lines, which are left out: 1.").waitFor();
    await page.getByText("Each prompt with its tokens").click();
    await page.getByRole("button", { name: "Estimate" }).click();
    await page.getByText("2 of 2", { exact: true }).waitFor({ timeout: 60_000 });
    const held = page
      .locator(".facts-list div", { hasText: "memory of the largest" })
      .locator("dd");
    expect(await held.innerText()).toMatch(/^[\d.]+ (KB|MB|GB)$/);
    expect(await AxeBuilder(page)).toEqual([]);

    await page.getByRole("button", { name: "Trace 2 prompts" }).click();
    const list = page.getByRole("region", { name: "Batch", exact: true });
    await list.getByText("2 of 2 traced").waitFor({ timeout: 90_000 });
    expect(await list.getByRole("link", { name: "Open its graph" }).count()).toBe(2);
    expect(new URL(page.url()).pathname).toBe("/new");
    expect(await AxeBuilder(page)).toEqual([]);

    await page.reload();
    await list.getByText("2 of 2 traced").waitFor();
    await list.getByRole("button", { name: "Compare both" }).waitFor();
    await page.keyboard.press("w");
    await page.waitForURL(/\/recurring\?g=[a-z0-9-]+,[a-z0-9-]+$/);
    await page.getByRole("region", { name: "Features" }).locator("tbody tr").first().waitFor();
    await page.goto(`${site.server.url}/new`);
    await list.getByRole("button", { name: "Put the list away" }).click();
    await list.waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("heading", { name: "New trace" }).waitFor();
    expect(await list.count()).toBe(0);
  });

  it("is found again while it runs, and stopped, with what it has", async () => {
    const page = await openBatch();
    await page.getByLabel("Prompts, one a line").fill(MANY.join("\n"));
    const start = page.getByRole("button", { name: `Trace ${MANY.length} prompts` });
    await start.and(page.locator(":enabled")).waitFor({ timeout: 60_000 });
    // Each takes as long as all of its rows do, so that some wait when the page is loaded again.
    await page.getByText("Which features get rows").click();
    await page.getByLabel("Rule").selectOption("exhaustive");
    const sent = page.waitForResponse((response) => {
      const isTrace = new URL(response.url()).pathname === "/api/graphs";
      return (
        isTrace &&
        response
          .request()
          .postData()
          ?.includes(MANY.at(-1) ?? "") === true
      );
    });
    await page.keyboard.press("Control+Enter");
    const list = page.getByRole("region", { name: "Batch", exact: true });
    await list.waitFor();
    await sent;
    await page.reload();
    await list.getByRole("button", { name: "Stop all" }).click();
    await list.getByText(/\d+ stopped/).waitFor({ timeout: 60_000 });
    // A graph of the batch opens nothing.
    expect(new URL(page.url()).pathname).toBe("/new");
    await list.getByRole("button", { name: /^Trace the \d+ without a graph/ }).waitFor();
    const waiting = async (): Promise<number> => {
      const jobs = (await (await fetch(`${site.server.url}/api/jobs`)).json()) as {
        state: string;
      }[];
      return jobs.filter(({ state }) => state === "queued").length;
    };
    await expect.poll(waiting).toBe(0);
  });

  it("comes from a file, which says what it lacks", async () => {
    const page = await openBatch();
    const file = page.locator("input[accept='.txt,.csv,.jsonl']");
    const give = (name: string, text: string): Promise<void> =>
      file.setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
    await give("none.csv", "text\nx");
    await page.getByText("none.csv was not read: its first line names no column").waitFor();
    await give("two.jsonl", `${JSON.stringify({ prompt: GOOD[0] })}\n{}\n`);
    await page.getByText("1 prompt from two.jsonl.").waitFor();
    await page.getByText("line 2: it has no text `prompt`").waitFor();
    await page.getByRole("button", { name: "Edit as text" }).click();
    expect(await page.getByLabel("Prompts, one a line").inputValue()).toBe(GOOD[0]);
    // Dropped on the page of one prompt it opens the batch, and is no graph.
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "one prompt" }).click();
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "more.txt"));
      for (const type of ["dragover", "drop"]) {
        window.dispatchEvent(
          new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
        );
      }
    }, GOOD.join("\n"));
    await page.getByText(/^2 prompts, /).waitFor();
  });
});
