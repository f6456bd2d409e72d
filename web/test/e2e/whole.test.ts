// The whole way on the model that ships as the default, with its dictionary and its index of
// features. Nothing here knows a feature of it: those are met where the page lists them.

import { readFile } from "node:fs/promises";
import type { GraphHead } from "../../src/wire.ts";
import { api } from "./api.ts";
import AxeBuilder from "./axe.ts";
import { answer, openSite, ready, type Site, saved, selectedText } from "./fixture.ts";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  type Locator,
  type Page,
} from "./playwright.ts";

const PROMPT = "the capital of the state containing Oak gate is";
const ANSWER = "Willa";

let site: Site;
beforeAll(async () => {
  site = await openSite({ model: null });
});
afterAll(async () => {
  await site.close();
});

/** The named features of the list, the strongest first in each layer, from the last layer down. */
const features = (page: Page): Locator =>
  page.locator(".list-item:not(.inner)[data-node]", { hasText: "≈" });

/** Inputs of the selection that have a name of the index. */
const named = (page: Page): Locator =>
  page.locator("section[aria-label=Inputs] .link", { hasText: "≈" });

const box = (page: Page, name: string): Locator => page.locator(".box", { hasText: name });

describe("the default model", () => {
  it("traces, walks, pins, groups, renames, undoes, reloads the same, prunes, tests, draws", async () => {
    const { default_model: model } = await api<{ default_model: string }>(site, "status");
    const page = await site.open("/new");
    await page.getByRole("textbox", { name: "Prompt", exact: true }).fill(PROMPT);
    await page.getByRole("button", { name: "Trace", exact: true }).click();
    await page.waitForURL(/\/g\/[a-z0-9-]+/, { timeout: 90_000 });
    const { pathname } = new URL(page.url());
    const graph = pathname.split("/").at(-1)!;
    const head = await api<GraphHead>(site, `graphs/${graph}`);
    expect(head.provenance.model.name).toBe(model);
    expect(head.targets[0].label.trim()).toBe(ANSWER);
    // A view of its own: the shipped example gives the same graph.
    await page.goto(`${site.server.url}${pathname}?view=whole`);
    await ready(page);

    // Walk from the output along the strongest features, and back.
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    expect(await selectedText(page)).toContain(ANSWER);
    await page.keyboard.press("p");
    const walked: string[] = [await selectedText(page)];
    for (let step = 0; step < 2; step++) {
      // What leads the list may be an error, which nothing leads to.
      await named(page).first().click();
      await expect.poll(() => selectedText(page)).not.toBe(walked.at(-1));
      walked.push(await selectedText(page));
    }
    await page.locator(".graph").focus();
    await page.keyboard.press("[");
    expect(await selectedText(page)).toBe(walked[1]);

    // The first two features of the list, as a group. Names of the index stand for them.
    await page.keyboard.press("l");
    await features(page).nth(1).waitFor();
    const node = await features(page).first().getAttribute("data-node");
    const one = page.locator(`.list-item:not(.inner)[data-node="${node}"]`);
    await one.click();
    const first = await selectedText(page);
    await page.locator(".inspector-head .chip", { hasText: "label: automatic" }).waitFor();
    expect(first).toContain("≈");
    await page.keyboard.press("p");
    await features(page)
      .nth(1)
      .click({ modifiers: ["Control"] });
    await expect.poll(() => page.locator(".box").count()).toBe(3);
    await features(page)
      .nth(1)
      .click({ modifiers: ["Shift"] });
    expect(await selectedText(page)).toBe("2 nodes treated as one");
    await page.keyboard.press("g");
    await answer(page, "say the city");
    await box(page, "say the city").filter({ hasText: "2 nodes" }).waitFor();

    // Another name for one of them, taken back and given again.
    await one.click();
    await page.keyboard.press("r");
    await answer(page, "my name");
    expect(await selectedText(page)).toContain("my name");
    await page.keyboard.press("Control+z");
    await expect.poll(() => selectedText(page)).toBe(first);
    await page.keyboard.press("Control+Shift+z");
    await expect.poll(() => selectedText(page)).toContain("my name");
    await saved(page);

    // The same after a reload.
    const circuit = page.locator(".circuit svg").first();
    await page.locator(".circuit-edge").first().waitFor({ state: "attached" });
    const before = await circuit.textContent();
    await page.reload();
    await ready(page);
    await box(page, "say the city").waitFor();
    await expect.poll(() => circuit.textContent(), { timeout: 10_000 }).toBe(before);
    expect(await selectedText(page)).toContain("my name");
    expect(await AxeBuilder(page)).toEqual([]);

    // Pruning keeps the selection and says what it hides.
    const count = page.locator(".shown-count strong");
    const shown = await count.innerText();
    await page.getByRole("slider").first().fill("0.3");
    await expect.poll(() => count.innerText()).not.toBe(shown);
    expect(await selectedText(page)).toContain("my name");
    await page.locator(".chip", { hasText: "pruned" }).waitFor();

    // A test of the group: predicted beside measured.
    await box(page, "say the city").click();
    await page.keyboard.press("i");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator(".effects").waitFor({ timeout: 90_000 });
    const effects = await page.locator(".effects").innerText();
    expect(effects).toContain("say the city");
    expect(effects).toContain("%");
    expect(effects).toMatch(/predicted/i);
    await page.locator(".tests-result").getByText(ANSWER).first().waitFor();

    // The figure.
    await page.goto(`${site.server.url}${pathname}/figure?view=whole`);
    await page.locator(".studio-picture img").waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "SVG", exact: true }).click(),
    ]);
    const svg = await readFile(await download.path(), "utf8");
    expect(svg).toContain("<svg");
    expect(svg).toContain("say the city");
    expect(svg).toContain(ANSWER);
  });

  it("has examples and labels of its features without a word being collected", async () => {
    const { default_model: model } = await api<{ default_model: string }>(site, "status");
    const page = await site.open(`/features?set=${model}`);
    const link = page.locator(`a[href^="/f/${model}/"]`).first();
    await link.waitFor();
    await page.goto(site.server.url + (await link.getAttribute("href")));
    const examples = page.locator(".examples > li");
    await examples.first().waitFor();
    expect(await examples.first().locator(".peak").count()).toBe(1);
    expect(await AxeBuilder(page)).toEqual([]);
  });
});
