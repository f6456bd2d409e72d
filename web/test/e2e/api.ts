// The server's API, for what a test prepares or checks past the page.

import type { Site } from "./fixture.ts";

/** Asks the server of a site; the answer is told by whoever asks. */
export async function api<T>(site: Site, path: string, method = "GET", body?: unknown): Promise<T> {
  const headers = { "content-type": "application/json", "if-match": "*" };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await fetch(`${site.server.url}/api/${path}`, { method, ...sent });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** What a job made. */
export interface Made {
  graph: string | null;
  probe: number | null;
}

/** Starts a job and waits for its end. */
export async function made(site: Site, path: string, ask: unknown): Promise<Made> {
  const { job } = await api<{ job: string }>(site, path, "POST", ask);
  for (;;) {
    const now = await api<{ state: string; result: Made }>(site, `jobs/${job}`);
    if (now.state === "finished") return now.result;
    if (["failed", "cancelled"].includes(now.state)) throw new Error(JSON.stringify(now));
    await new Promise((done) => setTimeout(done, 100));
  }
}
