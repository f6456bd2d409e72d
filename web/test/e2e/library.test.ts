import { openSite, type Site } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

async function retitle(page: Page, text: string): Promise<void> {
  await page.getByRole("button", { name: "Edit" }).first().click();
  const field = page.locator("dialog input[name=answer]");
  await field.fill(text);
  await field.press("Enter");
  await field.waitFor({ state: "detached" });
}

describe("the library", () => {
  it("takes back a change of title and tags, from its message and by key", async () => {
    const page = await site.open("/");
    const row = page.locator(".graph-row").first();
    await row.waitFor();
    const before = await row.innerText();
    const changed = row.locator(".graph-prompt", { hasText: "another title" });
    await retitle(page, "another title #checked");
    await changed.waitFor();
    await row.locator(".chip", { hasText: "checked" }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await changed.waitFor({ state: "detached" });
    expect(await row.innerText()).toBe(before);

    await retitle(page, "another title");
    await changed.waitFor();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await page.keyboard.press("Control+z");
    await changed.waitFor({ state: "detached" });
    expect(await row.innerText()).toBe(before);
  });

  it("puts a deleted graph back, from the message and later from the list of deleted ones", async () => {
    const page = await site.open("/");
    const row = page.locator("li.graph-row", { has: page.getByRole("button", { name: "Edit" }) });
    await row.first().waitFor();
    const n = await row.count();
    const text = await row.first().innerText();
    const drop = (): Promise<void> =>
      row
        .first()
        .getByRole("button", { name: /^Delete / })
        .click();
    await drop();
    const deleted = page.getByText("1 deleted", { exact: true });
    await deleted.waitFor();
    expect(await row.count()).toBe(n - 1);
    await page.getByRole("button", { name: "Undo" }).click();
    await deleted.waitFor({ state: "detached" });
    expect(await row.first().innerText()).toBe(text);

    await drop();
    await deleted.click();
    await page.getByRole("button", { name: /^Put back / }).click();
    await deleted.waitFor({ state: "detached" });
    expect(await row.first().innerText()).toBe(text);
  });

  it("finds graphs by words and tags, and the palette finds them, too", async () => {
    const page = await site.open("/");
    const rows = page.locator(".graph-row");
    await rows.first().waitFor();
    await retitle(page, "zebra crossing #checked");
    const tags = page.getByRole("group", { name: "Tags" });
    await tags.getByRole("button", { name: /checked/ }).click();
    expect(new URL(page.url()).searchParams.get("tag")).toBe("checked");
    await page.keyboard.press("/");
    await page.keyboard.type("no graph has this");
    await page.getByText(/0 of \d+ graphs/).waitFor();
    expect(await rows.count()).toBe(0);
    await page.getByRole("button", { name: "Show all graphs" }).click();
    await rows.first().waitFor();
    expect(new URL(page.url()).search).toBe("");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByLabel("Find a command, a graph or a feature").fill("zebra");
    await page.getByRole("option", { name: /zebra crossing/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/g\//);
  });
});
