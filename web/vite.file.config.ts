// The page in one file: one script and one style under `dist/file`, which the program puts into
// the files that it exports. After `vite.config.ts`, which empties `dist`.
import { defineConfig } from "vite";
import shared from "./vite.config.ts";

export default defineConfig({
  ...shared,
  plugins: [],
  publicDir: false,
  build: {
    ...shared.build,
    outDir: "dist/file",
    rolldownOptions: {
      input: "src/file/main.tsx",
      output: { entryFileNames: "page.js", assetFileNames: "page[extname]", codeSplitting: false },
    },
  },
});
