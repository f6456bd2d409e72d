// Tables as CSV: all rows of what is shown, with numbers in full.

/** What is not known is null, and an empty field. */
export type Cell = string | number | boolean | null;

export interface Table {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
}

export function csvText({ head, rows }: Table): string {
  return [head, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** Texts are those of models and files: no program takes one for a formula. */
function field(cell: Cell): string {
  if (typeof cell !== "string") return cell === null ? "" : String(cell);
  const start = /^[=+\-@\t\r]/.test(cell) ? "'" : "";
  return `"${start}${cell.replaceAll('"', '""')}"`;
}
