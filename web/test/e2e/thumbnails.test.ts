// The library with pictures, and what is found by model and dictionary.

import { made } from "./api.ts";
import AxeBuilder from "./axe.ts";
import { openSite, type Site } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;

beforeAll(async () => {
  site = await openSite();
  // A graph of another dictionary than the one that is there.
  const prompt = {
    model: "elegans-base with elegans/plt",
    text: 'the opposite of " small " is "',
  };
  const expand = { kind: "budget", max_feature_nodes: 20 };
  await made(site, "graphs", { prompt, expand });
});
afterAll(async () => {
  await site.close();
});

const packs = (page: Page): string[] => {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/pack?")) asked.push(request.url());
  });
  return asked;
};

describe("pictures of graphs", () => {
  it("come when they are asked for and seen, stay after a reload, and are named", async () => {
    const page = await site.open("/");
    const asked = packs(page);
    await page.locator(".graph-row").first().waitFor();
    expect(asked).toEqual([]);
    await page.keyboard.press("t");
    const pictures = page.getByRole("img", { name: /^Picture of the graph, / });
    await pictures.first().waitFor();
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every((url) => url.endsWith("top=400"))).toBe(true);
    expect(await AxeBuilder(page)).toEqual([]);
    await page.reload();
    await pictures.first().waitFor();
    await page.getByRole("button", { name: /list/ }).click();
    await pictures.first().waitFor({ state: "detached" });
    expect(await page.getByRole("button", { name: /list/ }).getAttribute("aria-pressed")).toBe(
      "true",
    );
  });

  it("are not fetched for rows that nobody sees", async () => {
    const page = await site.open("/", { viewport: { width: 420, height: 260 } });
    const asked = packs(page);
    await page.locator(".graph-row").first().waitFor();
    await page.keyboard.press("t");
    await page.locator(".thumbnail").last().waitFor({ state: "attached" });
    const last = page.locator(".thumbnail").last();
    await page.evaluate(() => window.scrollTo(0, 0));
    const rows = await page.locator(".graph-row").count();
    await page.waitForTimeout(300);
    expect(asked.length).toBeLessThan(rows);
    await last.scrollIntoViewIfNeeded();
    await last.locator("canvas").waitFor();
  });

  it("take the theme's colours, and a click on one opens its graph", async () => {
    const page = await site.open("/");
    await page.locator(".graph-row").first().waitFor();
    await page.keyboard.press("t");
    const picture = page.locator(".thumbnail canvas").first();
    await picture.waitFor();
    const light = await picture.screenshot();
    // System, light, dark.
    await page.keyboard.press("d");
    await page.keyboard.press("d");
    await expect
      .poll(async () => Buffer.compare(await picture.screenshot(), light), { timeout: 5000 })
      .not.toBe(0);
    const box = (await picture.boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForURL(/\/g\//);
  });
});

describe("graphs of a model", () => {
  it("are found with a count, and a chip brings the others back", async () => {
    const page = await site.open("/");
    const rows = page.locator(".graph-row");
    await rows.first().waitFor();
    const all = await rows.count();
    const dictionary = page.locator("label", { hasText: "Dictionary" }).locator("select");
    const option = dictionary.locator("option", { hasText: "elegans/plt (1)" });
    await dictionary.selectOption((await option.getAttribute("value"))!);
    await page.getByText(`1 of ${all} graphs`).waitFor();
    expect(await rows.count()).toBe(1);
    expect(new URL(page.url()).searchParams.get("dictionary")).toBe("elegans/plt");
    await page.reload();
    await page.getByText(`1 of ${all} graphs`).waitFor();
    await page.getByRole("button", { name: "Show all graphs" }).click();
    await expect.poll(() => rows.count()).toBe(all);
    expect(new URL(page.url()).search).toBe("");
  });
});
