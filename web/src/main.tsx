// The page of `connectome serve`: start, head, and which page an address shows.
//
// No request leaves this machine, and text of a model enters the page as text only.

import { render } from "preact";
import { App } from "./App.tsx";
import { FileApp } from "./file/FileApp.tsx";
import { file } from "./file/file.ts";
import { listenForKeys } from "./ui/keys.ts";
import { listenForLinks } from "./ui/router.ts";
import { startTheme } from "./ui/theme.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/workspace.css";
import "./style/panes.css";
import "./style/features.css";

startTheme();
listenForKeys();
listenForLinks();

const root = document.getElementById("page");
if (root) {
  root.textContent = "";
  render(file ? <FileApp file={file} /> : <App />, root);
}
