// The names that tests use, from one place.
export type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
export { afterAll, beforeAll, describe, expect, it } from "vitest";
