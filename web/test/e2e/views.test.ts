// Views under names of their own: saved, renamed, deleted, put back, each with its versions.

import AxeBuilder from "./axe.ts";
import { answer, openSite, ready, type Site, saved, tour } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

const viewOf = (page: Page): string | null => new URL(page.url()).searchParams.get("view");

/** The dialog of views and versions. */
async function opened(page: Page) {
  await page.locator(".graph").focus();
  await page.keyboard.press("Shift+V");
  const dialog = page.getByRole("dialog", { name: "Views and versions" });
  await dialog.getByRole("region", { name: "Views" }).waitFor();
  return dialog;
}

describe("a view", () => {
  it("is renamed with its work and its versions, and that is taken back", async () => {
    const page = await site.open(`/g/${await tour(site)}?view=first`);
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("p");
    await page.locator(".box").waitFor();
    // Without waiting for it to be saved.
    let dialog = await opened(page);
    await dialog.getByRole("button", { name: "Rename the view first" }).click();
    await answer(page, "The Second");
    await page.waitForURL(/view=the-second/);
    await ready(page);
    await page.locator(".box").waitFor();
    dialog = await opened(page);
    expect(await dialog.getByRole("button", { name: /the view first$/ }).count()).toBe(0);
    // Its versions are asked for when the dialog opens.
    await dialog.locator("tbody tr").first().waitFor();
    expect(await dialog.locator("tbody tr").count()).toBeGreaterThan(0);
    expect(await dialog.getByRole("button", { name: /the view main$/ }).count()).toBe(0);
    expect(await AxeBuilder(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    await page.waitForURL(/view=first/);
    await page.locator(".box").waitFor();
  });

  it("is deleted, put back by the message, and later from the library", async () => {
    const page = await site.open(`/g/${await tour(site)}?view=gone`);
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("p");
    await saved(page);
    const drop = async (): Promise<void> => {
      const dialog = await opened(page);
      await dialog.getByRole("button", { name: "Delete the view gone" }).click();
      await page.getByText("The view gone is deleted.").last().waitFor();
      await expect.poll(() => viewOf(page)).toBeNull();
      await ready(page);
    };
    await drop();
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => viewOf(page)).toBe("gone");
    await page.locator(".box").waitFor();
    await ready(page);
    await drop();
    await page.goto(site.server.url);
    await page.getByText("1 deleted", { exact: true }).click();
    await page.getByText(/^view of the graph /).waitFor();
    await page.getByRole("button", { name: "Put back gone" }).click();
    await page.getByText("1 deleted", { exact: true }).waitFor({ state: "detached" });
    await page.goto(`${site.server.url}/g/${await tour(site)}?view=gone`);
    await page.locator(".box").waitFor();
  });

  it("that went away is not made again by a window that still shows it", async () => {
    const graph = await tour(site);
    const page = await site.open(`/g/${graph}?view=shared`);
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("p");
    await saved(page);
    const url = `${site.server.url}/api/graphs/${graph}/views/shared`;
    expect((await fetch(url, { method: "DELETE" })).ok).toBe(true);
    await page.keyboard.press("Enter");
    await page.keyboard.press("p");
    await page
      .locator(".status")
      .getByText(/not saved: /)
      .waitFor();
    expect((await fetch(url)).status).toBe(404);
  });
});
