// The circuit's drawing: a group that opens in place, and all that is then where it was.

import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved, selectedText } from "./fixture.ts";
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

/** Places of boxes and hulls by their names, without members. */
const places = (page: Page): Promise<Record<string, string>> =>
  page
    .locator(".box:not(.member)")
    .evaluateAll((all) =>
      Object.fromEntries(
        all.map((one) => [
          one.querySelector(".box-name")?.textContent ?? "",
          one.getAttribute("transform") ?? "",
        ]),
      ),
    );

const edgesOf = (page: Page): Locator => page.getByRole("list", { name: "Edges of the circuit" });

/** Pairs of boxes, hulls or members of one hull that lie on each other. */
const overlaps = (page: Page, selector: string): Promise<string[]> =>
  page.locator(selector).evaluateAll((all) => {
    const areas = all.map((one) => {
      // Without the second card that a closed group has behind it.
      const rect = one.querySelector(":scope > rect:not(.shadow)")?.getBoundingClientRect();
      return { name: one.querySelector(".box-name")?.textContent, rect: rect ?? new DOMRect() };
    });
    return areas.flatMap((a, at) =>
      areas
        .slice(at + 1)
        .filter(
          ({ rect: b }) =>
            a.rect.left < b.right - 1 &&
            b.left < a.rect.right - 1 &&
            a.rect.top < b.bottom - 1 &&
            b.top < a.rect.bottom - 1,
        )
        .map((b) => `${a.name} on ${b.name}`),
    );
  });

/** The output, five of its inputs, and a group of three of those. */
async function makeGroup(page: Page): Promise<void> {
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("p");
  for (const row of [0, 1, 2, 3, 4]) {
    const input = page.locator("section[aria-label=Inputs] .link").nth(row);
    await input.click({ modifiers: ["Control"] });
  }
  await page.locator(".circuit-edge").first().waitFor({ state: "attached" });
  const inputs = page.locator(".box:not(.selected)");
  await expect.poll(() => inputs.count()).toBe(5);
  // The output is the first one that was pinned.
  await page.locator(".box").nth(1).click();
  for (const at of [2, 3])
    await page
      .locator(".box")
      .nth(at)
      .click({ modifiers: ["Shift"] });
  await page.keyboard.press("g");
  const field = page.locator("dialog input[name=answer]");
  await field.fill("three");
  await field.press("Enter");
  await page.locator(".box", { hasText: "3 nodes" }).waitFor();
  // The server has placed it.
  await expect.poll(() => edgesOf(page).innerText()).toContain("three to");
}

describe("a group in place", () => {
  it("opens with its members and their edges, closes without a trace, and is kept", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await makeGroup(page);
    const hull = page.locator(".box.hull");
    const members = page.locator(".box.member");
    const edges = edgesOf(page);
    const scores = await page.locator(".circuit .scores").innerText();
    const before = await places(page);
    expect(await overlaps(page, ".box")).toEqual([]);

    // By key, on the box.
    await page.locator(".box", { hasText: "three" }).focus();
    await page.keyboard.press("Shift+M");
    await hull.waitFor();
    expect(await members.count()).toBe(3);
    expect(await hull.getAttribute("aria-expanded")).toBe("true");
    expect(await overlaps(page, ".box:not(.member)")).toEqual([]);
    expect(await overlaps(page, ".box.member")).toEqual([]);
    // Edges are of members now, and the scores are those of the same nodes.
    await expect.poll(() => edges.innerText()).not.toContain("three");
    expect(await page.getByRole("list", { name: "Open groups" }).innerText()).toMatch(/^three: /);
    const now = await page.locator(".circuit .scores").innerText();
    const values = (text: string) => text.match(/\(graph \.\d+\)|^replacement\s+\.\d+/gm);
    expect(values(now)).toEqual(values(scores));
    expect(await AxeBuilder(page)).toEqual([]);

    // Kept, and closed by its sign: all is where it was.
    await saved(page);
    await page.reload();
    await ready(page);
    await hull.waitFor();
    await hull.locator(".box-twist").click();
    await hull.waitFor({ state: "detached" });
    expect(await places(page)).toEqual(before);
    await page.keyboard.press("Control+z");
    await hull.waitFor();

    // It is selected by its name, as its middle is a member's, and has its key in the menu.
    await hull.click({ position: { x: 60, y: 10 } });
    expect(await selectedText(page)).toBe("3 nodes treated as one");
    await hull.click({ position: { x: 60, y: 10 }, button: "right" });
    await page.getByRole("menuitem", { name: /Open or close the group in its place/ }).click();
    await hull.waitFor({ state: "detached" });
    await page.locator(".box", { hasText: "three" }).locator(".box-twist").click();
    await hull.waitFor();

    // A member by itself; it leaves, and undo brings it back.
    await members.first().click();
    expect(await selectedText(page)).not.toContain("nodes treated as one");
    await members.first().focus();
    await page.keyboard.press("Backspace");
    await expect.poll(() => members.count()).toBe(2);
    await page.locator(".graph").focus();
    await page.keyboard.press("Control+z");
    await expect.poll(() => members.count()).toBe(3);
  });

  it("moves by its hull or a member, and what made room for it stays where it was", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await makeGroup(page);
    const before = await places(page);
    await page.locator(".box", { hasText: "three" }).focus();
    await page.keyboard.press("Shift+M");
    const hull = page.locator(".box.hull");
    await hull.waitFor();
    const member = page.locator(".box.member").first();
    const [from, of] = [await hull.boundingBox(), await member.boundingBox()];
    await page.mouse.move(of!.x + 60, of!.y + 20);
    await page.mouse.down();
    await page.mouse.move(of!.x + 60, of!.y + 100, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await hull.boundingBox())!.y).toBeGreaterThan(from!.y + 40);
    await hull.focus();
    await page.keyboard.press("Shift+M");
    await hull.waitFor({ state: "detached" });
    const { three, ...others } = await places(page);
    const { three: was, ...stayed } = before;
    expect(others).toEqual(stayed);
    expect(three).not.toBe(was);
  });
});
