// `npm run compat -- PAGE [LIBRARIES]`: walks through another frontend that runs against our
// server, as `connectome serve --compat PAGE` serves it, and ends with an error where something
// is missing. PAGE is the folder with its index.html: of a checkout, or of circuit-tracer's
// package (`pip download --no-deps circuit-tracer`, circuit_tracer/frontend/assets). Its libraries
// come from where it loads them; on a machine without a network from LIBRARIES, by file name.
//
// Pictured in docs/screens/compat-circuit-tracer.png. None of their code is here.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launch } from "./support/browser.ts";
import { run, startServer } from "./support/server.ts";

const PICTURE = join(import.meta.dirname, "../../docs/screens/compat-circuit-tracer.png");
const SETTLE_MS = 1500;
/** Features that are pinned. */
const N_PINNED = 5;

interface Spot {
  x: number;
  y: number;
  id: string;
}

/** What d3 leaves on what it draws. */
interface Drawn extends Element {
  __data__: { nodeId: string; feature_type: string };
}

/** Where the page has drawn the features of its graph. */
async function features(page: Page): Promise<Spot[]> {
  // Nothing in here has a name: what compiles this file would look for a helper to keep it.
  return await page.evaluate(() =>
    [...document.querySelectorAll<Drawn>(".link-graph text.node")]
      .filter((node) => node.__data__.feature_type === "cross layer transcoder")
      .map((node) => {
        const { x, y, width, height } = node.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2, id: node.__data__.nodeId };
      }),
  );
}

async function save(page: Page): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().includes("/save_graph/"));
  await page.click(".save-button");
  assert.equal((await answered).status(), 200);
}

async function main(folder: string, libraries: string | undefined): Promise<void> {
  const server = await startServer({ more: ["--compat", folder] });
  const browser = await launch();
  try {
    const index = join(server.folder, "two-hop-clt.features");
    await run(["features", "collect", "--model", "two-hop", "--quiet", "--out", index]);
    const page = await browser.newPage({ viewport: { width: 1500, height: 1000 } });
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("response", (response) => {
      if (response.status() >= 400) troubles.push(`${response.status()} ${response.url()}`);
    });
    if (libraries) {
      await page.route(
        (url) => !url.href.startsWith(server.url),
        async (route) => {
          const path = join(
            libraries,
            new URL(route.request().url()).pathname.split("/").pop() ?? "",
          );
          await (existsSync(path) ? route.fulfill({ path }) : route.fulfill({ body: "" }));
        },
      );
    }
    const open = async (): Promise<void> => {
      await page.goto(`${server.url}/compat/`);
      await page.locator(".link-graph text.node").first().waitFor({ state: "attached" });
      await page.waitForTimeout(SETTLE_MS);
    };
    await open();
    const pinned = (await features(page)).slice(-N_PINNED);
    assert.equal(pinned.length, N_PINNED, "the graph's features are drawn");
    await page.keyboard.down("Meta");
    for (const { x, y } of pinned) {
      await page.mouse.move(x, y);
      await page.mouse.click(x, y);
    }
    await page.keyboard.up("Meta");
    const last = pinned[N_PINNED - 1] as Spot;
    await page.mouse.click(last.x, last.y);
    await page.waitForTimeout(SETTLE_MS);
    const examples = await page
      .locator(".feature-examples .ex-row, .feature-example-list div")
      .count();
    assert.ok(examples > 10, `${examples} examples of ${last.id}`);
    assert.ok((await page.locator(".node-connections").innerText()).includes("≈ "), "names");
    await save(page);
    await page.screenshot({ path: PICTURE });
    const [graph] = (await (await fetch(`${server.url}/data/graph-metadata.json`)).json()).graphs;
    const kept = async (): Promise<Record<string, unknown>> =>
      (await (await fetch(`${server.url}/graph_data/${graph.slug}.json`)).json()).qParams;
    const before = await kept();
    const ids = String(before.pinnedIds).split(",").sort();
    assert.deepEqual(ids, pinned.map(({ id }) => id).sort());
    // Opened anew its address is empty, and what it posts for most of this is null.
    await open();
    await save(page);
    assert.deepEqual((await kept()).pinnedIds, before.pinnedIds);
    assert.deepEqual(troubles, []);
    process.stdout.write(`${N_PINNED} features pinned, ${examples} examples, saved twice\n`);
  } finally {
    await browser.close();
    await server.close();
  }
}

const [folder, libraries] = process.argv.slice(2);
if (!folder) throw new Error("npm run compat -- PAGE [LIBRARIES]");
await main(folder, libraries);
