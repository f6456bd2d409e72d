// A headless Chromium, and a page whose requests may be answered from memory.

import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts the machine's own Chromium with software rendering; `more` are further flags of it. */
export async function launch(more: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? CANDIDATES.find((path) => existsSync(path));
  if (!executablePath) throw new Error("no Chromium was found; set CHROMIUM to its path");
  const options = { executablePath, args: ["--no-sandbox", "--disable-gpu", ...more] };
  // Chromium itself sometimes dies at its start; that says nothing of the page.
  return await chromium.launch(options).catch(() => chromium.launch(options));
}

const TYPES: Record<string, string> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
};

/**
 * With `CONNECTOME_PAGE=dist` a browser takes the page from `web/dist` and only the API from the
 * server, so that a change of the page needs no build of the program. The policy is the server's.
 * `shown` is how the browser calls the server.
 */
export async function pageFromDist(
  context: BrowserContext,
  server: string,
  shown = server,
): Promise<void> {
  if (process.env.CONNECTOME_PAGE !== "dist") return;
  const policy = (await fetch(server)).headers.get("content-security-policy") ?? "";
  await context.route(
    (url) => url.href.startsWith(shown) && !url.pathname.startsWith("/api/"),
    async (route) => {
      const { path, type } = distFile(new URL(route.request().url()).pathname);
      const headers = { "content-security-policy": policy };
      await route.fulfill({ body: await readFile(path), contentType: type, headers });
    },
  );
}

const DIST = join(import.meta.dirname, "../../dist");

/** Paths of all that the page loads before an address asks for more: the document, what it names,
 * and what that imports at once. */
export function bundleFiles(): string[] {
  const found = new Set([join(DIST, "index.html")]);
  for (const file of found) {
    const text = readFileSync(file, "utf8");
    const named = file.endsWith(".html")
      ? text.matchAll(/"\/(assets\/[^"]+)"/g)
      : file.endsWith(".js")
        ? text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)
        : [];
    for (const [, name] of named) {
      found.add(join(DIST, file.endsWith(".html") ? name : join("assets", name)));
    }
  }
  return [...found];
}

/** The built file of an address; every address without a dot is the page itself. */
function distFile(pathname: string): { path: string; type: string } {
  const name = normalize(pathname).replace(/^(\.\.[/\\])+/, "");
  const path = /\.\w+$/.test(name) ? join(DIST, name) : join(DIST, "index.html");
  return { path, type: TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream" };
}

export type Answer = (
  path: string,
  url: URL,
  body: Buffer,
) => { type: string; body: Buffer | string; status?: number } | null;

/** Serves `web/dist` and whatever `answer` gives for `/api/`, on a free port of loopback. */
export async function serveDist(answer: Answer): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (url.pathname.startsWith("/api/")) {
      const found = answer(url.pathname, url, Buffer.concat(chunks));
      response.writeHead(found ? (found.status ?? 200) : 404, {
        "content-type": found?.type ?? "application/json",
      });
      response.end(
        found?.body ??
          JSON.stringify({ error: { what: "there is nothing here", hint: null, status: 404 } }),
      );
      return;
    }
    const { path, type } = distFile(url.pathname);
    try {
      const body = await readFile(path);
      // As the server has it: names of assets are by content.
      const cache = path.includes("assets") ? "public, max-age=31536000, immutable" : "no-cache";
      response.writeHead(200, { "content-type": type, "cache-control": cache });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server };
}
