// The bundle must be the same bytes on every machine: no source path, no clock, names by content,
// and nothing inline, as the server's content policy forbids it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const server = process.env.CONNECTOME_SERVER ?? "http://127.0.0.1:4317";

/** Writes the licences of every package that is in the bundle beside it, as they ask. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const id of chunk.moduleIds) {
          const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\0", ""));
          if (found) folders.add(found[1]);
        }
      }
      const texts = [...folders].map((folder) => licenceOf(folder)).sort();
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join("\n\n") });
    },
  };
}

function licenceOf(folder: string): string {
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const file = existsSync(folder) && readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
  return `${about.name} ${about.version} (${about.license ?? "see its text"})\n\n${text}`;
}

export default defineConfig({
  plugins: [licences()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: server, changeOrigin: true, headers: { origin: server } } } },
  // Not to judge the speed of a busy machine.
  test: { include: ["test/unit/**/*.test.ts"], testTimeout: 120_000 },
} as Parameters<typeof defineConfig>[0]);
