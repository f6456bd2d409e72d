// The menu of nodes and boxes, and panes in windows of their own.

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

const items = (page: Page): Promise<string[]> =>
  page.locator("[role=menu] [role=menuitem] > span").allTextContents();

describe("the menu", () => {
  it("of a node has what its keys do, by keyboard and by pointer", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    const name = await selectedText(page);
    await page.keyboard.press("Shift+F10");
    const menu = page.getByRole("menu");
    await menu.waitFor();
    expect(await items(page)).toEqual(
      expect.arrayContaining(["Pin or unpin", "Group", "Rename", "Hide", "Strongest input"]),
    );
    expect(await AxeBuilder(page)).toEqual([]);
    // Focus is inside, moves, and comes back.
    const focused = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.textContent ?? null);
    expect(await focused()).toContain("Pin or unpin");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Home");
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("graph");
    // A letter of the menu is its item.
    await page.keyboard.press("Shift+F10");
    await page.keyboard.press("p");
    const box = page.locator(".box");
    await box.waitFor();
    expect(await selectedText(page)).toBe(name);

    // A box, by the right button.
    await box.click({ button: "right" });
    await page.getByRole("menuitem", { name: /Rename the box/ }).click();
    const field = page.locator("dialog input[name=answer]");
    await field.fill("by menu");
    await field.press("Enter");
    await page.locator(".box", { hasText: "by menu" }).waitFor();
    await box.focus();
    await page.keyboard.press("Shift+F10");
    await page.getByRole("menuitem", { name: /Pin or unpin/ }).click();
    await box.waitFor({ state: "detached" });

    // An item of the list, and a click elsewhere.
    await page.keyboard.press("l");
    await page.getByRole("treeitem").nth(2).click({ button: "right" });
    await menu.waitFor();
    await page.locator("h1").click();
    await menu.waitFor({ state: "detached" });
  });
});

describe("a pane in a window of its own", () => {
  it("follows the selection and the document, and leads them", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    const [inspector] = await Promise.all([
      page.context().waitForEvent("page"),
      page.keyboard.press("Shift+o"),
    ]);
    await inspector.locator(".inspector-head h2").waitFor();
    expect(await inspector.locator(".graph").count()).toBe(0);
    expect(await selectedText(inspector)).toBe(await selectedText(page));
    await page.keyboard.press("Enter");
    const second = await selectedText(page);
    await expect.poll(() => selectedText(inspector)).toBe(second);
    await inspector.keyboard.press("Enter");
    await expect.poll(() => selectedText(page)).not.toBe(second);
    expect(await selectedText(inspector)).toBe(await selectedText(page));
    await inspector.keyboard.press("p");
    await saved(inspector);
    await page.locator(".box").waitFor();
  });
});
