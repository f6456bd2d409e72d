// Keys of the graph and of rows, what fills a node, and the way back from a feature's page.

import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved, selectedText } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

const start = async (): Promise<Page> => {
  const page = await site.open(await fresh(site));
  await ready(page);
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  return page;
};

describe("walking", () => {
  it("goes by layer and token, and hides the inspector with a way back", async () => {
    const page = await start();
    const first = await selectedText(page);
    await page.keyboard.press("Shift+ArrowDown");
    expect(await selectedText(page)).not.toBe(first);
    await page.keyboard.press("[");
    expect(await selectedText(page)).toBe(first);
    await page.keyboard.press("\\");
    await page.locator(".inspector").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Show the inspector" }).click();
    expect(await selectedText(page)).toBe(first);
    await page.keyboard.press("?");
    await page.getByText("Group the nodes that are clicked meanwhile").waitFor();
  });

  it("nodes that are clicked while g is held are grouped when it goes up", async () => {
    const page = await start();
    await page.keyboard.press("l");
    const items = page.locator(".list-item[data-node]");
    await items.first().waitFor();
    await page.keyboard.down("g");
    await items.nth(3).click();
    await items.nth(4).click();
    expect(await page.locator("dialog[open]").count()).toBe(0);
    await page.keyboard.up("g");
    const field = page.locator("dialog input[name=answer]");
    await field.fill("held");
    await field.press("Enter");
    await page.locator(".box", { hasText: "held" }).filter({ hasText: "2 nodes" }).waitFor();
    // Shift takes what stands between.
    await items.nth(1).click();
    await items.nth(5).click({ modifiers: ["Shift"] });
    await page.getByText("5 nodes treated as one").waitFor();
  });

  it("a row has keys of its own: pinned, hidden, and back", async () => {
    const page = await start();
    const row = page.locator("section[aria-label=Inputs] .link").first();
    const selected = await selectedText(page);
    await row.focus();
    await page.keyboard.press("p");
    await row.getByTitle("pinned").waitFor();
    await page.keyboard.press("x");
    await page.getByText("1 hidden by hand").waitFor();
    await page.keyboard.press("x");
    await page.getByText("1 hidden by hand").waitFor({ state: "detached" });
    expect(await selectedText(page)).toBe(selected);
  });

  it("what fills a node is part of the view", async () => {
    const page = await start();
    const fill = page.getByLabel("What fills a node");
    await fill.selectOption("error");
    await saved(page);
    await page.reload();
    await ready(page);
    expect(await fill.inputValue()).toBe("error");
    expect(await AxeBuilder(page)).toEqual([]);
    await page.locator(".graph").focus();
    await page.keyboard.press("Shift+c");
    expect(await fill.inputValue()).toBe("influence");
  });
});

describe("tests", () => {
  it("are drawn as predicted against measured, and counted in the foot", async () => {
    const page = await start();
    await page.keyboard.press("p");
    await page.keyboard.press("Enter");
    await page.keyboard.press("p");
    await saved(page);
    await page.keyboard.press("v");
    await page.getByRole("button", { name: "Test all groups" }).click();
    const scatter = page.locator(".scatter");
    await scatter.waitFor({ timeout: 60_000 });
    await scatter.locator("> svg").focus();
    await page.keyboard.press("ArrowRight");
    await scatter
      .getByText(/→ .*predicted .*, measured .*; (supported|weak|contradicted)/)
      .waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    await page
      .locator(".status")
      .getByRole("button", { name: /^Tests \d/ })
      .waitFor();
  });

  it("stand beside a baseline", async () => {
    const page = await start();
    await page.keyboard.press("Enter");
    await page.keyboard.press("i");
    const run = page.getByRole("button", { name: "Run", exact: true });
    const result = page.locator(".tests-result");
    await run.click();
    await result.getByRole("button", { name: "Pin as baseline" }).click({ timeout: 60_000 });
    const base = new URL(page.url()).searchParams.get("base");
    await page.locator(".tests-form").getByLabel("How").selectOption("off");
    await run.click();
    const beside = result.getByRole("region", { name: "Beside the baseline" });
    await beside.waitFor({ timeout: 60_000 });
    expect(await beside.innerText()).toContain(`#${base}`);
    await beside.getByRole("button", { name: "Take the baseline away" }).click();
    await beside.waitFor({ state: "detached" });
  });
});
