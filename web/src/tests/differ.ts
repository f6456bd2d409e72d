// Which words of two texts differ: the longest common run of words stays, the rest is marked.

export interface Part {
  text: string;
  differs: boolean;
}

/** More pairs of words than that are not worth the wait; what lies between is marked as a whole. */
const MOST_PAIRS = 1_000_000;

/** A word with the white space before it; white space at the end is a word of its own. */
const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? [];

/** Both texts in parts, which joined are the texts again. */
export function differing(before: string, after: string): { before: Part[]; after: Part[] } {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [same, other] = common(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const marked = (words: string[], inside: ReadonlySet<number>): Part[] =>
    joined(
      words.map((text, at) => {
        const isInside = at >= start && at < words.length - end;
        return { text, differs: isInside && !inside.has(at - start) };
      }),
    );
  return { before: marked(a, same), after: marked(b, other) };
}

/** Places of a longest common run, in either list. */
function common(a: readonly string[], b: readonly string[]): [Set<number>, Set<number>] {
  const found: [Set<number>, Set<number>] = [new Set(), new Set()];
  if (a.length * b.length > MOST_PAIRS) return found;
  const wide = b.length + 1;
  // Length of the longest run from here on.
  const length = new Uint32Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [down, right] = [length[(i + 1) * wide + j], length[i * wide + j + 1]];
      length[i * wide + j] =
        a[i] === b[j] ? length[(i + 1) * wide + j + 1] + 1 : Math.max(down, right);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      found[0].add(i++);
      found[1].add(j++);
    } else if (length[(i + 1) * wide + j] >= length[i * wide + j + 1]) i++;
    else j++;
  }
  return found;
}

function joined(parts: readonly Part[]): Part[] {
  const all: Part[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last?.differs === part.differs) last.text += part.text;
    else all.push({ ...part });
  }
  return all;
}
