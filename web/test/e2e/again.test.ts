// A measured test, put back into the form in full and run again, when its circuit is gone.

import type { GraphHead, NodeEdges } from "../../src/wire.ts";
import { shell } from "../support/server.ts";
import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved, tour } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

interface Run {
  number: number;
  ask: { edits: { how: string }[]; norms: string | null };
  result: { shift: { kl_nats: number } };
}

async function runs(): Promise<Run[]> {
  const url = `${site.server.url}/api/graphs/${await tour(site)}/runs`;
  const rows = (await (await fetch(url)).json()) as { number: number }[];
  const all = rows.map(async ({ number }) => (await fetch(`${url}/${number}`)).json());
  return (await Promise.all(all)) as Run[];
}

/** The two features that feed the first output most. */
async function inputs(): Promise<number[]> {
  const url = `${site.server.url}/api/graphs/${await tour(site)}`;
  const head = (await (await fetch(url)).json()) as GraphHead;
  const target = head.targets[0].node;
  const edges = (await (await fetch(`${url}/edges?node=${target}`)).json()) as NodeEdges;
  const features = edges.inputs.filter(({ node }) => node < head.ranges.features.end);
  return features.slice(0, 2).map(({ node }) => node);
}

describe("a measured test", () => {
  it("of edits of different kinds, with norms held, is run again with the same result", async () => {
    const two = (await inputs()).join(",");
    const page = await site.open(`${await fresh(site)}#s=${two}`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("p");
    await expect.poll(() => page.locator(".box").count()).toBe(2);
    await page.keyboard.press("Escape");
    await page.keyboard.press("v");
    const form = page.locator(".tests-form");
    const ticks = form.getByRole("group", { name: "Change" }).getByRole("checkbox");
    await expect.poll(() => ticks.count()).toBe(2);
    for (const at of [0, 1]) await ticks.nth(at).check();
    await form
      .getByRole("button", { name: /otherwise$/ })
      .last()
      .click();
    const own = form.getByRole("group", { name: /^How .* is changed$/ });
    await own.getByLabel("How").selectOption("set");
    await own.getByLabel("in activation units").fill("0.5");
    await form.getByLabel("norms frozen").check();
    await form.getByText("norms and attention patterns are held").waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    await page.keyboard.press("Control+Enter");
    await page.locator(".effects").waitFor({ timeout: 60_000 });
    const [first, ...before] = await runs();
    expect(first.ask.edits.map(({ how }) => how).sort()).toEqual(["scale", "set"]);
    expect(first.ask.norms).toBe("frozen");

    // Its command measures the same.
    await page.locator(".tests-result").getByRole("button", { name: "Copy as a command" }).click();
    await page.getByText("Command copied.").last().waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    expect(command).toContain("--norms frozen");
    const told = JSON.parse(await shell(`${command} --json --quiet`, site.server.folder));
    expect(told.shift.kl_nats).toBeCloseTo(first.result.shift.kl_nats, 4);

    // The circuit goes, and the form says something else.
    await form.getByLabel("norms frozen").uncheck();
    await page.locator(".graph").focus();
    await page.keyboard.press("Control+z");
    await ticks.first().waitFor({ state: "detached" });
    await saved(page);
    await page.locator(".tests-result").getByRole("button", { name: "Use these settings" }).click();
    await form.getByText(/Follows what test \d+ did: 2 groups/).waitFor();
    expect(await form.getByRole("button", { name: /^Select / }).count()).toBe(2);
    expect(await form.getByLabel("norms frozen").isChecked()).toBe(true);
    await form.getByRole("button", { name: "Run", exact: true }).click();
    await expect
      .poll(async () => (await runs()).length, { timeout: 60_000 })
      .toBe(before.length + 2);
    const [again] = await runs();
    expect(again.ask).toEqual(first.ask);
    expect(again.result).toEqual(first.result);
    // Back to what the circuit has.
    await form.getByRole("button", { name: "Follow what the circuit has now" }).click();
    expect(await form.getByText(/Follows what test/).count()).toBe(0);
  });
});
