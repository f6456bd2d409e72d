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
  await page.locator(".box", { hasText: "L2" }).first().click();
  await page.mouse.move(5, 5);
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
  await server.close();
}
