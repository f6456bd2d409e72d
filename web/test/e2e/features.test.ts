// The pages of features and probes, against the real server with an index that is collected here.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "../support/server.ts";
import { api, made } from "./api.ts";
import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

const TEXT = [
  "the capital of the state containing oak port is Alder",
  "the bird of the state containing oak port is falcon",
  "the river of the state containing cold ridge is Vyrnwy",
].join("\n");
const PROMPT = "the capital of the state containing oak port is";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

describe("features and probes", () => {
  it("a feature is named where nothing was collected, and that is taken back", async () => {
    const page = await site.open("/f/two-hop/2/371");
    const notice = page.getByRole("region", { name: "Nothing was collected" });
    await notice.waitFor();
    await page.getByText("No name yet.").waitFor();
    await page.keyboard.press("r");
    const field = page.locator("dialog input[name=answer]");
    await field.fill("the okapi");
    await field.press("Enter");
    const name = page.locator(".feature-label", { hasText: "the okapi" });
    await name.waitFor();
    await page.getByText("by hand", { exact: true }).waitFor();
    await notice.waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    await page.reload();
    await name.waitFor();
    await page.getByRole("button", { name: "Rename" }).click();
    await field.fill("");
    await field.press("Enter");
    await name.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await name.waitFor();
    // A feature that the dictionary has not is none, with a name or without.
    await page.goto(`${site.server.url}/f/two-hop/9/0`);
    await page.getByText("The feature could not be shown").waitFor();
  });

  it("without an index the page says the command, and finds what it made", async () => {
    const page = await site.open("/f/two-hop/2/370");
    const notice = page.getByRole("region", { name: "Nothing was collected" });
    await notice.waitFor();
    const command = await notice.locator("code").first().innerText();
    expect(command).toContain("connectome features collect --model two-hop --out ");
    // The command as it stands, on a text of three lines so that it is quick.
    const words = command.replaceAll("'", "").split(" ").slice(1);
    const text = join(site.server.folder, "text.txt");
    writeFileSync(text, TEXT);
    await run([...words, "--data", text]);
    await notice.getByRole("button", { name: "Look again" }).click();
    await page.getByText("largest").first().waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("a feature is found by its name, and shows examples and neighbours", async () => {
    const page = await site.open("/features?set=two-hop");
    await page.getByLabel("Name holds").fill('at "is"');
    await page.getByRole("button", { name: "largest" }).click();
    const rows = page.locator("table.features tbody tr");
    // Not the rows of before the name was typed or the order changed.
    await page.waitForLoadState("networkidle");
    await rows.first().filter({ hasText: 'at "is"' }).waitFor();
    expect(new URL(page.url()).searchParams.get("sort")).toBe("max");
    const name = await rows.first().locator("a").innerText();
    await rows.first().locator("a").click();
    await page.getByRole("heading", { name: name.replace("/", " · ") }).waitFor();
    await page.locator(".examples .peak", { hasText: "is" }).first().waitFor();
    await page.getByText("Raises the logits of").waitFor();
    await page.getByText("Weights to and from other features").click();
    await page.getByText("Act on it").waitFor();
    await page.locator(".split-list a").first().waitFor();
    // Its decoder has a length for each layer from its own to the last.
    const writes = page.getByRole("region", { name: "Writes to layers" });
    await writes.getByText(/^L3$|To layer 3 alone/).waitFor();
    await page.getByText("Not in the index: whether another's decoder").waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    // Its page is marked as the list is, fits a phone, and the last feature has no next one.
    await page.locator(".feature-label", { hasText: /^≈ / }).waitFor();
    await page.getByText(/^Fires with/).click();
    await page.getByRole("columnheader", { name: "Jaccard" }).waitFor();
    await page.getByRole("cell", { name: /bits$/ }).first().waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    const { sets } = await (await fetch(`${site.server.url}/api/features`)).json();
    const set = sets.find((one: { name: string }) => one.name === "two-hop");
    const last = set.n_features - 1;
    await page.goto(`${site.server.url}/f/two-hop/0/${last}`);
    await page.getByRole("link", { name: `← ${last - 1}` }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await page.getByRole("link", { name: `${last + 1} →` }).count()).toBe(0);
    await page.goto(`${site.server.url}/f/two-hop/0/${last + 1}`);
    await page.getByText(/has no feature L0/).waitFor();
    await page.goto(`${site.server.url}/features?set=two-hop&text=${encodeURIComponent(PROMPT)}`);
    await page.getByText("each where it is strongest").waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("a list is filtered by numbers and names, says how, and finds its place again", async () => {
    const page = await site.open("/features?set=two-hop");
    const rows = page.locator("table.features tbody:not(.space) tr");
    const count = page.locator("p[role=status]");
    await rows.nth(20).waitFor();
    const all = Number((await count.innerText()).replace(/\D/g, ""));
    expect(await rows.count()).toBeLessThan(100);
    expect(await page.locator("table.features").getAttribute("aria-rowcount")).toBe(`${all + 1}`);
    // The last row is reached by the keys that scroll, and comes when it is in sight.
    const list = page.getByRole("region", { name: "Features" });
    await list.focus();
    await page.keyboard.press("End");
    await page.locator(`tr[aria-rowindex="${all + 1}"] a`).waitFor();
    await page.locator(`tr[aria-rowindex="${all + 1}"] a`).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.goBack();
    await page.locator(`tr[aria-rowindex="${all + 1}"] a`).waitFor();
    // Each head sorts by its column, and the other way round.
    const largest = page.getByRole("columnheader", { name: "largest" });
    await largest.getByRole("button").click();
    await page.waitForURL(/sort=max/);
    await largest.getByRole("button").click();
    await page.waitForURL(/sort=weakest/);
    expect(await largest.getAttribute("aria-sort")).toBe("ascending");
    await page.getByLabel("Layer").selectOption("2");
    await page.getByLabel("Name given").selectOption("nobody");
    await page.getByLabel("Fires on, % of tokens, at most").fill("50");
    await page.getByText("fires on at most 50 % of tokens").waitFor();
    await count.getByText(/of .* features that fired/).waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      set: "two-hop",
      sort: "weakest",
      layer: "2",
      named: "nobody",
      frequency: "..0.5",
    });
    expect(await AxeBuilder(page)).toEqual([]);
    // An address is the whole of it; a cross takes one away, a button all of them.
    await page.reload();
    await page.getByRole("button", { name: "Without: layer 2" }).click();
    await page.waitForURL((url) => !url.searchParams.has("layer"));
    await page.getByRole("button", { name: "Show all" }).click();
    await count.getByText(`${all.toLocaleString("en")} features that fired`).waitFor();
    expect(await page.getByLabel("Fires on, % of tokens, at most").inputValue()).toBe("");
    await page.getByLabel("Largest activation, at least").fill("1e9");
    await page.getByText("No feature is all of this").waitFor();
  });

  it("what fires on a text is filtered in the same way", async () => {
    const query = new URLSearchParams({ set: "two-hop", text: PROMPT, named: "nobody" });
    const page = await site.open(`/features?${query}`);
    await page.getByText(/\d of \d+ features that fire on it/).waitFor();
    await page.getByRole("button", { name: "Without: without a name" }).click();
    await page.getByText(/^\d+ features that fire on it/).waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("names of the index stand on nodes, marked, until a person names them", async () => {
    const prompt = { model: "two-hop", text: PROMPT };
    const { graph } = await made(site, "graphs", { prompt });
    type Head = { labels: { node: number; text: string }[] };
    const head = await api<Head>(site, `graphs/${graph}`);
    const { node, text } = head.labels[0];
    const page = await site.open(`/g/${graph}#s=${node}`);
    await ready(page);
    const title = page.locator(".inspector-head h2");
    await title.getByText(`≈ ${text}`).waitFor();
    await title.getByText("label: automatic").waitFor();
    await page.locator(".graph").focus();
    await page.keyboard.press("r");
    await page.locator("dialog input[name=answer]").fill("mine");
    await page.keyboard.press("Enter");
    await title.getByText("mine", { exact: true }).waitFor();
    await title.getByText("label: you").waitFor();
    await page.getByRole("tab", { name: "Feature", exact: true }).click();
    await page.getByRole("img", { name: /Histogram: .*; here/ }).waitFor();
    await page.getByRole("tab", { name: "Operand", exact: true }).click();
    await page.getByText("No probe of two-hop/clt was kept yet").waitFor();
    await page.getByRole("link", { name: "Probe it" }).waitFor();

    // Saved as one file, the feature is there without the server.
    await page.locator(".graph").focus();
    await page.keyboard.press("p");
    await page.locator(".box").first().waitFor();
    await saved(page);
    const file = join(site.server.folder, "named.html");
    const html = await fetch(`${site.server.url}/api/graphs/${graph}/export?format=html`);
    writeFileSync(file, await html.text());
    await page.goto(`${pathToFileURL(file).href}#s=${node}`);
    await page.getByText(/Examples of .* features shown are inside/).waitFor();
    await page.getByRole("tab", { name: "Feature", exact: true }).click();
    await page.getByRole("img", { name: /Histogram: .*; here/ }).waitFor();
    await page.locator(".examples .peak").first().waitFor();
    expect(await page.getByText("Weights to and from other features").count()).toBe(0);
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("a probe runs, is looked at cell by cell, and is listed", async () => {
    const query = new URLSearchParams({
      model: "two-hop",
      template: "the {what} of the state containing oak {place} is",
      first: "capital,bird,river",
      second: "port,gate,ville,brook",
    });
    const page = await site.open(`/probe?${query}`);
    await page.getByRole("region", { name: "New probe" }).waitFor();
    await page.getByLabel("Only features that fire on so many cells").fill("2");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/probe\/1/);
    const plots = page.locator(".gallery canvas");
    await plots.first().waitFor();
    // Something is drawn: not every pixel is clear.
    const drawn = await plots.first().evaluate((canvas: HTMLCanvasElement) => {
      const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
      return [canvas.width, canvas.height, data?.some((value) => value > 0)];
    });
    expect(drawn).toEqual([3, 4, true]);
    await page.locator(".gallery button").first().click();
    const plot = page.getByRole("application");
    await plot.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowUp");
    const words = await page.locator(".cell-words").innerText();
    expect(words).toContain("the bird of the state containing oak gate is");
    expect(words).toContain("the model says");
    expect(await AxeBuilder(page)).toEqual([]);
    await page.getByRole("link", { name: "Page of the feature" }).click();
    // Its page has the plot, too, and starts another probe of it.
    const operand = page.getByRole("region", { name: "Operand" });
    await operand.locator("canvas").waitFor();
    expect(await operand.innerText()).toMatch(/fires on \d+ of 12 cells/);
    await operand.getByRole("link", { name: "New probe" }).click();
    await page.getByRole("region", { name: "New probe" }).waitFor();
    expect(await page.getByLabel(/^Features/).inputValue()).toMatch(/^L\d\/\d+$/);
    await page.getByRole("link", { name: "the {what} of the state containing oak" }).click();
    await page.waitForURL(/\/probe\/1/);
  });

  it("the inspector shows the plot of the selected feature, and has it judged", async () => {
    const { probe } = await made(site, "probes", {
      model: "two-hop",
      template: "the {what} of the state containing cold {place} is",
      first: "capital,bird",
      second: "ridge,port",
      position: -1,
      features: [{ layer: 0, index: 0 }],
      min_cells: 1,
    });
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "Operand", exact: true }).click();
    const pane = page.getByRole("tabpanel", { name: "Operand" });
    // The first probe judged it; what was asked of another feature comes after it.
    await pane.getByText(/fires on \d+ of 12 cells/).waitFor();
    await pane.getByRole("application").hover();
    await pane.locator(".cell-words", { hasText: "activation" }).waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    await pane.getByLabel("Probe").selectOption(String(probe));
    await pane.getByText("This probe judged no features but L0/0.").waitFor();
    await pane.locator("canvas").waitFor();
    await pane.getByRole("button", { name: "Judge it" }).click();
    await pane.getByText(/fires on .* of 4 cells|fires on no cell/).waitFor({ timeout: 60_000 });
    expect(await pane.getByRole("button", { name: "Judge it" }).count()).toBe(0);
  });

  it("a feature is named wherever it fires, and that is taken back", async () => {
    const page = await site.open("/features?set=two-hop&sort=max");
    const first = page.locator("table.features tbody tr").first().locator("a");
    const id = await first.innerText();
    await first.click();
    await page.getByRole("button", { name: "Rename" }).click();
    const field = page.locator("dialog input[name=answer]");
    await field.fill("the zebra");
    await field.press("Enter");
    await page.getByText("the zebra").first().waitFor();
    await page.goto(`${site.server.url}/features?set=two-hop&label=zebra`);
    const rows = page.locator("table.features tbody tr");
    await rows.first().filter({ hasText: "the zebra" }).waitFor();
    expect(await rows.count()).toBe(1);
    expect(await rows.first().locator("a").innerText()).toBe(id);
    await rows.first().locator("a").click();
    await page.getByRole("button", { name: "Rename" }).click();
    await field.fill("the quagga");
    await field.press("Enter");
    await page.getByText("the quagga").first().waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("the zebra").first().waitFor();
  });
});
