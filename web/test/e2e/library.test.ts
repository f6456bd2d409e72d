import { api, made } from "./api.ts";
import { openSite, type Site, tour } from "./fixture.ts";
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

  it("says when what was deleted cannot be read, and reads it again", async () => {
    const page = await site.open("/");
    await page.locator(".graph-row").first().waitFor();
    await page.route("**/api/trash", (route) =>
      route.fulfill({ status: 500, json: { error: { what: "no disk", hint: null, status: 500 } } }),
    );
    await page.reload();
    const failure = page.locator(".failure", { hasText: "What was deleted could not be read" });
    await failure.waitFor();
    await page.unroute("**/api/trash");
    await failure.getByRole("button", { name: "Try again" }).click();
    await failure.waitFor({ state: "detached" });
  });

  it("asks in the page's dialog before it removes for good", async () => {
    const page = await site.open("/");
    const row = page.locator("li.graph-row", { has: page.getByRole("button", { name: "Edit" }) });
    await row
      .first()
      .getByRole("button", { name: /^Delete / })
      .click();
    const deleted = page.getByText("1 deleted", { exact: true });
    await deleted.click();
    await page.getByRole("button", { name: / for good$/ }).click();
    const dialog = page.getByRole("dialog", { name: "Remove for good?" });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Put back / }).click();
    await deleted.waitFor({ state: "detached" });
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

  it("says how the edges of a saved circuit fared in its newest test", async () => {
    const id = await tour(site);
    type Head = { ranges: Record<"features" | "targets", { start: number; end: number }> };
    const { ranges } = await api<Head>(site, `graphs/${id}`);
    const output = ranges.targets.start;
    const edges = await api<{ inputs: { node: number }[] }>(
      site,
      `graphs/${id}/edges?node=${output}`,
    );
    const fed = edges.inputs.map(({ node }) => node).filter((node) => node < ranges.features.end);
    const groups = [{ id: "g1", name: "inputs", nodes: fed.slice(0, 3) }];
    const pins = [...groups[0].nodes, output];
    await api(site, `graphs/${id}/views/main`, "PUT", { schema: 1, groups, pins });
    const ask = { kind: "validate", groups };
    await made(site, `graphs/${id}/runs`, ask);
    const page = await site.open("/");
    const tested = page.locator(`a[href="/g/${id}"]`).getByText(/^edges tested 1[✓✗○]$/);
    await tested.waitFor();
    expect(await tested.getAttribute("title")).toMatch(/1 edge by test #\d+/);
    // A circuit that was changed since was not tested.
    const now = await fetch(`${site.server.url}/api/graphs/${id}/views/main`);
    const changed = [{ ...groups[0], nodes: fed.slice(0, 2) }];
    await fetch(`${site.server.url}/api/graphs/${id}/views/main`, {
      method: "PUT",
      headers: { "content-type": "application/json", "if-match": now.headers.get("etag")! },
      body: JSON.stringify({ schema: 1, groups: changed, pins }),
    });
    await page.reload();
    await page.locator(".graph-row").first().waitFor();
    expect(await tested.count()).toBe(0);
  });
});
