// The page of a file: one workspace, to be read, and what it cannot do.

import type { JSX } from "preact";
import { AskDialog } from "../ui/ask.tsx";
import { EVERYWHERE } from "../ui/everywhere.ts";
import { useActions } from "../ui/keys.ts";
import { Mark } from "../ui/Mark.tsx";
import { ContextMenu } from "../ui/menu.tsx";
import { count } from "../ui/numbers.ts";
import { open, Palette } from "../ui/palette.tsx";
import { Button } from "../ui/parts.tsx";
import { choice, nextTheme } from "../ui/theme.ts";
import { Toasts } from "../ui/toast.tsx";
import type { PageFeatures, PageFile } from "../wire.ts";
import { WorkspacePage } from "../workspace/WorkspacePage.tsx";

export function FileApp({ file }: { file: PageFile }): JSX.Element {
  useActions([...EVERYWHERE]);
  return (
    <>
      <header class="top">
        <a class="skip" href="#main">
          Skip to the page
        </a>
        <span class="brand">
          <Mark />
          <span>Connectome</span>
        </span>
        <p class="file-says">
          A file to read, written by {file.tool}. Walking, filters, the circuit and measured runs
          work; tests, paths and saving need <code>connectome serve</code>.
          {file.features && ` ${inside(file.features)}`}
        </p>
        <span class="grow" />
        <Button kind="quiet" keyName="mod+k" title="All commands" onClick={openPalette}>
          Commands
        </Button>
        <Button
          kind="quiet"
          keyName="d"
          title="Theme: system, light, dark, high contrast"
          onClick={nextTheme}
        >
          {choice.value}
        </Button>
      </header>
      <main id="main">
        <WorkspacePage id={file.head.id} viewName="file" />
      </main>
      <ContextMenu />
      <Palette />
      <AskDialog />
      <Toasts />
    </>
  );
}

/** How much of what the features of the graph stand for is in the file. */
function inside({ features, n_shown, limit_bytes }: PageFeatures): string {
  const all = features.length === n_shown;
  const what = all ? `all ${count(n_shown)}` : `${count(features.length)} of ${count(n_shown)}`;
  const bound = all ? "" : `, the most that ${count(limit_bytes / 1e6)} MB hold`;
  return `Examples of ${what} features shown are inside${bound}.`;
}

function openPalette(): void {
  open.value = "palette";
}
