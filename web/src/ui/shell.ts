// Commands of the program as text that a shell reads as it was meant, for copying. They run in
// the workspace's folder.

/** Where they run, for who has just copied one. */
export const IN_FOLDER = "It runs in the workspace's folder.";

/** A word of a command. */
export function quoted(word: string): string {
  return /^[\w./:@=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Words as one line. */
export function line(words: readonly (string | number)[]): string {
  return words.map((word) => quoted(String(word))).join(" ");
}

/** A graph of the workspace. */
export function graphFile(id: string): string {
  return `graphs/${id}/graph.connectome`;
}

/** A run that was measured on it. */
export function runFile(id: string, run: number): string {
  return `graphs/${id}/runs/${String(run).padStart(6, "0")}.json`;
}
