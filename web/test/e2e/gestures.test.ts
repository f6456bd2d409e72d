// The canvas under a mouse: a lasso, moving it, the wheel, and the small picture of the whole graph.

import { fresh, openSite, ready, type Site } from "./fixture.ts";
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

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

const area = async (of: Locator): Promise<Area> => (await of.boundingBox())!;

const several = (page: Page): Locator =>
  page.locator(".inspector-head h2", { hasText: "nodes treated as one" });

/** The frame of the small picture: what of the graph the canvas shows. */
const frame = (page: Page): Locator => page.locator(".minimap > span");

/** Draws a lasso around a part of the canvas, given in shares of it, back to where it began. */
async function lasso(page: Page, [x0, y0, x1, y1]: readonly number[]): Promise<void> {
  const { x, y, width, height } = await area(page.locator(".graph"));
  const at = (a: number, b: number): [number, number] => [x + a * width, y + b * height];
  await page.keyboard.down("Shift");
  await page.mouse.move(...at(x0, y0));
  await page.mouse.down();
  for (const [a, b] of [
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ])
    await page.mouse.move(...at(a, b), { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
}

async function start(): Promise<Page> {
  const page = await site.open(await fresh(site));
  await ready(page);
  return page;
}

/** Turns the wheel over the middle of the canvas until it shows a part only. */
async function zoomIn(page: Page): Promise<void> {
  const { x, y, width, height } = await area(page.locator(".graph"));
  await page.mouse.move(x + width / 2, y + height / 2);
  for (let turn = 0; turn < 4; turn++) await page.mouse.wheel(0, -240);
  await page.locator(".minimap").waitFor();
}

describe("a lasso", () => {
  it("selects what it is drawn around, less of it the smaller it is, and groups it", async () => {
    const page = await start();
    await lasso(page, [0.08, 0.01, 0.99, 0.85]);
    await several(page).waitFor();
    const n = async (): Promise<number> =>
      Number((await several(page).innerText()).replace(/\D+/g, ""));
    const all = await n();
    await lasso(page, [0.5, 0.01, 0.99, 0.85]);
    await expect.poll(n).toBeLessThan(all);
    const some = await n();
    expect(some).toBeGreaterThan(1);
    // The canvas stayed where it was: the same lasso selects the same.
    await page.keyboard.press("Escape");
    await several(page).waitFor({ state: "detached" });
    await lasso(page, [0.5, 0.01, 0.99, 0.85]);
    await expect.poll(n).toBe(some);
    await page.locator(".graph").focus();
    await page.keyboard.press("g");
    const field = page.locator("dialog input[name=answer]");
    await field.fill("drawn around");
    await field.press("Enter");
    await page
      .locator(".box", { hasText: "drawn around" })
      .filter({ hasText: `${some} nodes` })
      .waitFor();
  });
});

describe("the canvas", () => {
  it("is zoomed by the wheel, and the small picture says what is shown", async () => {
    const page = await start();
    expect(await page.locator(".minimap").count()).toBe(0);
    await zoomIn(page);
    const before = await area(frame(page));
    await page.mouse.wheel(0, -240);
    await expect.poll(async () => (await area(frame(page))).width).toBeLessThan(before.width);
    // All of it again by its key.
    for (let turn = 0; turn < 8; turn++) await page.mouse.wheel(0, 480);
    await page.locator(".minimap").waitFor({ state: "detached" });
  });

  it("is moved by dragging, as much as the pointer was", async () => {
    const page = await start();
    await zoomIn(page);
    const before = await area(frame(page));
    const graph = await area(page.locator(".graph"));
    const [x, y] = [graph.x + graph.width / 2, graph.y + graph.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 150, y + 60, { steps: 6 });
    await page.mouse.up();
    // The frame goes the other way, by the share of the canvas that it was dragged.
    const share = before.width / graph.width;
    await expect
      .poll(async () => Math.abs((await area(frame(page))).x - before.x - 150 * share))
      .toBeLessThan(1.5);
    const now = await area(frame(page));
    expect(now.y).toBeLessThan(before.y);
    expect(now.width).toBeCloseTo(before.width, 1);
    // A drag is no click: nothing was selected by it.
    expect(await page.locator(".inspector-head h2").count()).toBe(0);
  });

  it("goes where the small picture is pressed", async () => {
    const page = await start();
    await zoomIn(page);
    const map = await area(page.locator(".minimap"));
    const centre = async (): Promise<number> => {
      const { x, width } = await area(frame(page));
      return x + width / 2;
    };
    for (const part of [0.25, 0.75]) {
      const x = map.x + part * map.width;
      await page.mouse.click(x, map.y + map.height / 2);
      await expect.poll(async () => Math.abs((await centre()) - x)).toBeLessThan(2);
    }
    // And follows while it is dragged.
    await page.mouse.down();
    await page.mouse.move(map.x + map.width / 2, map.y + map.height / 2, { steps: 4 });
    await page.mouse.up();
    await expect
      .poll(async () => Math.abs((await centre()) - map.x - map.width / 2))
      .toBeLessThan(2);
  });
});
