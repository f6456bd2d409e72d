// The page in one file (`connectome export --format html`): a build of its own, as a file can
// fetch nothing (`vite.file.config.ts`).

import { start } from "../start.tsx";
import { FileApp } from "./FileApp.tsx";
import { file } from "./file.ts";

if (file) start(<FileApp file={file} />);
