// An error that the page did not expect is in the server's log, without any text.

import { pageFromDist } from "../support/browser.ts";
import AxeBuilder from "./axe.ts";
import { openSite, ready, type Site, tour } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

describe("the log of errors", () => {
  it("has what went wrong and where, and Help lists it", async () => {
    // The fixture's own pages fail a test at any error.
    const context = await site.browser.newContext({ viewport: { width: 1440, height: 900 } });
    await pageFromDist(context, site.server.url);
    const page = await context.newPage();
    await page.goto(`${site.server.url}/g/${await tour(site)}`);
    await ready(page);
    const told = page.waitForResponse((response) => response.url().endsWith("/api/log"));
    await page.evaluate(() => {
      setTimeout(() => {
        throw new RangeError("the capital of oak port");
      });
    });
    expect((await told).status()).toBe(204);
    const log = await (await fetch(`${site.server.url}/api/log`)).text();
    expect(JSON.parse(log)).toMatchObject([
      { n: 1, error: { name: "RangeError", message: null, page: "/g" } },
    ]);
    expect(log).not.toContain("oak");
    await page.goto(`${site.server.url}/help`);
    await page.getByRole("heading", { name: "Errors of the page" }).waitFor();
    await page.getByText(/RangeError at \/g, once/).waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    await context.close();
  });
});
