// Prompts of a batch: the lines of a text, or what a file of prompts holds.
//
// A prompt is taken as it stands, spaces and all, as each of them may be a token. What is left out
// is told with its line, and the rest is used.

/** A prompt and the line on which it begins, from 1. */
export interface Line {
  line: number;
  text: string;
}

/** A line that gives no prompt. */
export interface Passed {
  line: number;
  why: string;
}

export interface Prompts {
  lines: Line[];
  passed: Passed[];
  /** Lines without a word. */
  nBlank: number;
}

/** Where prompts come from: what was written, or a file. */
export interface Source {
  /** The file's name; null for what was written. */
  name: string | null;
  text: string;
}

/** Whether a file may hold prompts, by the end of its name. */
export function holdsPrompts(name: string): boolean {
  return kindOf(name) !== null;
}

/** Whether its lines are its prompts, and nothing else is in it. */
export function isText(name: string): boolean {
  return kindOf(name) === "txt";
}

function kindOf(name: string): string | null {
  return /\.(txt|csv|jsonl)$/i.exec(name)?.[1].toLowerCase() ?? null;
}

/**
 * The prompts of a source, each once.
 *
 * @throws {Error} with a sentence if a file has no prompts in the way its name says.
 */
export function promptsOf({ name, text }: Source): Prompts {
  const whole = text.replace(/^\uFEFF/, "");
  const kind = name === null ? "txt" : kindOf(name);
  if (kind === null) throw new Error("prompts are read from .txt, .csv and .jsonl files");
  if (kind === "csv") return once(ofCsv(whole));
  return once(kind === "jsonl" ? ofJsonl(whole) : ofText(whole));
}

/** Prompts as text to write on; null if one of them has several lines. */
export function asText(prompts: Prompts): string | null {
  const texts = prompts.lines.map(({ text }) => text);
  return texts.some((text) => /[\r\n]/.test(text)) ? null : texts.join("\n");
}

const linesOf = (text: string): Line[] =>
  text.split(/\r\n|\n|\r/).map((one, at) => ({ line: at + 1, text: one }));

const hasWords = ({ text }: Line): boolean => text.trim() !== "";

function ofText(text: string): Prompts {
  const all = linesOf(text);
  const lines = all.filter(hasWords);
  // The end of the last line begins no line of its own.
  const nEnd = all.at(-1)?.text === "" ? 1 : 0;
  return { lines, passed: [], nBlank: all.length - nEnd - lines.length };
}

function ofJsonl(text: string): Prompts {
  const found = ofText(text);
  const lines: Line[] = [];
  const passed: Passed[] = [];
  for (const { line, text: json } of found.lines) {
    const prompt = promptIn(json);
    if ("why" in prompt) passed.push({ line, why: prompt.why });
    else lines.push({ line, text: prompt.text });
  }
  return { ...found, lines, passed };
}

function promptIn(json: string): { text: string } | { why: string } {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return { why: "it is no JSON" };
  }
  const text = (read as { prompt?: unknown } | null)?.prompt;
  if (typeof text !== "string") return { why: "it has no text `prompt`" };
  return text.trim() === "" ? { why: "its prompt is empty" } : { text };
}

function ofCsv(text: string): Prompts {
  const [head, ...rows] = rowsOf(text);
  const names = head?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  const column = names.indexOf("prompt");
  if (column < 0) {
    const has = names.filter(Boolean).slice(0, 8).join(", ");
    throw new Error(`its first line names no column \`prompt\`${has && `, but ${has}`}`);
  }
  const lines: Line[] = [];
  const passed: Passed[] = [];
  let nBlank = 0;
  for (const { line, fields } of rows) {
    const one = { line, text: fields[column] ?? "" };
    if (hasWords(one)) lines.push(one);
    else if (fields.every((field) => field.trim() === "")) nBlank++;
    else passed.push({ line, why: "its prompt is empty" });
  }
  return { lines, passed, nBlank };
}

interface Row {
  line: number;
  fields: string[];
}

/** Rows of a table with commas (RFC 4180): a quoted field may hold commas, quotes and lines. */
function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let row: Row = { line: 1, fields: [] };
  let line = 1;
  const field = /(?:"([^"]*(?:""[^"]*)*)"|((?!")[^,\r\n]*))(,|\r\n|\n|\r|$)/y;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (!found) throw new Error(`a quote in line ${line} is not closed, or text follows it`);
    const [, quoted, plain, end] = found;
    row.fields.push(quoted?.replaceAll('""', '"') ?? plain);
    line += quoted?.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === ",") {
      // A row may end in an empty field, after which nothing more is read.
      if (field.lastIndex === text.length) row.fields.push("");
      continue;
    }
    line++;
    rows.push(row);
    row = { line, fields: [] };
  }
  if (row.fields.length > 0) rows.push(row);
  return rows;
}

/** The same prompt again gives the same graph: it is named and left out. */
function once(prompts: Prompts): Prompts {
  const first = new Map<string, number>();
  const lines: Line[] = [];
  const passed = [...prompts.passed];
  for (const one of prompts.lines) {
    const before = first.get(one.text);
    if (before === undefined) {
      first.set(one.text, one.line);
      lines.push(one);
    } else passed.push({ line: one.line, why: `it is the same as line ${before}` });
  }
  passed.sort((a, b) => a.line - b.line);
  return { ...prompts, lines, passed };
}
