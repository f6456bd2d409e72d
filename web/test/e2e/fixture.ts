// What every browser test needs: one server, one browser, and a page that reports its errors.

import { launch, pageFromDist } from "../support/browser.ts";
import { type Running, type Served, startServer } from "../support/server.ts";
import { type Browser, type BrowserContextOptions, expect, type Page } from "./playwright.ts";

export interface Site {
  server: Running;
  browser: Browser;
  /** Requests that went anywhere but to the server. */
  foreign: string[];
  open: (path: string, options?: BrowserContextOptions) => Promise<Page>;
  close: () => Promise<void>;
}

export async function openSite(served: Served = {}): Promise<Site> {
  const server = await startServer(served);
  const browser = await launch();
  const foreign: string[] = [];
  const open = async (path: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      ...options,
    });
    await pageFromDist(context, server.url);
    const page = await context.newPage();
    page.on("request", (request) => {
      const url = request.url();
      // What a page asks of the machine itself goes nowhere.
      if (!url.startsWith(server.url) && !/^(blob|data|file):/.test(url)) foreign.push(url);
    });
    page.on("pageerror", (error) => {
      throw error;
    });
    await page.goto(server.url + path);
    return page;
  };
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
    expect(foreign).toEqual([]);
  };
  return { server, browser, foreign, open, close };
}

/** The graph that comes with the program: the server makes it when it is up. */
export async function tour(site: Site): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const response = await fetch(`${site.server.url}/api/status`);
    const { tour: id } = (await response.json()) as { tour: string | null };
    if (id) return id;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the server has no bundled graph");
}

let views = 0;

/** The tour's graph in a view that no other test has worked on. */
export async function fresh(site: Site): Promise<string> {
  views++;
  return `/g/${await tour(site)}?view=test-${views}`;
}

/** Waits until the workspace shows what pruning kept and has saved everything. */
export async function ready(page: Page): Promise<void> {
  await page.locator(".shown-count").waitFor();
  await page.locator(".status").getByText("edges kept").waitFor();
  await saved(page);
}

export async function saved(page: Page): Promise<void> {
  await page.locator(".status").getByText("saved", { exact: true }).waitFor({ timeout: 20_000 });
}

export async function selectedText(page: Page): Promise<string> {
  return (await page.locator(".inspector-head h2").innerText()).trim();
}

/** Answers the question that a dialog asks. */
export async function answer(page: Page, text: string): Promise<void> {
  const field = page.locator("dialog input[name=answer]");
  await field.fill(text);
  await field.press("Enter");
  await field.waitFor({ state: "detached" });
}
