// A server that keeps nothing: all can be looked at and tried out, and nothing is refused later.

import AxeBuilder from "./axe.ts";
import { answer, fresh, openSite, ready, type Site, saved } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

describe("a server that is read only", () => {
  it("says so at the head, takes changes for as long as they are looked at, and is sent none", async () => {
    const path = await fresh(site);
    const before = await site.open(path);
    await ready(before);
    await before.locator(".graph").focus();
    await before.keyboard.press("ArrowUp");
    await before.keyboard.press("p");
    await saved(before);
    await before.close();
    await site.server.kill();
    await site.server.restart(["--read-only"]);

    const page = await site.open(path);
    const changing: string[] = [];
    const refused: number[] = [];
    page.on("request", (request) => {
      if (["PUT", "PATCH", "DELETE"].includes(request.method())) changing.push(request.url());
    });
    page.on("response", (response) => {
      if (response.status() >= 400) refused.push(response.status());
    });
    await page.locator(".top").getByText("read only: nothing is saved").waitFor();
    await page.locator(".status").getByText("edges kept").waitFor();
    const boxes = page.locator(".box");
    await expect.poll(() => boxes.count()).toBe(1);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.keyboard.press("g");
    await answer(page, "tried out");
    await page.locator(".box", { hasText: "tried out" }).waitFor();
    // Longer than a save waits.
    await page.waitForTimeout(1500);
    const status = page.locator(".status");
    expect(await status.innerText()).not.toMatch(/saved|saving|loading/);
    expect(await AxeBuilder(page)).toEqual([]);
    await page
      .getByRole("button", { name: "Versions" })
      .or(page.getByRole("button", { name: /^test-/ }))
      .click();
    await page.getByRole("dialog").getByRole("button", { name: "Open" }).first().waitFor();
    expect(await page.getByRole("button", { name: "Save as…" }).count()).toBe(0);
    await page.keyboard.press("Escape");

    await page.reload();
    await page.locator(".status").getByText("edges kept").waitFor();
    await expect.poll(() => boxes.count()).toBe(1);
    expect(await page.locator(".box", { hasText: "tried out" }).count()).toBe(0);
    expect([changing, refused]).toEqual([[], []]);
  });
});
