// The workspace from a trace to a figure.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { BINARY } from "../support/server.ts";
import AxeBuilder from "./axe.ts";
import { answer, fresh, openSite, ready, type Site, saved, selectedText } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

describe("the workspace", () => {
  it("traces, walks, pins, groups, renames, undoes, reloads the same, prunes, tests, draws", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const page = await site.open("/new", { permissions });
    await page.getByRole("button", { name: "Trace", exact: true }).click();
    await page.waitForURL(/\/g\/[a-z0-9-]+/, { timeout: 90_000 });
    await ready(page);
    // The shipped example gives the tour's graph, which other tests look at, too.
    const { pathname } = new URL(page.url());
    await page.goto(`${site.server.url}${pathname}?view=whole`);
    await ready(page);

    // Walk from the first output along the strongest inputs until a feature is reached, twice.
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    const first = await selectedText(page);
    await page.keyboard.press("p");
    await page.keyboard.press("Enter");
    const second = await selectedText(page);
    expect(second).not.toBe(first);
    await page.keyboard.press("[");
    expect(await selectedText(page)).toBe(first);
    await page.keyboard.press("]");

    // A group of both.
    await page.keyboard.press("g");
    await answer(page, "the state");
    await page.locator(".box", { hasText: "the state" }).waitFor();
    await page.keyboard.press("[");
    await page.keyboard.press("r");
    await answer(page, "my name");
    expect(await selectedText(page)).toContain("my name");
    await page.keyboard.press("Control+z");
    expect(await selectedText(page)).toBe(first);
    await page.keyboard.press("Control+Shift+z");
    expect(await selectedText(page)).toContain("my name");
    await saved(page);

    // The same after a reload.
    await page.locator(".circuit-edge").first().waitFor({ state: "attached" });
    const before = await page.locator(".circuit svg").first().textContent();
    await page.reload();
    await ready(page);
    await page.locator(".box", { hasText: "the state" }).waitFor();
    // The edges come after the boxes.
    await expect
      .poll(() => page.locator(".circuit svg").first().textContent(), { timeout: 10_000 })
      .toBe(before);
    expect(await selectedText(page)).toContain("my name");

    // Pruning keeps the selection and says what it hides.
    const shown = await page.locator(".shown-count strong").innerText();
    await page.getByRole("slider").first().fill("0.3");
    await page.waitForFunction(
      (was) => document.querySelector(".shown-count strong")?.textContent !== was,
      shown,
    );
    expect(await selectedText(page)).toContain("my name");
    await page.locator(".chip", { hasText: "pruned" }).waitFor();

    // A test of the group: predicted beside measured.
    await page.keyboard.press("i");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator(".effects").waitFor({ timeout: 90_000 });
    const effects = await page.locator(".effects").innerText();
    expect(effects).toContain("%");
    expect(effects).toMatch(/predicted/i);

    // The figure, drawn by the server from the saved view, with a box where it was moved to.
    await page.keyboard.press("c");
    await page.locator(".box").first().focus();
    await page.keyboard.press("ArrowRight");
    await saved(page);
    await page.goto(`${site.server.url}${pathname}/figure?view=whole`);
    await page.locator(".studio-picture img").waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "SVG", exact: true }).click(),
    ]);
    const svg = await readFile(await download.path(), "utf8");
    expect(svg).toContain("<svg");
    expect(svg).toContain("the state");
    // The command that the page gives draws the same bytes in the workspace's folder.
    expect(await page.getByRole("radio", { name: /where they stand/ }).isChecked()).toBe(true);
    await page.getByRole("button", { name: "Copy the command" }).click();
    await page.getByText("Command copied").waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const path = `${dirname(BINARY ?? "")}:${process.env.PATH}`;
    const env = { ...process.env, PATH: path };
    await promisify(execFile)("sh", ["-c", command], { cwd: site.server.folder, env });
    expect(await readFile(join(site.server.folder, "figure.svg"), "utf8")).toBe(svg);
  });

  it("opens a group: its note is kept, members move and leave, scores and edges are counted", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("p");
    for (const row of [0, 1, 2, 3, 4, 5]) {
      const input = page.locator("section[aria-label=Inputs] .link").nth(row);
      await input.click({ modifiers: ["Control"] });
    }
    const scores = page.locator(".circuit .scores");
    await expect.poll(() => scores.innerText()).toMatch(/replacement\s+\.\d\d.*\(graph \.\d\d\)/s);
    await expect.poll(() => scores.innerText()).toContain("pins 7");

    // Edges below the threshold are counted, and come and go.
    const drawn = page.locator(".circuit-edge");
    const chip = (text: string) => page.locator(".circuit .chip", { hasText: text });
    const number = async (text: string): Promise<number> =>
      Number((await chip(text).innerText()).replace(/\D+/g, ""));
    await chip("weaker edges").getByRole("button").click();
    await expect.poll(async () => (await drawn.count()) - (await number("all"))).toBe(0);
    const all = await drawn.count();
    await chip("all").getByRole("button").click();
    expect((await drawn.count()) + (await number("weaker edges"))).toBe(all);

    // Two groups of one node; then one moves to the other.
    await page.locator(".graph").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("g");
    await answer(page, "from");
    await page.keyboard.press("[");
    await page.keyboard.press("g");
    await answer(page, "to");
    await page.locator(".box", { hasText: "from" }).click();
    await page.keyboard.press("Shift+G");
    await page.getByRole("menuitem", { name: /to “to”/ }).waitFor();
    await page.keyboard.press("1");
    await page.locator(".box", { hasText: "from" }).waitFor({ state: "detached" });

    const box = page.locator(".box", { hasText: "to" }).filter({ hasText: "2 nodes" });
    await box.click();
    await page.keyboard.press("m");
    const note = page.getByRole("textbox", { name: "Note of the group to" });
    await note.fill("what both do");
    await page.keyboard.press("Escape");
    await saved(page);
    await page.reload();
    await ready(page);
    await box.click();
    await page.keyboard.press("m");
    expect(await note.inputValue()).toBe("what both do");

    // A member leaves and is a box of its own; undo brings it back.
    const members = page.locator(".member-name");
    expect(await members.count()).toBe(2);
    const boxes = await page.locator(".box").count();
    await members.first().focus();
    await page.keyboard.press("Backspace");
    await expect.poll(() => members.count()).toBe(1);
    expect(await page.locator(".box").count()).toBe(boxes + 1);
    await expect.poll(() => scores.innerText()).toMatch(/[+−±]/);
    await page.keyboard.press("Control+z");
    await expect.poll(() => members.count()).toBe(2);
    expect(await page.locator(".box").count()).toBe(boxes);
    await page
      .getByRole("button", { name: /out of the group/ })
      .first()
      .click();
    await expect.poll(() => members.count()).toBe(1);
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("shows the same nodes on the canvas and in the list", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    const shown = Number(
      (await page.locator(".shown-count strong").innerText()).replaceAll(",", ""),
    );
    await page.keyboard.press("l");
    const more = page.getByRole("button", { name: /more of/ });
    while ((await more.count()) > 0) await more.first().click();
    expect(await page.getByRole("treeitem").count()).toBe(shown);
  });

  it("finds, hides and brings back, with a count", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.keyboard.press("/");
    await page.keyboard.type("kind:token");
    await page.locator(".find small").waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".inspector-head h2", { hasText: "nodes treated as one" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".graph").focus();
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.keyboard.press("h");
    const chip = page.locator(".chip", { hasText: "hidden by hand" });
    await chip.waitFor();
    await chip.getByRole("button").click();
    await chip.waitFor({ state: "detached" });
  });

  it("filters kinds and edges in one row, each with a count and a way back", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    const bar = page.locator(".filters");
    const chip = (text: string | RegExp) => bar.locator(".chip", { hasText: text });
    const height = (await bar.boundingBox())?.height;
    const before = await page.locator(".shown-count strong").innerText();

    // Errors by their key and in the menu are one thing.
    await page.locator(".graph").focus();
    await page.keyboard.press("x");
    await chip(/\d errors/).waitFor();
    await bar.getByText("Kinds: 3 of 4").click();
    const errors = bar.getByRole("checkbox", { name: /error nodes/ });
    expect(await errors.isChecked()).toBe(false);
    await bar.getByRole("checkbox", { name: /tokens/ }).uncheck();
    // Three chips have no room: two of them stand behind "More filters".
    await bar.getByRole("button", { name: "2 more" }).click();
    await chip(/10 tokens/).waitFor();
    await chip(/\d errors/)
      .getByRole("button")
      .click();
    await chip(/10 tokens/)
      .getByRole("button")
      .click();
    expect(await page.locator(".shown-count strong").innerText()).toBe(before);

    // Signs: all links of the output, those of one, and all again by undo.
    await page.keyboard.press("Escape");
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await bar.getByText(/^\d+ of \d+ links$/).waitFor();
    const links = async () =>
      (await bar.getByText(/^\d+ of \d+ links$/).innerText()).split(" of ").map(Number.parseFloat);
    const [all] = await links();
    await bar.getByText("More filters").click();
    await bar.getByRole("button", { name: "positive", exact: true }).click();
    const [positive] = await links();
    expect(positive).toBeLessThan(all);
    await chip(`${all - positive} negative links`).waitFor();
    expect(await AxeBuilder(page)).toEqual([]);

    // Fewer edges: the server says how many are kept.
    const edges = await page.locator(".status").getByText("edges kept").innerText();
    await bar.getByLabel("Edges kept").selectOption("0.6");
    await chip("edges pruned").waitFor();
    await expect
      .poll(() => page.locator(".status").getByText("edges kept").innerText())
      .not.toBe(edges);
    await page.keyboard.press("Escape");
    expect((await bar.boundingBox())?.height).toBe(height);
    await page.locator(".graph").focus();
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    // What pruning keeps is the server's to say, again.
    await expect.poll(async () => (await links())[0]).toBe(all);
  });

  it("carries a whole view in a link", async () => {
    const page = await site.open(await fresh(site), {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.keyboard.press("r");
    await answer(page, "linked name");
    await page.keyboard.press("p");
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await page.getByText("Link copied").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await saved(page);
    const other = await site.open((await fresh(site)) + new URL(link).hash);
    await ready(other);
    await other.locator(".box", { hasText: "linked name" }).waitFor();
    await other.keyboard.press("Control+z");
    await other.locator(".box", { hasText: "linked name" }).waitFor({ state: "detached" });
  });
});
