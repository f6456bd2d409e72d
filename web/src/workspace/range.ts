// A range of a list, for Shift.

/**
 * From one to the other in the order of the list, the first one first, so that the next range
 * begins there, too; `null` if the list lacks one of them.
 */
export function rangeOf(
  order: readonly number[],
  from: number | undefined,
  to: number,
): number[] | null {
  const [a, b] = [from === undefined ? -1 : order.indexOf(from), order.indexOf(to)];
  if (a < 0 || b < 0) return null;
  const range = order.slice(Math.min(a, b), Math.max(a, b) + 1);
  return a <= b ? range : range.toReversed();
}
