// Which positions of two prompts belong together: what there is to choose, and what was chosen.

import { setQuery } from "../ui/router.ts";
import type { CompareAlign } from "../wire.ts";

export const ALIGNS: readonly {
  value: CompareAlign;
  text: string;
  title: string;
  key: string;
}[] = [
  {
    value: "end",
    text: "from the end",
    title: "Positions are counted from the end of the prompt (e)",
    key: "e",
  },
  {
    value: "start",
    text: "from the start",
    title: "Positions are counted from the start (s)",
    key: "s",
  },
  {
    value: "token",
    text: "by token",
    title:
      "Tokens that are the same belong together; what stands between them is counted from the token after it (t)",
    key: "t",
  },
  { value: "any", text: "anywhere", title: "A feature's strongest place in each (a)", key: "a" },
];

/** What an address says; what is no alignment counts from the end. */
export function readAlign(text: string | null): CompareAlign {
  return ALIGNS.find(({ value }) => value === text)?.value ?? "end";
}

/** A step in the browser's history: the back button undoes it. */
export function setAlign(now: CompareAlign, to: CompareAlign): void {
  if (to !== now) setQuery({ align: to }, "push");
}
