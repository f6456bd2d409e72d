// `npm run screens`: pictures of every page with the real server on the default model, its dictionary
// and its index of features, light (docs/screens/page-*.png) and dark (page-*-dark.png). No feature
// is known here: those are met where the page lists them, as a retrained dictionary has others.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { launch, pageFromDist } from "./support/browser.ts";
import { type Running, startServer } from "./support/server.ts";

const FOLDER = join(import.meta.dirname, "../../docs/screens");
const SETTLE_MS = 900;
const PROBE = {
  template: "the {what} of the state containing Oak {place} is",
  first: "capital,bird",
  second: "gate,port,field,ville,brook,ridge",
};
const OTHERS = [
  "the bird of the state containing Oak gate is",
  "the capital of the state containing Oak port is",
  "the capital of the state containing Ash port is",
];

type Theme = "light" | "dark";

async function open(
  browser: Browser,
  server: Running,
  path: string,
  theme: Theme,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  await context.addInitScript(`localStorage.setItem("connectome.theme", "${theme}")`);
  await pageFromDist(context, server.url);
  const page = await context.newPage();
  await page.goto(server.url + path);
  await page.waitForTimeout(SETTLE_MS);
  return page;
}

async function shoot(page: Page, name: string, theme: Theme): Promise<void> {
  await page.waitForTimeout(SETTLE_MS);
  const file = theme === "dark" ? `page-${name}-dark.png` : `page-${name}.png`;
  await page.screenshot({ path: join(FOLDER, file) });
  process.stdout.write(`${file}\n`);
}

/** What the server serves first, and the graph that it makes of its example when it is up. */
async function served(server: Running): Promise<{ model: string; tour: string }> {
  for (let tries = 0; tries < 300; tries++) {
    const { default_model, tour } = (await (await fetch(`${server.url}/api/status`)).json()) as {
      default_model: string;
      tour: string | null;
    };
    if (tour) return { model: default_model, tour };
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the server made no graph of its example");
}

/** A small circuit: the output, two features that write it as a group, what feeds them. */
async function makeCircuit(page: Page): Promise<void> {
  // Names of the index stand for features; errors and tokens have none.
  const named = page.locator("section[aria-label=Inputs] .link", { hasText: "≈" });
  const tokens = page.locator("section[aria-label=Inputs] .link", { hasText: "token" });
  const boxes = page.locator(".box");
  const pin = async (of: Locator, at: number): Promise<void> => {
    // Of one that feeds nothing by its strongest inputs there may be none.
    if ((await of.count()) <= at) return;
    const n = await boxes.count();
    await of.nth(at).click({ modifiers: ["Control"] });
    await page.waitForFunction((was) => document.querySelectorAll(".box").length !== was, n);
  };
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("p");
  await boxes.first().waitFor();
  for (const at of [0, 1, 2]) await pin(named, at);
  await named.nth(2).click();
  await page.waitForTimeout(SETTLE_MS);
  for (const at of [0, 1]) await pin(named, at);
  await pin(tokens, 0);
  // The output was pinned first, then what feeds it most.
  await boxes.nth(1).click();
  await boxes.nth(2).click({ modifiers: ["Shift"] });
  await page.keyboard.press("g");
  await page.locator("dialog input[name=answer]").fill("say the answer");
  await page.keyboard.press("Enter");
  await page.locator(".box", { hasText: "say the answer" }).waitFor();
}

/** The first feature that the page lists of those with names and examples. */
async function listed(browser: Browser, server: Running, model: string): Promise<string> {
  const page = await open(browser, server, `/features?set=${model}&sort=max`, "light");
  const link = page.locator(`a[href^="/f/${model}/"]`).first();
  await link.waitFor();
  const path = await link.getAttribute("href");
  await page.context().close();
  if (!path) throw new Error("the index lists no feature");
  return path;
}

/** All graphs, the newest last. */
async function graphs(server: Running): Promise<string[]> {
  const rows = (await (await fetch(`${server.url}/api/graphs`)).json()) as { id: string }[];
  return rows.map(({ id }) => id).reverse();
}

/** Traces a prompt, so that there are graphs to compare. */
async function trace(server: Running, model: string, text: string): Promise<void> {
  const ask = async (path: string, body?: unknown) => {
    const headers = { "content-type": "application/json" };
    const post = body && { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(server.url + path, post || {})).json();
  };
  const { job } = await ask("/api/graphs", { prompt: { model, text } });
  for (let state = "queued"; state !== "finished"; ) {
    ({ state } = await ask(`/api/jobs/${job}`));
    if (["failed", "cancelled"].includes(state)) throw new Error(`${text}: ${state}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The panes of a graph and what hangs on it, with a circuit. */
async function shootGraph(browser: Browser, server: Running, theme: Theme): Promise<void> {
  const graph = `/g/${(await served(server)).tour}`;
  const page = await open(browser, server, graph, theme);
  // The circuit is saved, and there again the second time.
  if (theme === "light") await makeCircuit(page);
  await page.locator(".box", { hasText: "say the answer" }).click();
  await page.mouse.move(5, 5);
  await shoot(page, "workspace", theme);
  await page.keyboard.press("k");
  await shoot(page, "tokens", theme);
  await page.keyboard.press("i");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".effects").waitFor({ timeout: 90_000 });
  await shoot(page, "test", theme);
  await page.getByRole("button", { name: "Test all groups" }).click();
  await page.locator(".matrix").waitFor({ timeout: 90_000 });
  await page.keyboard.press("4");
  await shoot(page, "matrix", theme);
  await shoot(await open(browser, server, `${graph}/figure`, theme), "figure", theme);
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
  await shoot(await open(browser, server, graph, theme, phone), "phone", theme);
}

/** All other pages. */
async function shootPages(browser: Browser, server: Running, theme: Theme): Promise<void> {
  const { model, tour } = await served(server);
  const pages = {
    library: "/",
    "new-trace": "/new",
    compare: `/cmp?a=${tour}`,
    recurring: `/recurring?g=${(await graphs(server)).join(",")}`,
    features: `/features?set=${model}&sort=max`,
    feature: await listed(browser, server, model),
    models: "/m",
    help: "/help",
  };
  for (const [name, path] of Object.entries(pages)) {
    await shoot(await open(browser, server, path, theme), name, theme);
  }
  const asked = new URLSearchParams({ model, ...PROBE });
  const path = theme === "light" ? `/probe?${asked}` : "/probe/1";
  const probe = await open(browser, server, path, theme);
  if (theme === "light") {
    await probe.getByLabel("Only features that fire on so many cells").fill("3");
    await probe.getByRole("button", { name: "Run", exact: true }).click();
    await probe.waitForURL(/\/probe\/1/);
  }
  await probe.locator(".gallery canvas").first().waitFor();
  await probe.locator(".gallery button").first().click();
  await shoot(probe, "probe", theme);
}

mkdirSync(FOLDER, { recursive: true });
const server = await startServer({ model: null });
const browser = await launch();
const themes: readonly Theme[] = ["light", "dark"];
try {
  const { model } = await served(server);
  for (const theme of themes) await shootGraph(browser, server, theme);
  for (const text of OTHERS) await trace(server, model, text);
  for (const theme of themes) await shootPages(browser, server, theme);
} finally {
  await browser.close();
  await server.close();
}
