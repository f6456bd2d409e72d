// `npm run bench`: the page's budgets on generated graphs, measured in headless Chromium with
// software rendering, written to docs/benchmarks.md between its two marks.
//
// Input is the browser's own (DevTools protocol), as synthetic events miss its frames: a time is
// from the first handler of an event to the end of the frame on the page's thread that shows it.
// "Work" is the page's thread's own CPU time an event, waiting and other processes left out, so
// that a busy machine changes it little. Nothing is asserted here but that the selection stays.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { fitted } from "../src/graph/camera.ts";
import { byCell, layoutNodes, shapeOf } from "../src/graph/layout.ts";
import { readPack } from "../src/graph/pack.ts";
import type { PrunedGraph } from "../src/wire.ts";
import { bundleFiles, launch, serveDist } from "./support/browser.ts";
import { type Generated, generate, SIZES, type Size } from "./support/generate.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/benchmarks.md");
const MARKS = ["<!-- page: written by `npm run bench` in web/ -->", "<!-- page: end -->"];
const ROUNDS = 30;
const OPENINGS = 5;

/** Times of each event, and the thread's CPU time an event. */
interface Times {
  ms: number[];
  workMs: number;
}

interface Row {
  name: string;
  size: Size;
  firstBytes: number;
  open: Times;
  hover: Times;
  click: Times;
  zoom: Times;
  pan: Times;
  prune: Times;
  heapMb: number;
}

/** The generated graph as a server would give it; pruning is by the cumulative influence. */
async function serve(graph: Generated, nEdges: number, first: Buffer) {
  const all = Buffer.from(graph.pack(nEdges));
  const reply = (value: unknown) => ({ type: "application/json", body: JSON.stringify(value) });
  let saves = 0;
  return await serveDist((path, asked, body) => {
    if (path.endsWith("/pack")) {
      const few = Number(asked.searchParams.get("top")) <= FIRST_EDGES;
      return { type: "application/octet-stream", body: few ? first : all };
    }
    if (path.endsWith("/prune")) {
      const { node_threshold: share } = JSON.parse(body.toString()) as { node_threshold: number };
      const kept = [...graph.cumulative.keys()].filter((node) => graph.cumulative[node] <= share);
      const { scores } = graph.head;
      return reply({ kept, n_edges: nEdges, n_undetermined: 0, scores } satisfies PrunedGraph);
    }
    if (path === "/api/graphs/generated") return reply(graph.head);
    // Views are taken and forgotten: every page starts with an empty one.
    if (path.includes("/views/") && body.length > 0) return reply({ etag: `"${++saves}"` });
    if (path.endsWith("/runs") || path === "/api/jobs") return reply([]);
    return null;
  });
}

/** What the page asks for first (`workspace/loading.ts`). */
const FIRST_EDGES = 30_000;

async function measure(browser: Browser, name: string, size: Size): Promise<Row> {
  const graph = generate(size);
  const first = Buffer.from(graph.pack(FIRST_EDGES));
  const { url, server } = await serve(graph, size.nEdges, first);
  try {
    const address = `${url}/g/generated`;
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const open = await openings(context, address);
    const { page, session } = await newPage(context);
    await toInteractive(page, address);
    // All nodes, none pruned: the worst case.
    await page.getByRole("slider").first().fill("1");
    await page.waitForTimeout(3000);
    const hover = await events(page, session, hovers);
    const click = await events(page, session, (hand) => clicks(hand, nodesIn(graph, hand)));
    const zoom = await events(page, session, wheels);
    const pan = await events(page, session, drags);
    const prune = await prunes(page, session);
    await session.send("HeapProfiler.collectGarbage");
    // Columns of a pack lie in backing stores, outside of the script heap.
    const heap = await session.send("Runtime.getHeapUsage");
    const { usedSize, backingStorageSize } = heap as typeof heap & { backingStorageSize: number };
    await page.context().close();
    const heapMb = (usedSize + backingStorageSize) / 1e6;
    return { name, size, firstBytes: first.length, open, hover, click, zoom, pan, prune, heapMb };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A page whose events are timed in `timed`. */
async function newPage(context: BrowserContext): Promise<{ page: Page; session: CDPSession }> {
  const page = await context.newPage();
  // The script runner names functions with a helper that the page lacks.
  await page.addInitScript("globalThis.__name = (value) => value");
  await page.addInitScript(() => {
    const timed: number[] = [];
    Object.assign(globalThis, { timed });
    const started = (): void => {
      const start = performance.now();
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => timed.push(performance.now() - start);
        channel.port2.postMessage(null);
      });
    };
    for (const kind of ["pointermove", "pointerup", "wheel", "input"]) {
      addEventListener(kind, started, { capture: true, passive: true });
    }
  });
  const session = await context.newCDPSession(page);
  // CPU time and not time: other processes take from the second.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return { page, session };
}

async function toInteractive(page: Page, address: string): Promise<number> {
  await page.goto(address);
  const mark = "connectome:graph-painted";
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, mark);
  return await page.evaluate((name) => performance.getEntriesByName(name)[0].startTime, mark);
}

/** From navigation to the first frame with nodes, in a browser that has shown the page before. */
async function openings(context: BrowserContext, address: string): Promise<Times> {
  const ms: number[] = [];
  let work = 0;
  for (let round = -1; round < OPENINGS; round++) {
    const { page, session } = await newPage(context);
    const took = await toInteractive(page, address);
    if (round >= 0) {
      ms.push(took);
      work += await busyMs(session);
    }
    // What a page does when it has opened is not part of the next one's opening.
    await page.waitForTimeout(500);
    await page.close();
  }
  return { ms, workMs: work / OPENINGS };
}

/** CPU time of the page's thread so far. */
async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1000;
}

interface Hand {
  session: CDPSession;
  area: { x: number; y: number; width: number; height: number };
  mouse: (type: MouseType, at: { x: number; y: number }, more?: object) => Promise<void>;
  rest: (ms: number) => Promise<void>;
}

type MouseType = "mouseMoved" | "mousePressed" | "mouseReleased" | "mouseWheel";

/** Drives a kind of event `ROUNDS` times. */
async function events(
  page: Page,
  session: CDPSession,
  drive: (hand: Hand) => Promise<void>,
): Promise<Times> {
  const area = await page.locator(".graph").boundingBox();
  if (!area) throw new Error("the graph is not shown");
  const hand: Hand = {
    session,
    area,
    mouse: async (type, at, more = {}) => {
      await session.send("Input.dispatchMouseEvent", { type, ...at, ...more });
    },
    rest: (ms) => page.waitForTimeout(ms),
  };
  await hand.mouse("mouseMoved", { x: area.x + 70, y: area.y + 20 });
  await hand.rest(700);
  return await timed(page, session, () => drive(hand));
}

async function timed(page: Page, session: CDPSession, drive: () => Promise<void>): Promise<Times> {
  await page.evaluate(() => (globalThis as unknown as { timed: number[] }).timed.splice(0));
  const before = await busyMs(session);
  await drive();
  await page.waitForTimeout(600);
  const work = (await busyMs(session)) - before;
  const ms = await page.evaluate(() => (globalThis as unknown as { timed: number[] }).timed);
  return { ms, workMs: work / ROUNDS };
}

/** Spread over the graph: the fractional parts of multiples of two irrational numbers. */
function place({ area }: Hand, round: number): { x: number; y: number } {
  const x = area.x + 60 + ((round * 0.618) % 1) * (area.width - 90);
  const y = area.y + 20 + ((round * 0.414) % 1) * (area.height - 110);
  return { x, y };
}

async function hovers(hand: Hand): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    await hand.mouse("mouseMoved", place(hand, round));
    await hand.rest(50);
  }
}

/** Where the page puts the nodes of a view that nobody moved, as far as they are in sight. */
function nodesIn(graph: Generated, { area }: Hand): { x: number; y: number }[] {
  const pack = readPack(graph.pack(0));
  const shape = shapeOf(pack);
  const nodes = byCell(pack, shape);
  const layout = layoutNodes(pack, nodes, shape);
  const { k, x, y } = fitted(layout, area.width, area.height);
  return Array.from(nodes, (node) => ({ x: layout.x[node] * k + x, y: layout.y[node] * k + y }))
    .filter((at) => at.x > 60 && at.x < area.width - 10 && at.y > 10 && at.y < area.height - 70)
    .map((at) => ({ x: area.x + at.x, y: area.y + at.y }));
}

/** On nodes, as a click beside them may be on an edge. */
async function clicks(hand: Hand, nodes: readonly { x: number; y: number }[]): Promise<void> {
  const button = { button: "left", clickCount: 1 };
  for (let round = 1; round <= ROUNDS; round++) {
    const at = nodes[Math.floor(((round * 0.618) % 1) * nodes.length)];
    await hand.mouse("mousePressed", at, button);
    await hand.mouse("mouseReleased", at, button);
    await hand.rest(150);
  }
}

async function wheels(hand: Hand): Promise<void> {
  const at = { x: hand.area.x + 300, y: hand.area.y + 150 };
  for (let round = 0; round < ROUNDS; round++) {
    await hand.mouse("mouseWheel", at, { deltaX: 0, deltaY: round % 8 < 4 ? -40 : 40 });
  }
}

async function drags(hand: Hand): Promise<void> {
  const { x, y } = { x: hand.area.x + 300, y: hand.area.y + 150 };
  const held = { button: "left", buttons: 1, clickCount: 1 };
  await hand.mouse("mousePressed", { x, y }, held);
  for (let round = 1; round < ROUNDS; round++) {
    await hand.mouse("mouseMoved", { x: x + 8 * round, y: y + 3 * (round % 16) }, held);
  }
  await hand.mouse("mouseReleased", { x: x + 8 * ROUNDS, y }, held);
}

/** Steps of the slider by its own keys, with one node selected, which must stay so. */
async function prunes(page: Page, session: CDPSession): Promise<Times> {
  const title = page.locator(".inspector-head h2");
  await page.locator(".graph").focus();
  await page.keyboard.press("ArrowUp");
  const before = await title.innerText();
  await page.getByRole("slider").first().focus();
  await page.waitForTimeout(1500);
  const times = await timed(page, session, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await page.keyboard.press("ArrowLeft");
      await page.waitForTimeout(200);
    }
  });
  if ((await title.innerText()) !== before) throw new Error("pruning lost the selection");
  return times;
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** All that a workspace loads, gzipped. */
function bundleKb(): string {
  const sizes = bundleFiles().map((path) => gzipSync(readFileSync(path), { level: 9 }).length);
  return (sizes.reduce((sum, size) => sum + size, 0) / 1000).toFixed(0);
}

function written(times: Times): string {
  const [half, most] = [0.5, 0.95].map((share) => quantile(times.ms, share));
  const digits = half < 100 ? 1 : 0;
  const [median, rare] = [half, most].map((value) => value.toFixed(digits));
  return `${median} / ${rare} (${times.workMs.toFixed(digits)})`;
}

function rowText(row: Row): string {
  const { nNodes, nEdges } = row.size;
  const cells = [
    row.name,
    `${nNodes.toLocaleString("en")} / ${nEdges.toLocaleString("en")}`,
    `${(row.firstBytes / 1e6).toFixed(2)} MB`,
    ...[row.open, row.hover, row.click, row.zoom, row.pan, row.prune].map(written),
    row.heapMb.toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

const BUDGET = "≤ 1 MB | ≤ 1000 | ≤ 16 | ≤ 50 | ≤ 16 | ≤ 16 | ≤ 50 | ≤ 150";

function text(rows: Row[]): string {
  const machine = `${cpus().length} cores of ${cpus()[0].model.trim()}, load average ${loadavg()[0].toFixed(1)} when it ended`;
  return [
    MARKS[0],
    "",
    `Headless Chromium, software rendering, ${machine}; generated graphs with all nodes shown. What the page loads for a workspace is ${bundleKb()} KB gzipped (budget: 120); other pages bring the rest when they are opened.`,
    "",
    `Milliseconds: median / 95th percentile of ${ROUNDS} events (CPU time of the page's thread an event, with what follows it). Events are the browser's own; a time runs from an event's first handler to the end of the frame that shows it on the page's thread. Opening: ${OPENINGS} times from navigation to the first frame with nodes, each in a new tab of a browser that has shown the page before.`,
    "",
    "| graph | nodes / edges | first bytes | open | hover | click | zoom | pan | prune | memory of script and columns, MB |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...rows.map(rowText),
    `| budget | 10,000 / 500,000 | ${BUDGET} |`,
    "",
    MARKS[1],
  ].join("\n");
}

const browser = await launch();
const rows: Row[] = [];
try {
  const wanted = process.argv.slice(2);
  for (const [name, size] of Object.entries(SIZES)) {
    if (wanted.length === 0 || wanted.includes(name)) {
      rows.push(await measure(browser, name, size));
      process.stdout.write(`${rowText(rows[rows.length - 1])}\n`);
    }
  }
  const document = readFileSync(DOCUMENT, "utf8");
  const [start, end] = MARKS.map((mark) => document.indexOf(mark));
  if (start < 0 || end < 0) throw new Error(`docs/benchmarks.md lacks the mark ${MARKS[0]}`);
  // A part is for looking at, not for the record.
  if (wanted.length === 0) {
    writeFileSync(
      DOCUMENT,
      document.slice(0, start) + text(rows) + document.slice(end + MARKS[1].length),
    );
  }
} finally {
  await browser.close();
}
