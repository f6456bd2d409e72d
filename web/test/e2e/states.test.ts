// States of the page: what is unknown, failed, empty, on a phone, on paper, by keyboard alone.

import AxeBuilder from "./axe.ts";
import { fresh, openSite, ready, type Site, saved, selectedText } from "./fixture.ts";
import { afterAll, beforeAll, describe, expect, it } from "./playwright.ts";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

describe("states", () => {
  it("an unknown graph is one sentence and a way on", async () => {
    const page = await site.open("/g/no-such-graph");
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toContain("could not be opened");
    await alert.getByRole("button", { name: "Try again" }).waitFor();
    await page.getByRole("link", { name: "Library" }).click();
    await page.getByRole("heading", { name: "Library" }).waitFor();
  });

  it("an unknown address says so", async () => {
    const page = await site.open("/nowhere/at/all");
    await page.getByRole("heading", { name: "No such page" }).waitFor();
  });

  it("a file that is no graph is refused with a sentence", async () => {
    const page = await site.open("/");
    await page.getByRole("heading", { name: "Library" }).waitFor();
    await page.locator("#open-file").setInputFiles({
      name: "nonsense.json",
      mimeType: "application/json",
      buffer: Buffer.from('{"nodes": 3}'),
    });
    await page.getByText("nonsense.json was not opened").waitFor();
  });

  it("a pack that breaks off is reported, and the next try works", async () => {
    const page = await site.open("/");
    const path = await fresh(site);
    let broken = true;
    await page.route("**/pack?*", async (route) => {
      if (!broken) return route.continue();
      const response = await route.fetch();
      const body = await response.body();
      return route.fulfill({ response, body: body.subarray(0, body.length / 2) });
    });
    await page.goto(site.server.url + path);
    await page.getByRole("alert").getByText("cut short").waitFor();
    broken = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await ready(page);
  });

  it("a big graph says how many of its bytes are here", async () => {
    const page = await site.open("/");
    // Bytes as a slow network has them: some at once, and the rest when they are let through.
    await page.evaluate(() => {
      const ask = window.fetch;
      window.fetch = async (...asked) => {
        const response = await ask(...asked);
        if (!String(asked[0]).includes("/pack?")) return response;
        const all = new Uint8Array(await response.arrayBuffer());
        const body = new ReadableStream({
          async start(to) {
            to.enqueue(all.subarray(0, all.length / 4));
            await new Promise((done) => addEventListener("let-through", done, { once: true }));
            to.enqueue(all.subarray(all.length / 4));
            to.close();
          },
        });
        return new Response(body, { headers: { "content-length": String(all.length) } });
      };
    });
    const path = await fresh(site);
    await page.evaluate((to) => {
      history.pushState(null, "", to);
      dispatchEvent(new PopStateEvent("popstate"));
    }, path);
    const bar = page.getByRole("progressbar", { name: "Loading the graph" });
    await bar.waitFor();
    const share = await bar.evaluate((one: HTMLProgressElement) => one.value / one.max);
    expect(share).toBeCloseTo(0.25, 2);
    await page.getByText(/[\d.]+ [KM]?B of [\d.]+ [KM]?B/).waitFor();
    await page.evaluate(() => dispatchEvent(new Event("let-through")));
    await ready(page);
  });

  it("an empty library shows the first steps", async () => {
    const page = await site.open("/m");
    await page.route("**/api/graphs", (route) => route.fulfill({ json: [] }));
    await page.goto(site.server.url);
    for (const name of ["Trace a prompt", "Open a graph file", "See an example"]) {
      await page.getByRole("heading", { name }).waitFor();
    }
    await page.getByRole("link", { name: "Open the example" }).click();
    await ready(page);
  });

  it("a graph whose model is not here says what is off, and the command that brings it", async () => {
    const page = await site.open("/");
    const path = await fresh(site);
    await page.route(/\/api\/graphs\/[^/]+$/, async (route) => {
      const response = await route.fetch();
      const head = await response.json();
      const model = { name: "far/model", digest: "0" };
      const dictionary = { name: "far/clt", digest: "0" };
      const provenance = { ...head.provenance, model, dictionary };
      const lacks = { runnable: false, not_runnable: "it is far away", feature_set: null };
      return route.fulfill({ response, json: { ...head, provenance, ...lacks } });
    });
    await page.goto(site.server.url + path);
    await ready(page);
    await page.getByRole("button", { name: "the model far/model is not here" }).waitFor();
    await page.getByRole("button", { name: /^no examples for \d+ of \d+ features$/ }).waitFor();
    await page.keyboard.press("Shift+A");
    const dialog = page.getByRole("dialog", { name: "What is not here" });
    await dialog.getByText("tests and live text are off").waitFor();
    await dialog.getByText("it is far away.").waitFor();
    await dialog.getByText("connectome serve --model far/model=far/clt").waitFor();
    await dialog.getByText("connectome features import").waitFor();
    expect(await AxeBuilder(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.keyboard.press("v");
    await page.getByText("New tests need the model that made this graph").waitFor();
  });

  it("a job that failed stays in the library until it is put away", async () => {
    const page = await site.open("/new");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    // The job itself is the server's; only its end is another one.
    const error = { what: "the disk is full", hint: "Make room", status: 500 };
    const to = { state: "failed", result: null, graph: null, error };
    let fails = true;
    await page.route(/\/api\/jobs$/, async (route) => {
      const response = await route.fetch();
      const jobs = (await response.json()) as { id: string }[];
      const json = fails ? jobs.map((job, at) => (at === 0 ? { ...job, ...to } : job)) : jobs;
      return route.fulfill({ response, json });
    });
    await page.route(/\/api\/jobs\/[^/]+\/events$/, async (route) => {
      const id = /jobs\/([^/]+)/.exec(route.request().url())?.[1];
      const job = await (await fetch(`${site.server.url}/api/jobs/${id}`)).json();
      const body = `event: job\ndata: ${JSON.stringify({ ...job, ...to })}\n\n`;
      return route.fulfill({ body, contentType: "text/event-stream" });
    });
    await page.getByRole("button", { name: "Trace", exact: true }).click();
    const toast = page.locator(".toast", { hasText: "The trace failed: the disk is full." });
    await toast.waitFor();
    await page.waitForTimeout(6000);
    await toast.getByRole("button", { name: "Copy details" }).click();
    await page.getByText("Details copied.").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("disk is full");
    await toast.getByRole("button", { name: "Dismiss" }).click();
    await toast.waitFor({ state: "detached" });

    await page.goto(site.server.url);
    const failed = page.getByRole("region", { name: "Failed" });
    await failed.getByText("the disk is full. Make room.").waitFor();
    const sent = page.waitForRequest(
      (request) => request.method() === "POST" && request.url().endsWith("/api/graphs"),
    );
    fails = false;
    await failed.getByRole("button", { name: "Try again" }).click();
    expect((await sent).postDataJSON()).toHaveProperty("prompt");
    await failed.waitFor({ state: "detached" });

    // One that another browser sent leads to a new trace; a key puts it away, and the message back.
    await page.evaluate(() => localStorage.clear());
    fails = true;
    await page.reload();
    await failed.getByRole("link", { name: "New trace with it" }).waitFor();
    await page.keyboard.press("x");
    await failed.waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("heading", { name: "Library" }).waitFor();
    await page.waitForTimeout(1500);
    expect(await failed.count()).toBe(0);
  });

  it("a model's text is text: markup in a label stays what it looks like", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("r");
    const field = page.locator("dialog input[name=answer]");
    await field.fill('<img src=x onerror="document.title=1">');
    await field.press("Enter");
    await page.keyboard.press("p");
    await page.locator(".box", { hasText: "<img" }).waitFor();
    expect(await page.locator(".inspector img, .circuit img").count()).toBe(0);
    expect(await page.title()).not.toBe("1");
  });
});

const PAGES = ["/", "/new", "/m", "/help", "/features", "/probe", "/cmp", "/recurring"];

describe("access", () => {
  for (const theme of ["light", "dark", "contrast"] as const) {
    it(`has nothing serious by axe, ${theme}`, async () => {
      const graph = await fresh(site);
      for (const path of [...PAGES, graph, graph.replace("?", "/figure?")]) {
        const page = await site.open("/");
        await page.evaluate((value) => localStorage.setItem("connectome.theme", value), theme);
        await page.goto(site.server.url + path);
        if (path === graph) {
          await ready(page);
          await page.locator(".graph").focus();
          await page.keyboard.press("ArrowUp");
          await page.keyboard.press("p");
          await page.locator(".box").waitFor();
          await saved(page);
        }
        await page.waitForTimeout(700);
        for (const mode of path === graph ? ["graph", "tests", "list"] : ["page"]) {
          if (mode === "tests") await page.keyboard.press("i");
          if (mode === "list") await page.keyboard.press("l");
          const found = await AxeBuilder(page);
          expect(found, `${path} ${mode} ${theme}`).toEqual([]);
        }
        await page.context().close();
      }
    });
  }

  it("is read on a phone without scrolling sideways", async () => {
    const graph = await fresh(site);
    for (const path of [...PAGES, graph]) {
      const page = await site.open(path, { viewport: { width: 390, height: 844 }, hasTouch: true });
      await page.waitForTimeout(700);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, path).toBeLessThanOrEqual(0);
      await page.context().close();
    }
    // All of the head is in sight, on a tablet, too.
    for (const width of [390, 800]) {
      const page = await site.open("/m", { viewport: { width, height: 844 } });
      for (const part of await page.locator(".top :is(nav a, .button)").all()) {
        const box = await part.boundingBox();
        expect(box && box.x >= 0 && box.x + box.width <= width, await part.innerText()).toBe(true);
      }
      await page.context().close();
    }
    const page = await site.open(graph, { viewport: { width: 390, height: 844 }, hasTouch: true });
    await ready(page);
    await page.getByRole("treeitem").first().tap();
    await page.getByRole("region", { name: "Inspector" }).waitFor();
  });

  it("the palette takes the key after the one that asked for it", async () => {
    const page = await site.open("/");
    await page.getByRole("heading", { name: "Library" }).waitFor();
    // The next task: no key that a person presses comes sooner.
    const focused = await page.evaluate(() => {
      const asks = { key: "k", ctrlKey: true, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new KeyboardEvent("keydown", asks));
      return new Promise((done) => {
        setTimeout(() => done(document.activeElement?.getAttribute("aria-label")));
      });
    });
    expect(focused).toBe("Find a command, a graph or a feature");
  });

  it("Escape closes a dialog and leaves what is behind it", async () => {
    const page = await site.open(await fresh(site));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    const name = await selectedText(page);
    for (const key of ["?", "Control+k", "r", "Control+s"]) {
      await page.keyboard.press(key);
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect(await selectedText(page), key).toBe(name);
    }
    await page.keyboard.press("Escape");
    await page.locator(".inspector-head h2").waitFor({ state: "detached" });
  });

  it("is printed in light colours, without what only a hand can use", async () => {
    const page = await site.open("/");
    await page.evaluate(() => localStorage.setItem("connectome.theme", "dark"));
    await page.goto(site.server.url + (await fresh(site)));
    await ready(page);
    await page.locator(".graph").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("p");
    await page.locator(".box").waitFor();
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("light");
    for (const gone of [".top", "#find", ".threshold", ".lower-tabs", ".circuit .button"])
      expect(await page.locator(gone).first().isVisible(), gone).toBe(false);
    for (const there of [".box", ".shown-count", ".graph", ".inspector"])
      expect(await page.locator(there).first().isVisible(), there).toBe(true);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
    expect(await page.locator(".graph").getAttribute("style")).toBeFalsy();
  });

  it("a graph that nobody has worked on is opened without a failed request", async () => {
    const page = await site.open("/");
    const failed: string[] = [];
    page.on("response", (response) => {
      if (response.status() >= 400) failed.push(response.url());
    });
    await page.goto(site.server.url + (await fresh(site)));
    await ready(page);
    expect(failed).toEqual([]);
  });

  it("a chat turn is not wrapped twice, and an empty prompt is not traced", async () => {
    const page = await site.open("/new?model=elegans-chat");
    const field = page.locator("textarea.prompt");
    await field.waitFor();
    const whole = await field.inputValue();
    await page.getByLabel("as a chat turn").check();
    await page.getByText("what the user says in it was taken").waitFor();
    const said = await field.inputValue();
    expect(whole).toContain(said);
    expect(said).not.toContain("Human :");
    await field.fill(whole);
    await page.getByText("is wrapped twice").waitFor();
    await page.getByRole("button", { name: "Take what the user says" }).click();
    expect(await field.inputValue()).toBe(said);
    await page.getByLabel("as a chat turn").uncheck();
    expect(await field.inputValue()).toBe(whole);
    await field.fill("");
    await page.getByText("Write a prompt first.").waitFor();
    expect(await page.getByRole("button", { name: "Trace", exact: true }).isDisabled()).toBe(true);
  });

  it("works by keyboard alone", async () => {
    const page = await site.open("/");
    await page.getByRole("heading", { name: "Library" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("help");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Help", exact: true }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys on this page" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.goto(site.server.url + (await fresh(site)));
    await ready(page);
    // Everything from the graph to a pinned group and a test, without a pointer.
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.keyboard.press("p");
    await page.locator(".box").first().waitFor();
    await page.locator(".box").first().focus();
    const box = page.locator(".box").first();
    const before = await box.getAttribute("transform");
    await page.keyboard.press("ArrowRight");
    await page.locator(`.box:not([transform="${before}"])`).first().waitFor();
    await page.keyboard.press("Control+z");
    await page.locator(`.box[transform="${before}"]`).first().waitFor();
    // The strongest input joins it in a group, which is then tested.
    await page.locator(".graph").focus();
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("p");
    await page.keyboard.press("g");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.type("by keyboard");
    await page.keyboard.press("Enter");
    await page.locator(".box", { hasText: "by keyboard" }).waitFor();
    await page.keyboard.press("i");
    await page.getByRole("button", { name: "Run", exact: true }).waitFor();
    await page.keyboard.press("Control+Enter");
    await page.locator(".effects", { hasText: "by keyboard" }).waitFor();
  });
});
