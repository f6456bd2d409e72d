// Files that are made in the page.

import type { JSX } from "preact";
import { acts } from "./acts.ts";
import { csvText, type Table } from "./csv.ts";
import { useActions } from "./keys.ts";
import { Button } from "./parts.tsx";

/** Saves a file under a name. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** The button that saves a table as `NAME.csv`. */
export function Csv({ name, table }: { name: string; table: () => Table }): JSX.Element {
  const save = (): void =>
    saveFile(`${name}.csv`, new Blob([csvText(table())], { type: "text/csv" }));
  useActions(acts("Tables", [["b v", "Save the one that has the focus, or the first", "save"]]));
  return (
    <span data-row="now">
      <Button
        kind="quiet"
        keyName="b v"
        act="save"
        title="This table as a file"
        label={`${name} as CSV`}
        onClick={save}
      >
        CSV
      </Button>
    </span>
  );
}
