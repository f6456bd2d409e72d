// What a newcomer is shown and what is taken along: the tour, step by step, and figures as files.

import { readFile } from "node:fs/promises";
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

describe("the tour", () => {
  it("is begun in Help and clicked through to its end, back and forth", async () => {
    const page = await site.open("/help");
    const heading = page.getByRole("heading", { name: /^A tour in \d+ steps$/ });
    await heading.waitFor();
    const n = Number(/\d+/.exec(await heading.innerText())?.[0]);
    await page.locator("a[href*='tour=1']").click();
    await ready(page);
    const card = page.locator(".tour");
    const next = card.getByRole("button", { name: "Next" });
    const back = card.getByRole("button", { name: "Back" });
    const titles: string[] = [];
    for (let step = 1; step <= n; step++) {
      await card.getByText(`${step} of ${n}: `).waitFor();
      expect(await card.getAttribute("aria-label")).toBe(`Tour, step ${step} of ${n}`);
      expect(await back.isDisabled()).toBe(step === 1);
      titles.push(await card.locator("strong").innerText());
      if (step < n) await next.click();
    }
    expect(new Set(titles).size).toBe(n);
    expect(await AxeBuilder(page)).toEqual([]);
    await back.click();
    expect(await card.locator("strong").innerText()).toBe(titles.at(-2));
    await next.click();
    await card.getByRole("button", { name: "Done" }).click();
    await card.waitFor({ state: "detached" });
    expect(new URL(page.url()).search).toBe("");
    // The graph beside it is still there.
    await page.locator(".graph").waitFor();
  });

  it("is ended at any step", async () => {
    const page = await site.open("/help");
    await page.locator("a[href*='tour=1']").click();
    const card = page.locator(".tour");
    await card.getByRole("button", { name: "Next" }).click();
    await card.getByRole("button", { name: "End the tour" }).click();
    await card.waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("tour")).toBeNull();
  });
});

describe("a figure", () => {
  it("is saved as PDF and as PNG, by button and by key", async () => {
    const path = await fresh(site);
    const page = await site.open(path);
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("p");
    await page.keyboard.press("Enter");
    await page.keyboard.press("p");
    await expect.poll(() => page.locator(".box").count()).toBe(2);
    await saved(page);
    await page.goto(site.server.url + path.replace("?", "/figure?"));
    await page.locator(".studio-picture img").waitFor({ timeout: 60_000 });

    const pdf = await taken(page, () =>
      page.getByRole("button", { name: "PDF", exact: true }).click(),
    );
    expect(pdf.name).toMatch(/\.pdf$/);
    expect(pdf.bytes.subarray(0, 4).toString("latin1")).toBe("%PDF");
    expect(pdf.bytes.toString("latin1").trimEnd().endsWith("%%EOF")).toBe(true);

    const png = await taken(page, () =>
      page.getByRole("button", { name: "PNG", exact: true }).click(),
    );
    expect(png.name).toMatch(/\.png$/);
    expect(png.bytes.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
    // Its width stands in the header that begins there.
    expect(png.bytes.subarray(12, 16).toString("latin1")).toBe("IHDR");
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(100);

    // The same bytes by its key.
    await page.locator(".studio-picture").focus();
    const again = await taken(page, () => page.keyboard.press("g"));
    expect(again.bytes.equals(png.bytes)).toBe(true);
  });
});

/** A file that the page gives when something is done. */
async function taken(
  page: Page,
  act: () => Promise<void>,
): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}
