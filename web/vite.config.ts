// The bundle must be the same bytes on every machine: no source path, no clock, fixed names by
// content, and nothing inline, as the server's content policy forbids it.
import { defineConfig } from "vite";

const server = process.env.CONNECTOME_SERVER ?? "http://127.0.0.1:4317";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": server } },
  test: { include: ["test/unit/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
