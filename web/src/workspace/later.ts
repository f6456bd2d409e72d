// Parts of the workspace whose code comes when a person first does something with them.

import { later } from "../ui/lazy.tsx";

export const withCollapsing = later(() => import("./collapsing.ts"));
