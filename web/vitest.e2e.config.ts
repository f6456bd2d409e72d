// Tests that drive the real server in a browser: one after the other, as they share the machine.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    fileParallelism: false,
    // A browser on a busy machine may die; what fails twice is broken.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
