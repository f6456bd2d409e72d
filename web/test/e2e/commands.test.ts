// What is copied as a command runs, and gives the numbers that the page shows.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { shell } from "../support/server.ts";
import { openSite, ready, type Site, saved, tour } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

const copied = async (page: Page): Promise<string> => {
  await page.getByText("Command copied.").last().waitFor();
  return await page.evaluate(() => navigator.clipboard.readText());
};

/** A number as the page writes it, with its minus sign. */
const number = (text: string | undefined): number => Number(text?.replace("−", "-"));

describe("a command that was copied", () => {
  it("of a test, of all tests, of paths and of the page in one file", async () => {
    const page = await site.open(`/g/${await tour(site)}`);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await ready(page);
    const run = (command: string, more = ""): Promise<string> =>
      shell(`${command}${more}`, site.server.folder);

    // A feature that writes the output, pinned and suppressed.
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.keyboard.press("p");
    await saved(page);
    await page.keyboard.press("i");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const result = page.locator(".tests-result");
    await result.locator(".effects").waitFor({ timeout: 60_000 });
    const caption = await result.locator("caption", { hasText: "KL" }).innerText();
    await result.getByRole("button", { name: "Copy as a command" }).click();
    const test = JSON.parse(await run(await copied(page), " --json --quiet"));
    expect(test.shift.kl_nats).toBeCloseTo(number(/KL ([−\d.]+)/.exec(caption)?.[1]), 2);

    await page.getByRole("button", { name: "Test all groups" }).click();
    await result.locator(".matrix").waitFor({ timeout: 60_000 });
    await result.getByRole("button", { name: "Copy as a command" }).click();
    await expect.poll(() => copied(page)).toContain("connectome validate");
    expect(await run(await copied(page))).toMatch(/Supernodes +change at `mlps`/);

    await page.getByRole("tab", { name: "Paths" }).click();
    const first = page.locator(".paths li").first();
    const share = await first.locator(".number").innerText();
    const nodes = await first.locator(".path-nodes button").count();
    const inspector = page.locator(".inspector");
    await inspector.getByRole("button", { name: "Copy as a command" }).click();
    await expect.poll(() => copied(page)).toContain("connectome paths");
    const { paths } = JSON.parse(await run(await copied(page), " --json --quiet"));
    expect(paths[0].nodes.length).toBe(nodes);
    expect(100 * paths[0].sign * paths[0].share_of_inputs).toBeCloseTo(
      number(/[−+\d.]+/.exec(share)?.[0]),
      1,
    );

    await page.locator("summary", { hasText: "Export" }).click();
    await page.getByRole("button", { name: "Copy the page as a command" }).click();
    await expect.poll(() => copied(page)).toContain("--format html");
    await run(await copied(page));
    const id = await tour(site);
    const served = await fetch(`${site.server.url}/api/graphs/${id}/export?format=html&view=main`);
    const written = await readFile(join(site.server.folder, `${id}.html`), "utf8");
    expect(await served.text()).toBe(written);
  });

  it("of a trace as a request to the server starts it", async () => {
    const page = await site.open("/new");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await page.getByText("Copied as curl.").waitFor();
    const request = await page.evaluate(() => navigator.clipboard.readText());
    const { job } = JSON.parse(await shell(request, site.server.folder)) as { job: string };
    const state = async (): Promise<string> => {
      const answer = await fetch(`${site.server.url}/api/jobs/${job}`);
      return ((await answer.json()) as { state: string }).state;
    };
    await expect.poll(state, { timeout: 60_000 }).toBe("finished");
  });
});
