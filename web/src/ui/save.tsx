// Files that are made in the page.

import type { JSX } from "preact";
import { csvText, type Table } from "./csv.ts";
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
  return (
    <Button kind="quiet" title="This table as a file" label={`${name} as CSV`} onClick={save}>
      CSV
    </Button>
  );
}
