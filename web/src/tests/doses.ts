// Doses: what a change is multiplied by, set to or given, one number or several.

/** Numbers as somebody wrote them, with commas; none if something there is no number. */
export function numbersOf(text: string): number[] {
  const words = text
    .replaceAll("−", "-")
    .split(/[\s,;]+/)
    .filter(Boolean);
  const numbers = words.map(Number);
  return numbers.every(Number.isFinite) ? numbers : [];
}

/** Said of a list that holds something else. */
export const NO_DOSES = "Write doses as numbers with commas, as 0, −1.";
