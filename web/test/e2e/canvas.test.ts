// What is done on the canvas itself: layers and tokens that are collapsed, edges under the pointer.

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

const shownCount = async (page: Page): Promise<number> =>
  Number((await page.locator(".shown-count strong").innerText()).replaceAll(",", ""));

/** `2 layers, 41 nodes collapsed`, in the bar or behind "More filters". */
const chip = (page: Page): Locator => page.locator(".chip", { hasText: "collapsed" });

/** Places down the names of layers, from the outputs to the tokens. */
async function* names(page: Page): AsyncGenerator<{ x: number; y: number }> {
  const area = (await page.locator(".graph").boundingBox())!;
  for (let y = 4; y < area.height - 66; y += 8) yield { x: area.x + 24, y: area.y + y };
}

/** Opens the menu of the first name of a layer from above. */
async function openLayerMenu(page: Page): Promise<void> {
  const menu = page.getByRole("menu");
  for await (const { x, y } of names(page)) {
    await page.mouse.click(x, y, { button: "right" });
    // Its code comes with the first one.
    const opened = await menu.waitFor({ timeout: 1000 }).then(
      () => true,
      () => false,
    );
    if (!opened) continue;
    if (/^layer/.test((await menu.getAttribute("aria-label")) ?? "")) return;
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" });
  }
  throw new Error("no name of a layer has a menu");
}

/** Clicks the name of what is collapsed, found by what its tip says. */
async function clickCollapsed(page: Page): Promise<void> {
  for await (const { x, y } of names(page)) {
    await page.mouse.move(x, y);
    await page.waitForTimeout(30);
    if ((await page.locator(".tip", { hasText: "click: expand" }).count()) === 0) continue;
    await page.mouse.click(x, y);
    return;
  }
  throw new Error("no name says that it expands");
}

describe("layers and tokens", () => {
  it("collapse by menu, and by one click on their name are back", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    const shown = await shownCount(page);
    await openLayerMenu(page);
    await page.getByRole("menuitem", { name: /^Collapse layer \d/ }).click();
    await chip(page).waitFor();
    expect(await chip(page).innerText()).toMatch(/^1 layer, \d+ nodes? collapsed/);
    await page.locator(".legend", { hasText: "collapsed" }).waitFor();
    // Nothing less is shown: it stands in less room.
    expect(await shownCount(page)).toBe(shown);
    await clickCollapsed(page);
    await chip(page).waitFor({ state: "detached" });

    // All below it, as one row; and back by its chip.
    await openLayerMenu(page);
    await page.getByRole("menuitem", { name: "Collapse all below it" }).click();
    await expect.poll(() => chip(page).innerText()).toMatch(/^\d+ layers?, \d+ nodes collapsed/);
    await chip(page).getByRole("button").click();
    await chip(page).waitFor({ state: "detached" });
  });

  it("that are collapsed draw their edges, summed, under the pointer", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("z");
    const field = page.locator("dialog input[name=answer]");
    await field.fill("0-1");
    await field.press("Enter");
    await chip(page).waitFor();
    // Layers show bitmaps that tell no pixels; the tip covers none of this half.
    const picture = async (): Promise<Buffer> => {
      const { x, y, width, height } = (await page.locator(".graph").boundingBox())!;
      return page.screenshot({ clip: { x: x + 0.6 * width, y, width: 0.4 * width, height } });
    };
    const before = await picture();
    const tip = page.locator(".tip", { hasText: "collapsed" });
    for await (const { x, y } of names(page)) {
      await page.mouse.move(x, y);
      await page.waitForTimeout(30);
      if ((await tip.count()) > 0) break;
    }
    expect(await tip.innerText()).toMatch(/[\d,]+ edges of [\d,]+ nodes summed into [\d,]+ links?/);
    await expect.poll(async () => (await picture()).equals(before)).toBe(false);
    await page.mouse.move(700, 5);
    await tip.waitFor({ state: "detached" });
    await expect.poll(async () => (await picture()).equals(before)).toBe(true);
  });

  it("collapse by keys, are told in the list, undone and kept", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    const shown = await shownCount(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.keyboard.press("z");
    await expect.poll(() => chip(page).innerText()).toMatch(/^1 layer, /);
    await page.keyboard.press("Shift+Z");
    await expect.poll(() => chip(page).innerText()).toMatch(/^1 layer, 1 token, /);
    await page.keyboard.press("Control+z");
    await expect.poll(() => chip(page).innerText()).toMatch(/^1 layer, \d/);
    await page.keyboard.press("z");
    await chip(page).waitFor({ state: "detached" });

    // Without a selection the keys ask which.
    await page.keyboard.press("Escape");
    await page.keyboard.press("z");
    const field = page.locator("dialog input[name=answer]");
    await field.fill("0-1");
    await field.press("Enter");
    await field.waitFor({ state: "detached" });
    await expect.poll(() => chip(page).innerText()).toMatch(/^2 layers, \d+ nodes collapsed/);
    const nCollapsed = Number(/(\d+) nodes/.exec(await chip(page).innerText())?.[1]);
    await saved(page);
    await page.reload();
    await ready(page);
    await chip(page).waitFor();

    // The list has a count in their place, and each with its way back.
    await page.keyboard.press("l");
    await page.locator(".collapsed").getByText("layers 0 to 1").waitFor();
    await page.getByRole("heading", { name: /^Layer 1 .*collapsed/ }).waitFor();
    const more = page.getByRole("button", { name: /more of/ });
    while ((await more.count()) > 0) await more.first().click();
    expect(await page.getByRole("treeitem").count()).toBe(shown - nCollapsed);
    expect(await AxeBuilder(page)).toEqual([]);
    await page.getByRole("button", { name: "Expand layers 0 to 1" }).click();
    await page.locator(".collapsed").waitFor({ state: "detached" });
    while ((await more.count()) > 0) await more.first().click();
    expect(await page.getByRole("treeitem").count()).toBe(shown);
    await page.keyboard.press("Control+z");
    await page.locator(".collapsed").waitFor();
    await page.keyboard.press("Shift+X");
    await page.locator(".collapsed").waitFor({ state: "detached" });
  });

  it("a range is chosen with Shift, and what is in it can still be walked to", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    const area = (await page.locator(".graph").boundingBox())!;
    const foot = area.y + area.height - 40;
    // From the last token's name to the left, until a second column is selected.
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    const several = page.locator(".inspector-head h2", { hasText: "nodes treated as one" });
    for (let x = area.x + area.width - 20; x > area.x + 60; x -= 12) {
      await page.keyboard.down("Shift");
      await page.mouse.click(x, foot);
      await page.keyboard.up("Shift");
      if ((await several.count()) === 0) continue;
      await page.keyboard.press("Shift+Z");
      await expect.poll(() => chip(page).innerText()).toMatch(/^\d+ tokens?, \d+ nodes collapsed/);
      if (/^[2-9] tokens/.test(await chip(page).innerText())) break;
      await page.keyboard.press("Control+z");
      await chip(page).waitFor({ state: "detached" });
    }
    expect(await chip(page).innerText()).toMatch(/^[2-9] tokens/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.locator(".inspector-head h2").waitFor();
  });
});

/** Moves over the pane until the tip is of an edge, and gives what it says. */
async function findEdge(page: Page): Promise<{ x: number; y: number; text: string }> {
  const area = (await page.locator(".graph").boundingBox())!;
  const tip = page.locator(".tip", { hasText: "→" });
  for (const part of [0.12, 0.2, 0.28, 0.36, 0.44, 0.52, 0.6]) {
    const y = area.y + part * area.height;
    for (let x = area.x + 60; x < area.x + area.width - 10; x += 8) {
      await page.mouse.move(x, y);
      await page.waitForTimeout(10);
      if ((await tip.count()) > 0) return { x, y, text: await tip.innerText() };
    }
  }
  throw new Error("no edge was met");
}

describe("an edge", () => {
  it("is told under the pointer, with both normalisations, and a click asks why", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    const output = await selectedText(page);
    const { x, y, text } = await findEdge(page);
    expect(text).toMatch(/share [+−][\d.e-]+ % of its target's absolute input/);
    const raw = /raw ([−\d.]+), in units of its target's input/.exec(text)?.[1];
    expect(raw).toBeDefined();
    expect(text).toContain(output);
    await page.mouse.click(x, y);

    // The same edge, of the same node.
    const why = page.getByRole("tab", { name: "Why this edge" });
    expect(await why.getAttribute("aria-selected")).toBe("true");
    expect(await selectedText(page)).toBe(output);
    await page
      .locator(".inspector-body")
      .getByText(`The edge is ${raw} in units of`)
      .or(page.locator(".inspector-body").getByText(`This edge of ${raw} crosses no attention`))
      .waitFor({ timeout: 30_000 });
    const [source] = text.split(" → ");
    const chosen = page.getByLabel("The other end of the edge").locator("option:checked");
    expect(await chosen.innerText()).toContain(source);

    // Without a selection no edge is drawn, and none is told.
    await page.keyboard.press("Escape");
    expect(await page.locator(".tip").count()).toBe(0);
    await page.mouse.move(x, y + 1);
    await page.waitForTimeout(50);
    expect(await page.locator(".tip", { hasText: "→" }).count()).toBe(0);
  });
});
