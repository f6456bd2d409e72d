// The page's size: what every visitor loads before an address asks for more.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { bundleFiles } from "../support/browser.ts";

it("is at most 120 kB gzipped, as it is committed", () => {
  const sizes = bundleFiles().map((path) => gzipSync(readFileSync(path), { level: 9 }).length);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(120_000);
});
