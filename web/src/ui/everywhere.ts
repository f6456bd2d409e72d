// What every page can do, from the server or from a file.

import type { Action } from "./keys.ts";
import { open } from "./palette.tsx";
import { nextTheme } from "./theme.ts";

export const EVERYWHERE: readonly Action[] = [
  {
    key: "mod+k",
    title: "All commands",
    section: "Everywhere",
    run: () => (open.value = "palette"),
  },
  {
    key: "?",
    title: "Keys on this page",
    section: "Everywhere",
    run: () => (open.value = "keys"),
  },
  { key: "d", title: "Next theme", section: "Everywhere", run: nextTheme },
];
