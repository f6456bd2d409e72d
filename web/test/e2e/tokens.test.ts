// The tokens of a graph: what the model says after each, tokens that are watched, and words that are
// put in at a place or taken out, as the "spam" test does it.

import type { Forward } from "../../src/wire.ts";
import { api } from "./api.ts";
import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved, tour } from "./fixture.ts";
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

/** The tokens of a graph in a view of its own. */
async function start(): Promise<{ page: Page; strip: Locator }> {
  const page = await site.open(await fresh(site));
  await ready(page);
  await page.keyboard.press("k");
  const strip = page.getByRole("region", { name: "Tokens", exact: true });
  await strip.waitFor();
  return { page, strip };
}

const positions = (strip: Locator): Locator =>
  strip.getByRole("list", { name: "Positions" }).getByRole("listitem");

const ids = async (): Promise<number[]> => {
  const { tokens } = await api<{ tokens: { id: number }[] }>(site, `graphs/${await tour(site)}`);
  return tokens.map(({ id }) => id);
};

/** What the model says of a text, from the server itself. */
const said = (text: readonly number[], watch: readonly number[] = []): Promise<Forward> => {
  const prompt = { model: "two-hop", text: null, ids: text, chat: false, system: null };
  return api(site, "forward", "POST", { prompt, top_k: 8, watch });
};

/** The page writes whole percents. */
const ROUNDED = 0.006;

/** A number of each text, as the page writes it. */
const numbers = (texts: readonly string[], pattern: RegExp): number[] =>
  texts.map((text) => Number(pattern.exec(text)?.[1]?.replace("−", "-") ?? Number.NaN));

describe("tokens", () => {
  it("show what comes next at each place, how unsure the model is, and its first words", async () => {
    const { page, strip } = await start();
    const graph = await ids();
    const { positions: told } = await said(graph);
    const all = positions(strip);
    expect(await all.count()).toBe(graph.length);
    const bits = numbers(await all.allInnerTexts(), /([\d.]+(?:e[+-]?\d+)?) bits/);
    bits.forEach((value, place) => {
      expect(value).toBeCloseTo(told[place].entropy_bits, 1);
    });
    // The last place is told in full: the most probable tokens and their probabilities.
    await strip.getByRole("heading", { name: /^Next token after/ }).waitFor();
    const buttons = strip.locator(".split-list .token");
    expect(await buttons.allInnerTexts()).toEqual(told.at(-1)!.top.map(({ text }) => text));

    // Another place is told when it is chosen.
    await all.nth(2).getByRole("button").click();
    await expect.poll(() => buttons.allInnerTexts()).toEqual(told[2].top.map(({ text }) => text));
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("that are watched have their probability at every place, and are kept with the view", async () => {
    const { page, strip } = await start();
    const watched = strip.locator(".positions .watched");
    expect(await watched.count()).toBe(0);
    const graph = await ids();
    const before = await said(graph);
    const set = before.positions.at(-1)!.top.slice(0, 2);
    for (const { text } of set)
      await strip.locator(".split-list").getByRole("button", { name: text, exact: true }).click();
    await expect.poll(() => watched.count()).toBe(graph.length);
    const { positions: told } = await said(
      graph,
      set.map(({ id }) => id),
    );
    // The set together.
    const together = async (): Promise<number[]> =>
      numbers(await watched.allInnerTexts(), /p ([\d.]+)/).map((value) => value / 100);
    await expect
      .poll(async () => Math.abs((await together()).at(-1)! - told.at(-1)!.watched_total))
      .toBeLessThan(ROUNDED);
    (await together()).forEach((value, place) => {
      expect(Math.abs(value - told[place].watched_total)).toBeLessThan(ROUNDED);
    });
    await strip.locator(".note", { hasText: /together p .* here$/ }).waitFor();

    // Kept, and let go of one by one; a word that somebody writes is watched, too.
    await saved(page);
    await page.reload();
    await ready(page);
    await page.keyboard.press("k");
    await expect.poll(() => watched.count()).toBe(graph.length);
    const letGo = strip.getByRole("button", { name: "Watch it no more" });
    expect(await letGo.count()).toBe(2);
    await letGo.first().click();
    await expect.poll(() => letGo.count()).toBe(1);
    await strip.getByLabel("Another token").fill(set[0].text);
    await strip.getByRole("button", { name: "Watch", exact: true }).click();
    await expect.poll(() => letGo.count()).toBe(2);
    await page.locator(".graph").focus();
    await page.keyboard.press("Control+z");
    await expect.poll(() => letGo.count()).toBe(1);
  });

  it("are put in at a place, run at once, told apart, taken out, and all is as before", async () => {
    const { strip } = await start();
    const graph = await ids();
    const all = positions(strip);
    const before = await all.allInnerTexts();
    const target = (await said(graph)).positions.at(-1)!.top[0];
    await strip
      .locator(".split-list")
      .getByRole("button", { name: target.text, exact: true })
      .click();
    await strip.locator(".positions .watched").first().waitFor();

    // Three words behind the third token.
    await all.nth(2).getByRole("button").click();
    const field = strip.getByLabel("Words to put in after this token");
    await field.fill("of the state");
    await field.press("Enter");
    await strip.getByText("3 tokens put in, marked with +.").waitFor();
    await expect.poll(() => all.count()).toBe(graph.length + 3);
    expect(await strip.locator(".token.put").count()).toBe(3);
    expect(await strip.locator(".token.put").first().innerText()).toContain("of");

    // Each place is that of the new text, and says what changed against the graph's own.
    const [of, the, state] = [graph[3], graph[4], graph[5]];
    const text = [...graph.slice(0, 3), of, the, state, ...graph.slice(3)];
    const [now, was] = [await said(text, [target.id]), await said(graph, [target.id])];
    const bits = numbers(await all.allInnerTexts(), /([\d.]+(?:e[+-]?\d+)?) bits/);
    bits.forEach((value, place) => {
      expect(value).toBeCloseTo(now.positions[place].entropy_bits, 1);
    });
    // Before the change, and of what was put in, there is none.
    for (const place of [0, 1, 2, 3, 4, 5])
      expect(await all.nth(place).innerText()).not.toContain("Δ");
    const last = await all.last().innerText();
    const change = now.positions.at(-1)!.watched_total - was.positions.at(-1)!.watched_total;
    const points = numbers([last.replace(/[\s\S]*Δ/, "")], /([+−]?[\d.]+)/)[0];
    expect(Math.abs(points / 100 - change)).toBeLessThan(ROUNDED);

    // One of them and one of the graph's leave again.
    await all.nth(3).getByRole("button").click();
    const takeOut = strip.getByRole("button", { name: "Take this token out" });
    await takeOut.click();
    await strip.getByText("2 tokens put in, marked with +.").waitFor();
    await all.nth(1).getByRole("button").click();
    await takeOut.click();
    await strip
      .getByText("2 tokens put in, marked with +; 1 token of the graph's text taken out.")
      .waitFor();
    await expect.poll(() => all.count()).toBe(graph.length + 1);
    await strip.getByRole("button", { name: "Back to the graph's text" }).click();
    await expect.poll(() => all.count()).toBe(graph.length);
    expect(await strip.locator(".token.put").count()).toBe(0);
    const plain = (texts: readonly string[]): string[] =>
      texts.map((one) => one.replace(/\s*p [^\n]*$/, "").trim());
    expect(plain(await all.allInnerTexts())).toEqual(plain(before));
  });

  it("a changed text is traced from a place of it", async () => {
    const { page, strip } = await start();
    const graph = await ids();
    await positions(strip).nth(2).getByRole("button").click();
    await strip.getByLabel("Words to put in after this token").fill("of the");
    await strip.getByRole("button", { name: "Put in", exact: true }).click();
    await expect.poll(() => strip.locator(".token.put").count()).toBe(2);
    await positions(strip).nth(4).getByRole("button", { name: /the/ }).click({ button: "right" });
    await page.getByRole("menuitem", { name: /Trace from here/ }).click();
    await page.waitForURL(/\/new\?/);
    await page.getByRole("button", { name: "Trace", exact: true }).click();
    await page.waitForURL(/\/g\/[a-z0-9-]+/, { timeout: 90_000 });
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const made = await api<{ tokens: { id: number }[]; targets: { pos: number }[] }>(
      site,
      `graphs/${id}`,
    );
    const text = [...graph.slice(0, 3), graph[3], graph[4], ...graph.slice(3)];
    expect(made.tokens.map((token) => token.id)).toEqual(text);
    expect(made.targets[0].pos).toBe(4);
  });
});
