// Verbs by their keys alone: of a page, of a row that has the focus, of the present row.

import { fresh, openSite, ready, type Site, tour } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

describe("keys", () => {
  it("go from feature to feature, and are listed", async () => {
    const page = await site.open("/f/two-hop/1/7");
    await page.getByRole("link", { name: "8 →" }).waitFor();
    await page.keyboard.press("]");
    await page.getByRole("heading", { name: "L1 · 8", exact: true }).waitFor();
    await page.getByRole("link", { name: "9 →" }).waitFor();
    await page.keyboard.press("[");
    await page.getByRole("heading", { name: "L1 · 7", exact: true }).waitFor();
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keys on this page" });
    await sheet.getByText("The next feature").waitFor();
    await sheet.getByText("The feature before").waitFor();
  });

  it("of a row are those of the one that has the focus", async () => {
    await tour(site);
    const page = await site.open("/");
    const row = page.locator(".graph-row a").first();
    await row.waitFor();
    await page.keyboard.press("e");
    await page.waitForTimeout(300);
    expect(await page.getByRole("dialog").count()).toBe(0);
    await row.focus();
    await page.keyboard.press("e");
    await page.getByRole("dialog", { name: "Title and tags" }).waitFor();
  });

  it("of the model that is used where none is named, and of help", async () => {
    const page = await site.open("/m");
    await page.getByText("used where none is named").waitFor();
    await page.keyboard.press("t");
    await page.waitForURL(/\/new\?model=two-hop/);
    await page.goto(`${site.server.url}/help`);
    await page.getByRole("link", { name: "Take it on the example graph" }).waitFor();
    await page.keyboard.press("t");
    const tourCard = page.getByRole("complementary", { name: /^Tour, step 1/ });
    await tourCard.waitFor();
    await ready(page);
    await page.keyboard.press(".");
    await page.getByRole("complementary", { name: /^Tour, step 2/ }).waitFor();
    await page.keyboard.press(",");
    await tourCard.waitFor();
  });

  it("accept and reject suggestions, open filters, and go into fields of the tokens", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("a");
    await page.locator(".suggestion").nth(1).waitFor();
    const n = await page.locator(".suggestion").count();
    await page.keyboard.press("b");
    await page.keyboard.press("a");
    await page.locator(".box").first().waitFor();
    await expect.poll(() => page.locator(".suggestion").count()).toBe(n - 1);
    await page.keyboard.press("b");
    await page.keyboard.press("r");
    await expect.poll(() => page.locator(".suggestion").count()).toBe(n - 2);
    await page.keyboard.press("q");
    await page.locator("#more-filters[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Shift+Q");
    await page.locator("#kinds[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("k");
    await page.locator(".token-strip .positions").waitFor();
    await page.keyboard.press("b");
    await page.keyboard.press("o");
    await page.getByRole("button", { name: "Back to the graph's text" }).waitFor();
    await page.keyboard.press("b");
    await page.keyboard.press("t");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
      "Another token",
    );
  });
});
