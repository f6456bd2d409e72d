// `npm run bench`: the page's budgets on generated graphs, measured in headless Chromium with
// software rendering, written to docs/benchmarks.md between its two marks.
//
// Times are from an event to the end of the frame that shows it. Nothing is asserted here.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { launch, serveDist } from "./support/browser.ts";
import { generate, SIZES, type Size } from "./support/generate.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/benchmarks.md");
const MARKS = ["<!-- page: written by `npm run bench` in web/ -->", "<!-- page: end -->"];
const ROUNDS = 30;

interface Row {
  name: string;
  size: Size;
  firstBytes: number;
  openMs: number;
  hoverMs: number[];
  clickMs: number[];
  panMs: number[];
  pruneMs: number[];
  heapMb: number;
}

async function measure(name: string, size: Size): Promise<Row> {
  const { pack, head } = generate(size);
  const all = Buffer.from(pack(size.nEdges));
  const first = Buffer.from(pack(30_000));
  const reply = (value: unknown) => ({ type: "application/json", body: JSON.stringify(value) });
  const { url, server } = await serveDist((path, asked) => {
    if (path.endsWith("/pack")) {
      const body = Number(asked.searchParams.get("top")) > 30_000 ? all : first;
      return { type: "application/octet-stream", body };
    }
    if (path === "/api/graphs/generated") return reply(head);
    if (path.endsWith("/runs") || path === "/api/jobs") return reply([]);
    return null;
  });
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    // The script runner names functions with a helper that the page lacks.
    await page.addInitScript("globalThis.__name = (value) => value");
    await page.goto(`${url}/g/generated`);
    await page.waitForFunction(
      () => performance.getEntriesByName("connectome:graph-painted").length > 0,
    );
    const openMs = await page.evaluate(
      () => performance.getEntriesByName("connectome:graph-painted")[0].startTime,
    );
    // All nodes, none pruned: the worst case.
    await page.getByRole("slider").first().fill("1");
    await page.waitForTimeout(3000);
    const hoverMs = await events(page, "pointermove");
    const clickMs = await events(page, "click");
    const panMs = await wheel(page);
    const pruneMs = await prune(page);
    const session = await page.context().newCDPSession(page);
    const heap = await session.send("Runtime.getHeapUsage");
    // Columns of a pack lie in backing stores, outside of the script heap.
    const { usedSize, backingStorageSize } = heap as typeof heap & { backingStorageSize: number };
    return {
      name,
      size,
      firstBytes: first.length,
      openMs,
      hoverMs,
      clickMs,
      panMs,
      pruneMs,
      heapMb: (usedSize + backingStorageSize) / 1e6,
    };
  } finally {
    await browser.close();
    server.close();
  }
}

/** Hovers or clicks at many places; each time is up to the end of the frame that it causes. */
async function events(page: Page, kind: "pointermove" | "click"): Promise<number[]> {
  return await page.evaluate(
    async ({ kind, rounds }) => {
      const graph = document.querySelector(".graph")!;
      const area = graph.getBoundingClientRect();
      const painted = (): Promise<void> =>
        new Promise((done) =>
          requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => done();
            channel.port2.postMessage(null);
          }),
        );
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const clientX = area.left + 60 + ((round * 0.618) % 1) * (area.width - 90);
        const clientY = area.top + 20 + ((round * 0.414) % 1) * (area.height - 110);
        const at = { clientX, clientY, bubbles: true, pointerId: 1 };
        const start = performance.now();
        if (kind === "pointermove") graph.dispatchEvent(new PointerEvent("pointermove", at));
        else {
          graph.dispatchEvent(new PointerEvent("pointerdown", at));
          graph.dispatchEvent(new PointerEvent("pointerup", at));
        }
        await painted();
        times.push(performance.now() - start);
        await new Promise((done) => setTimeout(done, 30));
      }
      return times;
    },
    { kind, rounds: ROUNDS },
  );
}

async function wheel(page: Page): Promise<number[]> {
  return await page.evaluate(async (rounds) => {
    const graph = document.querySelector(".graph")!;
    const area = graph.getBoundingClientRect();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      const deltaY = round % 8 < 4 ? -40 : 40;
      graph.dispatchEvent(
        new WheelEvent("wheel", {
          deltaY,
          clientX: area.left + 300,
          clientY: area.top + 150,
          bubbles: true,
          cancelable: true,
        }),
      );
      await new Promise<void>((done) =>
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => done();
          channel.port2.postMessage(null);
        }),
      );
      times.push(performance.now() - start);
    }
    return times;
  }, ROUNDS);
}

async function prune(page: Page): Promise<number[]> {
  await page.waitForTimeout(1500);
  return await page.evaluate(async () => {
    const slider = document.querySelector<HTMLInputElement>(".threshold input")!;
    const times: number[] = [];
    for (let round = 0; round < 10; round++) {
      const start = performance.now();
      slider.value = String(0.6 + 0.03 * round);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise<void>((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => done())),
      );
      times.push(performance.now() - start);
      await new Promise((done) => setTimeout(done, 60));
    }
    return times;
  });
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function bundle(): string {
  const folder = join(import.meta.dirname, "../dist/assets");
  const sizes = readdirSync(folder).map(
    (name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length,
  );
  return (sizes.reduce((sum, size) => sum + size, 0) / 1000).toFixed(0);
}

const rows: Row[] = [];
for (const [name, size] of Object.entries(SIZES)) rows.push(await measure(name, size));
const times = (values: number[]): string =>
  `${quantile(values, 0.5).toFixed(1)} / ${quantile(values, 0.95).toFixed(1)}`;
const lines = [
  MARKS[0],
  "",
  `Headless Chromium, software rendering, ${cpus().length} cores of ${cpus()[0].model.trim()}, load average ${loadavg()[0].toFixed(1)} when it ended; generated graphs with all nodes shown; milliseconds, median / 95th percentile of ${ROUNDS} events up to the end of their frame. The bundle is ${bundle()} KB gzipped.`,
  "",
  "| graph | nodes / edges | first bytes | open, ms | hover | click | zoom | prune | memory of script and columns, MB |",
  "|---|---|---|---|---|---|---|---|---|",
  ...rows.map(
    (row) =>
      `| ${row.name} | ${row.size.nNodes.toLocaleString("en")} / ${row.size.nEdges.toLocaleString("en")} | ${(row.firstBytes / 1e6).toFixed(2)} MB | ${row.openMs.toFixed(0)} | ${times(row.hoverMs)} | ${times(row.clickMs)} | ${times(row.panMs)} | ${times(row.pruneMs)} | ${row.heapMb.toFixed(0)} |`,
  ),
  "",
  MARKS[1],
].join("\n");
const text = readFileSync(DOCUMENT, "utf8");
const [start, end] = MARKS.map((mark) => text.indexOf(mark));
if (start < 0 || end < 0) throw new Error(`docs/benchmarks.md lacks the mark ${MARKS[0]}`);
writeFileSync(DOCUMENT, text.slice(0, start) + lines + text.slice(end + MARKS[1].length));
process.stdout.write(`${lines}\n`);
