// What the page of the server and the page in one file have in common: theme, keys, links, style.

import { type ComponentChild, render } from "preact";
import { listenForErrors } from "./api/errors.ts";
import { listenForKeys } from "./ui/keys.ts";
import { listenForLinks } from "./ui/router.ts";
import { startTheme } from "./ui/theme.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/workspace.css";
import "./style/panes.css";
import "./style/features.css";

/** Puts the page into the document. */
export function start(page: ComponentChild): void {
  listenForErrors();
  startTheme();
  listenForKeys();
  listenForLinks();
  const root = document.getElementById("page");
  if (!root) return;
  root.textContent = "";
  render(page, root);
}
