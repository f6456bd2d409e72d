// The workspace in one file: opened from disk, walked, and nothing fetched.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import AxeBuilder from "./axe.ts";
import { answer, fresh, openSite, ready, type Site, saved, selectedText } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

let site: Site;
const folder = mkdtempSync(join(tmpdir(), "connectome-file-"));
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
  rmSync(folder, { recursive: true, force: true });
});

const HOSTILE = "</script><script>document.title='broken'</script><!--";

/** A view with a pinned output, a hostile name and a measured run, saved as a file. */
async function made(): Promise<string> {
  const view = await fresh(site);
  const page = await site.open(view);
  await ready(page);
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("p");
  await page.keyboard.press("Enter");
  await page.keyboard.press("r");
  await answer(page, HOSTILE);
  await page.keyboard.press("p");
  await page.locator(".box").nth(1).waitFor();
  await page.keyboard.press("i");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".effects").waitFor({ timeout: 90_000 });
  await saved(page);
  await page.locator("summary", { hasText: "Export" }).click();
  const link = page.getByRole("link", { name: /one HTML file/ });
  const href = await link.getAttribute("href");
  expect(href).toContain(`view=${new URL(page.url()).searchParams.get("view")}`);
  const response = await fetch(site.server.url + href);
  expect(response.status).toBe(200);
  const path = join(folder, "oak.html");
  writeFileSync(path, Buffer.from(await response.arrayBuffer()));
  return path;
}

describe("a page in a file", () => {
  it("opens from disk, is walked, says what it cannot do, and asks nobody", async () => {
    const path = await made();
    await site.server.kill();
    const context = await site.browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const asked: string[] = [];
    const said: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(error.message));
    const url = pathToFileURL(path).href;
    await page.goto(url);
    await page.locator(".status").getByText("edges kept").waitFor();
    await page.locator(".status").getByText("nothing is saved").waitFor();

    // The circuit, its edge and the name that tried to leave its element.
    await page.locator(".box", { hasText: "</script>" }).waitFor();
    await page.locator(".circuit-edge").first().waitFor({ state: "attached" });
    expect(await page.title()).not.toBe("broken");

    // Walks.
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    const output = await selectedText(page);
    await page.keyboard.press("Enter");
    expect(await selectedText(page)).not.toBe(output);
    await page.locator("section[aria-label=Inputs] .link").first().waitFor();

    // Prunes without a server, and brings all back.
    const shown = page.locator(".shown-count strong");
    const before = Number((await shown.innerText()).replaceAll(",", ""));
    await page.getByRole("slider").first().fill("0.3");
    await page.locator(".chip", { hasText: "pruned" }).waitFor();
    await expect
      .poll(async () => Number((await shown.innerText()).replaceAll(",", "")))
      .toBeLessThan(before);
    await page.getByRole("button", { name: /pruned/ }).click();
    await page.locator(".chip", { hasText: "pruned" }).waitFor({ state: "detached" });

    // What was measured is there; what needs a model or a place to save says so.
    await page.keyboard.press("v");
    await page.locator(".effects").waitFor();
    await page.getByText("New tests need the model").waitFor();
    await page.keyboard.press("c");
    const boxes = await page.locator(".box").count();
    await page.keyboard.press("p");
    await page.getByText("Not changed: this page is a file to read").waitFor();
    expect(await page.locator(".box").count()).toBe(boxes);
    await page.getByRole("tab", { name: "Paths" }).click();
    await page.getByText("this page is a file to read").first().waitFor();
    expect(await AxeBuilder(page)).toEqual([]);

    // A selection in the address opens again.
    await expect.poll(() => page.url()).toContain("#s=");
    await page.reload();
    await page.locator(".status").getByText("edges kept").waitFor();
    await page.locator(".inspector-head h2").waitFor();
    expect(asked.filter((one) => one.split("#")[0] !== url && !/^(data|blob):/.test(one))).toEqual(
      [],
    );
    expect(said).toEqual([]);
    await context.close();
  });
});
