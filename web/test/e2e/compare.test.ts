// Two graphs side by side: the grid, its list, and a group of one as a test of the other.

import { api, made } from "./api.ts";
import AxeBuilder from "./axe.ts";
import { openSite, type Site, tour } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it, type Page } from "./playwright.ts";

let site: Site;
let [a, b] = ["", ""];

/** Traces another prompt and waits for its graph. */
async function traced(text: string, model = "two-hop"): Promise<string> {
  return (await made(site, "graphs", { prompt: { model, text } })).graph!;
}

beforeAll(async () => {
  site = await openSite();
  a = await tour(site);
  b = await traced("the capital of the state containing oak gate is");
});
afterAll(async () => {
  await site.close();
});

const rowNames = (page: Page): Promise<string[]> =>
  page.locator("table.compared").last().locator("tbody td:first-child").allInnerTexts();
const listed = (page: Page): Promise<number> =>
  page.locator("table.compared").last().locator("tbody tr").count();

describe("two graphs", () => {
  it("lie over each other in a grid, whose content the list has, too", async () => {
    const page = await site.open(`/cmp?a=${a}&b=${b}`);
    const grid = page.getByRole("application", { name: /Both graphs/ });
    await grid.waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    for (const shape of ["both", "a", "b"]) {
      expect(await page.locator(`.overlay-scroll .mark.${shape}`).count()).toBeGreaterThan(0);
    }
    // By keyboard: choose, then open.
    await grid.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    const chosen = page.getByLabel("Chosen feature");
    const name = await chosen.locator("strong").innerText();
    expect(name).toMatch(/^L\d · \d+ at/);
    expect(await chosen.innerText()).toMatch(/influence, of all in its graph: A .+, B /);
    // By pointer: the tip says the same.
    const ring = (await page.locator(".mark-ring.picked").boundingBox())!;
    await page.mouse.move(ring.x + ring.width / 2, ring.y + ring.height / 2);
    expect(await page.locator(".tip strong").innerText()).toBe(name);
    await grid.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/g\/.+#s=\d+/);
  });

  it("are told apart, found by name and sorted, and the address keeps it", async () => {
    const page = await site.open(`/cmp?a=${a}&b=${b}`);
    await page.locator(".overlay").waitFor();
    await page.getByRole("button", { name: /^only A/ }).click();
    expect((await rowNames(page)).every((text) => text.includes("only in A"))).toBe(true);
    await page.locator(".overlay-scroll .mark.b.faded").first().waitFor();
    await page.getByLabel("Words in a name").fill("L2 is");
    await expect
      .poll(async () => (await rowNames(page)).every((t) => /L2 .+is/.test(t)))
      .toBe(true);
    const n = await listed(page);
    await page.reload();
    await page.locator(".overlay").waitFor();
    expect(await listed(page)).toBe(n);
    await page.getByLabel("Words in a name").fill("");
    await page.getByRole("button", { name: "Δ" }).click();
    expect(await page.locator(".overlay-scroll .mark.up").count()).toBeGreaterThan(0);
    const change = page.getByRole("columnheader", { name: /influence B − A/ });
    await change.getByRole("button").click();
    expect(await change.getAttribute("aria-sort")).toBe("descending");
    await change.getByRole("button").click();
    expect(await change.getAttribute("aria-sort")).toBe("ascending");
    const first = page.locator("table.compared").last().locator("tbody tr").first();
    expect(await first.locator("td").last().innerText()).toMatch(/^−/);
  });

  it("match their groups, and one of B's fills in a test of A", async () => {
    type Found = { both: { a: number; b: number }[]; only_b: number[] };
    const { both, only_b } = await api<Found>(site, "compare", "POST", { a, b, align: "end" });
    const view = (groups: { id: string; name: string; nodes: number[] }[]) => ({
      schema: 1,
      groups,
      pins: groups.flatMap(({ nodes }) => nodes),
    });
    const inA = [{ id: "g1", name: "state", nodes: both.slice(0, 3).map((one) => one.a) }];
    const inB = [
      { id: "h1", name: "its state", nodes: both.slice(1, 3).map((one) => one.b) },
      { id: "h2", name: "gate", nodes: only_b.slice(-3) },
    ];
    await api(site, `graphs/${a}/views/main`, "PUT", view(inA));
    await api(site, `graphs/${b}/views/main`, "PUT", view(inB));
    const page = await site.open(`/cmp?a=${a}&b=${b}`);
    const groups = page.locator("table.compared").first();
    await groups.getByText("2 of 3").waitFor();
    await groups.getByRole("link", { name: "Put “gate” of B into A" }).click();
    await page.getByLabel("Graph to put in from").waitFor();
    await expect.poll(() => page.getByLabel("Its group").inputValue()).toBe("h2");
    expect(new URL(page.url()).search).toBe("");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator(".effects").waitFor({ timeout: 60_000 });
    expect(await page.locator(".tests-result h2").innerText()).toContain(b);
  });
});

describe("positions of two prompts", () => {
  it("belong together as is chosen, which the address keeps and the back button undoes", async () => {
    const longer = await traced("the bird of the capital of the state containing oak gate is");
    const page = await site.open(`/cmp?a=${a}&b=${longer}`);
    await page.locator(".overlay").waitFor();
    const aligns = page.getByRole("group", { name: "Which positions belong together" });
    const pressed = (): Promise<string> => aligns.locator('[aria-pressed="true"]').innerText();
    expect(await pressed()).toBe("from the end");
    /** Columns in which both prompts have the same token. */
    const shared = async (): Promise<number> => {
      await page.locator(".overlay").waitFor();
      const n = await page.locator(".overlay-tokens > span").count();
      return n - (await page.locator(".overlay-tokens .of-a").count());
    };
    await page.keyboard.press("s");
    await expect.poll(pressed).toBe("from the start");
    const fromStart = await shared();
    await aligns.getByRole("button", { name: "by token" }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get("align")).toBe("token");
    // The words that are the same stand together, wherever the prompts begin.
    await expect.poll(shared).toBeGreaterThan(fromStart);
    await page.reload();
    await page.locator(".overlay").waitFor();
    expect(await pressed()).toBe("by token");
    await page.goBack();
    await expect.poll(pressed).toBe("from the start");
    await page.goBack();
    await expect.poll(pressed).toBe("from the end");
    await page.locator(".overlay").waitFor();
  });
});

describe("two graphs of two dictionaries", () => {
  it("say that features cannot be matched, and compare what can be", async () => {
    const text = 'the opposite of " small " is "';
    const clt = await traced(text, "elegans-base");
    const plt = await traced(text, "elegans-base with elegans/plt");
    const page = await site.open(`/cmp?a=${clt}&b=${plt}`);
    await page.getByText("features cannot be matched").waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    const tables = page.locator("table.compared");
    const row = (table: number, name: string): Promise<string[]> =>
      tables
        .nth(table)
        .locator("tr", { has: page.locator("td", { hasText: new RegExp(`^${name}$`) }) })
        .locator("td")
        .allInnerTexts();
    // One model and one prompt: the output is as likely in both.
    const [, inA, inB] = await tables
      .nth(0)
      .locator("tbody tr")
      .first()
      .locator("td")
      .allInnerTexts();
    expect(inA).toBe(inB);
    for (const [table, name] of [
      [1, "all layers"],
      [2, "all tokens"],
    ] as const) {
      expect((await row(table, name)).slice(1).join(" ")).toMatch(/^[\d.]+ % [\d.]+ % [+−]/);
    }
    expect(await page.getByRole("group", { name: "Which positions belong together" }).count()).toBe(
      0,
    );
    expect(await page.locator(".overlay").count()).toBe(0);
  });
});

describe("several graphs", () => {
  it("show what recurs, with each graph's share, and lead to its nodes", async () => {
    const page = await site.open(`/cmp?a=${a}&b=${b}`);
    await page.getByRole("link", { name: "More than two" }).click();
    const table = page.locator("table.recurring");
    await table.waitFor();
    const rows = table.locator("tbody tr");
    expect(await rows.first().locator("td").first().innerText()).toBe("2 of 2");
    expect(await AxeBuilder(page)).toEqual([]);
    // A third graph is a third column, and the address says which they are.
    const c = await traced("the bird of the state containing oak gate is");
    await page.reload();
    await table.waitFor();
    await page.getByRole("checkbox", { name: /bird of the state/ }).check();
    await expect.poll(() => rows.first().locator("td").count()).toBe(5);
    expect(new URL(page.url()).searchParams.get("g")).toBe([a, b, c].join(","));
    await page.getByLabel("Nodes of at least").selectOption("3");
    await expect
      .poll(async () => (await rows.locator("td:nth-child(2)").allInnerTexts()).join())
      .toMatch(/^(3 of 3,?)+$/);
    const cell = rows.first().locator("td a").nth(2);
    expect(await cell.getAttribute("title")).toMatch(/^activation .+ at most, at .+ bird/);
    await cell.click();
    await page.waitForURL(new RegExp(`/g/${c}#s=\\d+`));
  });
});
