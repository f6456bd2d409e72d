// axe in the page: what it calls serious or critical, as short lines.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const source = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  impact: string | null;
  nodes: { target: string[]; failureSummary?: string }[];
}

/** Serious findings under WCAG 2.2 AA; an empty list is what is wanted. */
export default async function serious(page: Page): Promise<string[]> {
  const has = await page.evaluate("typeof axe !== 'undefined'");
  if (!has) await page.evaluate(await source);
  const violations = (await page.evaluate(`axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  }).then((found) => found.violations)`)) as Violation[];
  return violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .flatMap((one) =>
      one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
    );
}
