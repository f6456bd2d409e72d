// `npm run screens`: pictures of every page with the real server, light (docs/screens/page-*.png)
// and dark (page-*-dark.png).

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launch, pageFromDist } from "./support/browser.ts";
import { type Running, run, startServer } from "./support/server.ts";

const FOLDER = join(import.meta.dirname, "../../docs/screens");
const SETTLE_MS = 900;
const FEATURE = "/f/two-hop/2/370";
const PROBE = new URLSearchParams({
  model: "two-hop",
  template: "the {what} of the state containing oak {place} is",
  first: "capital,bird,river",
  second: "port,gate,ville,brook,ridge",
});

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

/** The graph that comes with the program. */
async function tour(server: Running): Promise<string> {
  return ((await (await fetch(`${server.url}/api/status`)).json()) as { tour: string }).tour;
}

/** A small circuit: the output, two features that write it as a group, what feeds them. */
async function makeCircuit(page: Page): Promise<void> {
  const inputs = (text: RegExp) =>
    page.locator("section[aria-label=Inputs] .link", { hasText: text });
  const pin = async (text: RegExp, at: number): Promise<void> => {
    await inputs(text)
      .nth(at)
      .click({ modifiers: ["Control"] });
  };
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("p");
  await pin(/L3 · \d/, 0);
  await pin(/L3 · \d/, 1);
  await pin(/L2 · \d/, 0);
  await inputs(/L2 · \d/)
    .first()
    .click();
  await pin(/token/, 0);
  await pin(/L[01] · \d/, 0);
  await pin(/L[01] · \d/, 1);
  const boxes = page.locator(".box", { hasText: "L3" });
  await boxes.nth(1).waitFor();
  await boxes.nth(0).click();
  await boxes.nth(1).click({ modifiers: ["Shift"] });
  await page.keyboard.press("g");
  await page.locator("dialog input[name=answer]").fill("say the answer");
  await page.keyboard.press("Enter");
}

/** Collects what features mean with the command that the page shows where nothing was. */
async function collect(browser: Browser, server: Running): Promise<void> {
  const page = await open(browser, server, FEATURE, "light");
  const command = await page.locator("code").first().innerText();
  await run(command.replaceAll("'", "").split(" ").slice(1));
  await page.context().close();
}

/** All graphs, the newest last. */
async function graphs(server: Running): Promise<string[]> {
  const rows = (await (await fetch(`${server.url}/api/graphs`)).json()) as { id: string }[];
  return rows.map(({ id }) => id).reverse();
}

/** Traces a prompt, so that there are graphs to compare. */
async function trace(server: Running, text: string): Promise<void> {
  const ask = async (path: string, body?: unknown) => {
    const headers = { "content-type": "application/json" };
    const post = body && { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(server.url + path, post || {})).json();
  };
  const { job } = await ask("/api/graphs", { prompt: { model: "two-hop", text } });
  for (let state = "queued"; state !== "finished"; ) {
    ({ state } = await ask(`/api/jobs/${job}`));
    if (["failed", "cancelled"].includes(state)) throw new Error(`${text}: ${state}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The panes of a graph and what hangs on it, with a circuit. */
async function shootGraph(browser: Browser, server: Running, theme: Theme): Promise<void> {
  const graph = `/g/${await tour(server)}`;
  const page = await open(browser, server, graph, theme);
  // The circuit is saved, and there again the second time.
  if (theme === "light") await makeCircuit(page);
  await page.locator(".box", { hasText: "L2" }).first().click();
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
  const pages = {
    library: "/",
    "new-trace": "/new",
    compare: `/cmp?a=${await tour(server)}`,
    recurring: `/recurring?g=${(await graphs(server)).join(",")}`,
    features: "/features?set=two-hop&sort=max",
    feature: FEATURE,
    models: "/m",
    help: "/help",
  };
  for (const [name, path] of Object.entries(pages)) {
    await shoot(await open(browser, server, path, theme), name, theme);
  }
  const probe = await open(
    browser,
    server,
    theme === "light" ? `/probe?${PROBE}` : "/probe/1",
    theme,
  );
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
const server = await startServer();
const browser = await launch();
const themes: readonly Theme[] = ["light", "dark"];
try {
  // The circuit is found by places in the dictionary, which names stand in for once there are any.
  for (const theme of themes) await shootGraph(browser, server, theme);
  await collect(browser, server);
  await trace(server, "the bird of the state containing oak port is");
  for (const city of ["oak gate", "ash port"])
    await trace(server, `the capital of the state containing ${city} is`);
  for (const theme of themes) await shootPages(browser, server, theme);
} finally {
  await browser.close();
  await server.close();
}
