// `npm run screens`: pictures of the page with the real server, into docs/screens/page-*.png.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launch, pageFromDist } from "./support/browser.ts";
import { type Running, startServer } from "./support/server.ts";

const FOLDER = join(import.meta.dirname, "../../docs/screens");
const SETTLE_MS = 900;

async function open(
  browser: Browser,
  server: Running,
  path: string,
  options: BrowserContextOptions & { theme?: string } = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  await context.addInitScript(
    `localStorage.setItem("connectome.theme", ${JSON.stringify(options.theme ?? "light")})`,
  );
  await pageFromDist(context, server.url);
  const page = await context.newPage();
  await page.goto(server.url + path);
  await page.waitForTimeout(SETTLE_MS);
  return page;
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(FOLDER, `page-${name}.png`) });
  process.stdout.write(`page-${name}.png\n`);
}

/** Walks from the first output along the strongest inputs and groups what is met in pairs. */
async function makeCircuit(page: Page): Promise<void> {
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("p");
  for (let step = 0; step < 4; step++) {
    const inputs = page.locator("section[aria-label=Inputs] .link");
    const next = inputs.nth(step % 2);
    if ((await next.count()) === 0) break;
    await next.click();
    await page.keyboard.press("p");
    await page.waitForTimeout(150);
  }
  const token = page.locator("section[aria-label=Inputs] .link", { hasText: "token" }).first();
  if ((await token.count()) > 0) {
    await token.click();
    await page.keyboard.press("p");
  }
  await page.keyboard.press("[");
}

mkdirSync(FOLDER, { recursive: true });
const server = await startServer();
const browser = await launch();
try {
  const status = (await (await fetch(`${server.url}/api/status`)).json()) as { tour: string };
  const graph = `/g/${status.tour}`;
  await shoot(await open(browser, server, "/new"), "new-trace");
  const page = await open(browser, server, graph);
  await makeCircuit(page);
  await shoot(page, "workspace");
  await page.keyboard.press("k");
  await shoot(page, "tokens");
  await page.keyboard.press("i");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".effects").waitFor({ timeout: 90_000 });
  await shoot(page, "test");
  await page.getByRole("button", { name: "Test all groups" }).click();
  await page.locator(".matrix").waitFor({ timeout: 90_000 });
  await page.keyboard.press("4");
  await shoot(page, "matrix");
  const dark = await open(browser, server, graph, { theme: "dark" });
  await dark.locator(".graph").focus();
  await dark.keyboard.press("ArrowUp");
  await shoot(dark, "dark");
  await shoot(await open(browser, server, "/"), "library");
  await shoot(await open(browser, server, `${graph}/figure`), "figure");
  await shoot(await open(browser, server, "/m"), "models");
  await shoot(await open(browser, server, "/help"), "help");
  const phone = await open(browser, server, graph, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
  });
  await shoot(phone, "phone");
} finally {
  await browser.close();
  await server.kill();
}
