// What this document holds if the page was saved as one file (`connectome export --format html`).

import type { PageFile } from "../wire.ts";

/** The element that the file's data stands in. */
const ELEMENT = "connectome-file";

function read(): PageFile | null {
  // Tests of the page's parts have no document.
  const text = globalThis.document?.getElementById(ELEMENT)?.textContent;
  return text ? (JSON.parse(text) as PageFile) : null;
}

/** The graph inside this document; `null` on a page that a server gave. */
export const file: PageFile | null = read();

/** What only a server can do, as the end of a sentence. */
export const NEEDS_SERVER =
  "this page is a file to read; `connectome serve` has the model and keeps changes";
