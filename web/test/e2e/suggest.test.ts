// Suggested groups: why each is one and what it does to the scores, taken as they are, changed or
// turned down; nothing is applied before, and one undo takes it back.

import type { Suggestion, Suggestions } from "../../src/wire.ts";
import { api } from "./api.ts";
import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved, selectedText, tour } from "./fixture.ts";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  type Locator,
  type Page,
} from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

const cards = (page: Page): Locator => page.getByRole("article");
const boxes = (page: Page): Locator => page.locator(".box");
const nodesOf = (n: number): string => `${n} node${n === 1 ? "" : "s"}`;

/** A view of its own with the suggestions for the whole graph, and what the server suggests. */
async function start(): Promise<{ page: Page; found: Suggestion[] }> {
  const path = await fresh(site);
  const page = await site.open(path);
  await ready(page);
  await page.keyboard.press("c");
  await page.locator(".circuit").getByRole("button", { name: "Suggest groups" }).click();
  await cards(page).first().waitFor();
  const view = new URL(page.url()).searchParams.get("view");
  const ask = { nodes: null, top: 60, view };
  const { groups } = await api<Suggestions>(
    site,
    `graphs/${await tour(site)}/suggest`,
    "POST",
    ask,
  );
  return { page, found: groups };
}

const undo = async (page: Page): Promise<void> => {
  await page.locator(".graph").focus();
  await page.keyboard.press("Control+z");
};

describe("suggested groups", () => {
  it("come with their reasons and what they change, and change nothing by themselves", async () => {
    const { page, found } = await start();
    expect(await cards(page).count()).toBe(found.length);
    for (const [place, { name, reasons, nodes }] of found.entries()) {
      const card = cards(page).nth(place);
      expect(await card.locator(".reasons li").allInnerTexts()).toEqual(reasons);
      const text = await card.innerText();
      expect(text).toContain(name);
      if (nodes.length > 1) expect(text).toContain(`and ${nodes.length - 1} more`);
      expect(text).toMatch(/influence [\d.]+ % of all · least similarity \.\d\d/);
      expect(text).toMatch(/replacement is [+−±]\.?\d+, its completeness [+−±]\.?\d+/);
    }
    expect(await boxes(page).count()).toBe(0);
    // Its members are looked at, and still are no group.
    await cards(page).first().getByRole("button", { name: "Select", exact: true }).click();
    expect(await selectedText(page)).toBe(`${found[0].nodes.length} nodes treated as one`);
    expect(await boxes(page).count()).toBe(0);
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("are taken as they are, and one undo takes the group and its pins back", async () => {
    const { page, found } = await start();
    const [{ name, nodes }] = found;
    await cards(page).first().getByRole("button", { name: "Accept" }).click();
    await expect.poll(() => cards(page).count()).toBe(found.length - 1);
    const box = boxes(page).filter({ hasText: nodesOf(nodes.length) });
    await box.waitFor();
    expect(await box.innerHTML()).toContain(name.split(" ")[0]);
    expect(await boxes(page).count()).toBe(1);
    // Kept with the view.
    await saved(page);
    await page.reload();
    await ready(page);
    await box.waitFor();
    await page.locator(".circuit").getByRole("button", { name: "Suggest groups" }).click();
    // Once one is taken, its nodes are what is pinned.
    await page.getByRole("button", { name: `the ${nodes.length} pinned nodes` }).waitFor();
    await page.getByRole("button", { name: "Suggest groups" }).click();
    await page.locator(".suggestions").waitFor({ state: "detached" });
  });

  it("are undone in one step", async () => {
    const { page } = await start();
    await cards(page).first().getByRole("button", { name: "Accept" }).click();
    await boxes(page).first().waitFor();
    await undo(page);
    await expect.poll(() => boxes(page).count()).toBe(0);
    await page.keyboard.press("Control+Shift+z");
    await expect.poll(() => boxes(page).count()).toBe(1);
  });

  it("are edited first: another name, and a member left out", async () => {
    const { page, found } = await start();
    const place = found.findIndex(({ nodes }) => nodes.length > 2);
    const { nodes } = found[place];
    const card = cards(page).nth(place);
    await card.getByRole("button", { name: "Edit" }).click();
    await card.getByLabel("Name", { exact: true }).fill("two steps");
    const members = card.getByRole("group", { name: "Members" }).getByRole("checkbox");
    expect(await members.count()).toBe(nodes.length);
    await members.first().uncheck();
    await card.getByText("1 node left out").waitFor();
    await card.getByText("These are of all suggested members").waitFor();
    // Taken again, and left out again.
    await card.getByRole("button", { name: "Take all members again" }).click();
    expect(await members.first().isChecked()).toBe(true);
    await members.first().uncheck();
    expect(await AxeBuilder(page)).toEqual([]);
    await card.getByRole("button", { name: "Accept" }).click();
    const box = boxes(page).filter({ hasText: "two steps" });
    await box.filter({ hasText: nodesOf(nodes.length - 1) }).waitFor();
    expect(await boxes(page).count()).toBe(1);
    await undo(page);
    await box.waitFor({ state: "detached" });
    expect(await boxes(page).count()).toBe(0);
  });

  it("are turned down one by one, until there are none left", async () => {
    const { page, found } = await start();
    const second = await cards(page).nth(1).innerText();
    await cards(page).first().getByRole("button", { name: "Reject" }).click();
    await expect.poll(() => cards(page).count()).toBe(found.length - 1);
    expect(await cards(page).first().innerText()).toBe(second);
    for (let left = found.length - 1; left > 0; left--) {
      await cards(page).first().getByRole("button", { name: "Reject" }).click();
      await expect.poll(() => cards(page).count()).toBe(left - 1);
    }
    await page.getByText(/^No more groups are suggested for the 60 features/).waitFor();
    expect(await boxes(page).count()).toBe(0);
    await page.locator(".suggestions").getByRole("button", { name: "Close" }).click();
    await page.locator(".suggestions").waitFor({ state: "detached" });
  });
});
