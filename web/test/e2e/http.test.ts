// Served to other machines over plain http, where a browser has no secure context.

import { launch, pageFromDist } from "../support/browser.ts";
import { type Running, startServer } from "../support/server.ts";
import { answer, ready, saved } from "./fixture.ts";
import { afterAll, type Browser, beforeAll, describe, expect, it } from "./playwright.ts";

const NAME = "lab.test";
const TOKEN = "s3cret";

let server: Running;
let browser: Browser;
beforeAll(async () => {
  server = await startServer({
    more: ["--host", "0.0.0.0", "--name", NAME, "--token", TOKEN],
  });
  const { host } = new URL(server.url);
  browser = await launch([
    `--host-resolver-rules=MAP ${NAME} 127.0.0.1`,
    // With `CONNECTOME_PAGE=dist` the page comes from no address, and may not ask this machine.
    `--ip-address-space-overrides=${host}=public`,
  ]);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe("on another host", () => {
  it("a view loads, keeps a group after a reload, and says what it cannot copy", async () => {
    const url = server.url.replace("127.0.0.1", NAME);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await pageFromDist(context, server.url, url);
    const page = await context.newPage();
    page.on("pageerror", (error) => {
      throw error;
    });
    // The token becomes a cookie; without it nothing is answered.
    expect((await page.goto(`${url}/api/status`))?.status()).toBe(401);
    await page.goto(`${url}/api/status?token=${TOKEN}`);
    const { tour } = JSON.parse(await page.locator("body").innerText()) as { tour: string };
    await page.goto(`${url}/g/${tour}?view=over-http`);
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    expect(await page.evaluate(() => typeof crypto.randomUUID)).toBe("undefined");
    await ready(page);

    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.keyboard.press("g");
    await answer(page, "kept over http");
    const box = page.locator(".box", { hasText: "kept over http" });
    await box.waitFor();
    await saved(page);
    await page.reload();
    await ready(page);
    await box.waitFor();

    await page.getByRole("button", { name: "Share", exact: true }).click();
    await page.getByText("Not copied: the browser does not allow it").waitFor();
  });
});
