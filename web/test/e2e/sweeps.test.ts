// Sweeps from the form of a test: over the dose, the end of the held layers and the position; and
// what the model writes before and after a change.

import { api } from "./api.ts";
import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, tour } from "./fixture.ts";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  type Locator,
  type Page,
} from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

interface Row {
  number: number;
}

interface Measured {
  number: number;
  result: {
    sweep: { varies: string; points: { value: number; shift: { kl_nats: number } }[] } | null;
    text: { before: string; after: string } | null;
  };
}

const rows = async (): Promise<Row[]> => api(site, `graphs/${await tour(site)}/runs`);

interface Form {
  page: Page;
  form: Locator;
  result: Locator;
}

/** A form that changes the strongest feature that feeds the output. */
async function start(): Promise<Form> {
  const page = await site.open(await fresh(site));
  await ready(page);
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.keyboard.press("i");
  const form = page.locator(".tests-form");
  await form.getByRole("combobox", { name: "Runs", exact: true }).waitFor();
  return { page, form, result: page.locator(".tests-result") };
}

/** Runs what the form says; the test as the server has it. */
async function measure({ form, result }: Form): Promise<Measured> {
  const before = (await rows()).length;
  await form.getByRole("button", { name: "Run", exact: true }).click();
  await expect.poll(async () => (await rows()).length, { timeout: 90_000 }).toBe(before + 1);
  const [{ number }] = await rows();
  await result.getByRole("heading", { name: new RegExp(`#${number} `) }).waitFor();
  return api(site, `graphs/${await tour(site)}/runs/${number}`);
}

/** The numbers along the axis of a chart, as its table has them. */
async function axis(result: Locator, title: RegExp): Promise<number[]> {
  const chart = result.locator("figure.chart", { hasText: title });
  await chart.getByText("As a table").click();
  const heads = await chart.locator("tbody th").allInnerTexts();
  expect(await chart.locator("tbody td").first().innerText()).toMatch(/\d/);
  return heads.map((text) => Number(text.replace("−", "-")));
}

describe("a sweep", () => {
  it("of the dose draws outputs, groups and targets over the numbers that are written", async () => {
    const made = await start();
    const { page, form, result } = made;
    await form.getByRole("combobox", { name: "Runs", exact: true }).selectOption("dose");
    const doses = form.getByLabel(/^Doses: /);
    // The usual ones stand there; what is no number is refused in words.
    expect(await doses.inputValue()).toMatch(/0, 0.5, 1/);
    await doses.fill("much");
    await form.getByText("Write doses as numbers with commas").waitFor();
    await doses.fill("−1, 0, 1, 2");
    const { result: measured } = await measure(made);
    expect(measured.sweep?.varies).toBe("dose");
    expect(measured.sweep?.points.map(({ value }) => value)).toEqual([-1, 0, 1, 2]);
    expect(await axis(result, /^Probability of .*over the dose/)).toEqual([-1, 0, 1, 2]);
    await result.getByText(/^Change of .*over the dose/).waitFor();
    // At its own activation nothing changes.
    expect(measured.sweep?.points[2].shift.kl_nats).toBeLessThan(1e-4);
    expect(await AxeBuilder(page)).toEqual([]);
  });

  it("of the end of the held layers says the best one, which fills the form", async () => {
    const made = await start();
    const { page, form, result } = made;
    const runs = form.getByRole("combobox", { name: "Runs", exact: true });
    // Nothing is held where every layer answers.
    await runs.getByRole("option", { name: /no range is held/ }).waitFor({ state: "attached" });
    expect(await runs.getByRole("option", { name: /no range is held/ }).isDisabled()).toBe(true);
    await form.getByLabel("What answers").first().selectOption("constrained");
    await runs.selectOption("end_layer");
    const { result: measured } = await measure(made);
    expect(measured.sweep?.varies).toBe("end_layer");
    const points = measured.sweep?.points ?? [];
    expect(points.length).toBeGreaterThan(1);
    expect(await axis(result, /^Probability of .*over the end layer/)).toEqual(
      points.map(({ value }) => value),
    );
    const most = Math.max(...points.map(({ shift }) => shift.kl_nats));
    const best = points.find(({ shift }) => shift.kl_nats === most)!.value - 1;
    await result.getByText(`the held layers end at layer ${best}`).waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    await result.getByRole("button", { name: "Use the best" }).click();
    expect(await form.getByLabel("Last held layer").inputValue()).toBe(String(best));
    expect(await runs.inputValue()).toBe("none");
    // One run with that end is what the sweep measured there.
    const again = await measure(made);
    expect(again.result.sweep).toBeNull();
    const shift = (again.result as unknown as { shift: { kl_nats: number } }).shift;
    expect(shift.kl_nats).toBeCloseTo(most, 4);
  });

  it("of the position has a point for every place of the text", async () => {
    const made = await start();
    const { form, result } = made;
    await form.getByLabel("What answers").first().selectOption("open");
    await form.getByRole("combobox", { name: "Runs", exact: true }).selectOption("position");
    const { result: measured } = await measure(made);
    expect(measured.sweep?.varies).toBe("position");
    const values = measured.sweep?.points.map(({ value }) => value) ?? [];
    expect(values.length).toBeGreaterThan(1);
    expect(await axis(result, /^Probability of .*over the position/)).toEqual(values);
    expect(await result.getByRole("button", { name: "Use the best" }).count()).toBe(0);
  });
});

describe("tokens to write", () => {
  it("are shown before and after the change, with what differs marked", async () => {
    const made = await start();
    const { form, result } = made;
    await form.getByRole("combobox", { name: "How", exact: true }).selectOption("scale");
    await form.getByLabel("times the original").fill("-8");
    await form.getByLabel("Tokens to write").fill("5");
    const { result: measured } = await measure(made);
    expect(measured.text).not.toBeNull();
    const { before, after } = measured.text!;
    const texts = result.locator(".sample");
    await expect.poll(() => texts.count()).toBe(2);
    expect(await texts.nth(0).textContent()).toBe(before);
    expect(await texts.nth(1).textContent()).toBe(after);
    await result.getByRole("heading", { name: "Text, unchanged" }).waitFor();
    if (before === after) await result.getByText("The same text.").waitFor();
    else expect(await result.locator(".sample mark").count()).toBeGreaterThan(0);
  });
});
