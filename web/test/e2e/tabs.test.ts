import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

async function pinOutput(page: Page, steps: number): Promise<void> {
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  for (let step = 0; step < steps; step++) await page.keyboard.press("Enter");
  await page.keyboard.press("p");
}

const boxes = (page: Page): Promise<string[]> => page.locator(".box .box-name").allTextContents();

describe("work cannot be lost", () => {
  it("two windows of two browsers on one graph keep the work of both", async () => {
    const path = await fresh(site);
    const a = await site.open(path);
    const b = await site.open(path);
    await ready(a);
    await ready(b);
    await pinOutput(a, 1);
    await pinOutput(b, 2);
    await saved(a);
    await saved(b);
    await a.reload();
    await ready(a);
    await a.locator(".box").nth(1).waitFor();
    expect((await boxes(a)).length).toBe(2);
  });

  it("two windows that name one node differently are shown both names", async () => {
    const path = await fresh(site);
    const a = await site.open(path);
    const b = await site.open(path);
    await ready(a);
    await ready(b);
    const name = async (page: Page, text: string): Promise<void> => {
      await page.locator(".graph").focus();
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("r");
      const field = page.locator("dialog input[name=answer]");
      await field.fill(text);
      await field.press("Enter");
      await field.waitFor({ state: "detached" });
    };
    await name(a, "the first");
    await saved(a);
    await name(b, "the second");
    await b.getByRole("button", { name: "1 change met another window's" }).click();
    const dialog = b.getByRole("dialog", { name: "Changed in two windows" });
    await dialog.getByText("“the first”").waitFor();
    await dialog.getByText("“the second”").waitFor();
    expect(await AxeBuilder(b)).toEqual([]);
    await dialog.getByRole("button", { name: /^Take the other's/ }).click();
    await dialog.getByText("All is chosen.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    const title = b.locator(".inspector-head h2");
    await title.getByText("the first").waitFor();
    // A choice is a change like any other.
    await b.locator(".graph").focus();
    await b.keyboard.press("Control+z");
    await title.getByText("the second").waitFor();
  });

  it("two tabs of one browser see each other's changes", async () => {
    const path = await fresh(site);
    const a = await site.open(path);
    await ready(a);
    const b = await a.context().newPage();
    await b.goto(site.server.url + path);
    await ready(b);
    await pinOutput(a, 1);
    await saved(a);
    await b.locator(".box").first().waitFor();
    expect(await boxes(b)).toEqual(await boxes(a));
  });

  it("a server that is killed and started again gets what was done meanwhile", async () => {
    const path = await fresh(site);
    const page = await site.open(path);
    await ready(page);
    await pinOutput(page, 1);
    await saved(page);
    await site.server.kill();
    await page.keyboard.press("Enter");
    await page.keyboard.press("p");
    await page.locator(".banner").waitFor();
    await site.server.restart();
    await page.locator(".banner").waitFor({ state: "detached" });
    await saved(page);
    const other = await site.open(path);
    await ready(other);
    await other.locator(".box").nth(1).waitFor();
    expect((await boxes(other)).length).toBe(2);
  });

  it("a tab that was closed while the server was away is taken up by the next", async () => {
    const path = await fresh(site);
    const page = await site.open(path);
    await ready(page);
    await site.server.kill();
    await pinOutput(page, 1);
    await page.locator(".banner").waitFor();
    const context = page.context();
    await page.close();
    await site.server.restart();
    const next = await context.newPage();
    await next.goto(site.server.url + path);
    await ready(next);
    await next.locator(".box").first().waitFor();
    await saved(next);
  });
});
