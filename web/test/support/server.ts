// The real server on a free port of loopback, with a workspace folder of its own.

import { type ChildProcess, exec, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../../..");
export const BINARY = process.env.CONNECTOME ?? newestBuild();

/** The program that was built last, if any was. */
function newestBuild(): string | undefined {
  const built = ["release", "debug"]
    .map((name) => join(ROOT, "target", name, "connectome"))
    .map((path) => ({ path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .filter(({ at }) => at > 0);
  return built.sort((a, b) => b.at - a.at)[0]?.path;
}

export interface Running {
  url: string;
  /** The workspace's folder, which is removed when the server is closed. */
  folder: string;
  /** Ends the server at once, as a lost machine does. */
  kill: () => Promise<void>;
  /** Starts it again on the same port and folder, with the same flags or others. */
  restart: (flags?: readonly string[]) => Promise<void>;
  /** Ends it, and removes its folder. */
  close: () => Promise<void>;
}

/** What a line of a shell writes, in a folder, with the program as `connectome`. */
export async function shell(command: string, cwd: string): Promise<string> {
  if (!BINARY) throw new Error("build the program first: cargo build --workspace");
  const env = { ...process.env, PATH: `${dirname(resolve(BINARY))}:${process.env.PATH}` };
  const { stdout } = await promisify(exec)(command, { cwd, env });
  return stdout;
}

/** Runs another command of the program to its end. */
export async function run(args: readonly string[]): Promise<void> {
  if (!BINARY) throw new Error("build the program first: cargo build --workspace");
  const child = spawn(BINARY, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error(`${args.join(" ")}: ${said}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (typeof address !== "object" || !address) throw new Error("no port is free");
  return address.port;
}

export interface Served {
  /** The first model; null for the program's own default. */
  model?: string | null;
  /** Further flags of `connectome serve`. */
  more?: readonly string[];
}

/** With the small fixture first: what most tests walk through is written for its graphs. */
export async function startServer({ model = "two-hop", more = [] }: Served = {}): Promise<Running> {
  if (!BINARY) throw new Error("build the server first: cargo build --workspace");
  const folder = mkdtempSync(join(tmpdir(), "connectome-page-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;
  const start = async (flags = more): Promise<void> => {
    const args = ["serve", "--no-open", "--port", String(port), "--dir", folder];
    args.push(...(model === null ? [] : ["--model", model]), ...flags);
    child = spawn(BINARY, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
      const answers = await fetch(`${url}/api/status`).then(
        // Who wants a token answers, too.
        (response) => response.ok || response.status === 401,
        () => false,
      );
      if (answers) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the server did not answer: ${said}`);
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
  };
  const close = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  await start();
  return { url, folder, kill, restart: start, close };
}
