// What a new probe's form holds before anybody writes in it.

export interface Start {
  template: string;
  first: string;
  second: string;
}

const SUMS: Start = { template: "calc : {a} + {b} =", first: "0..100", second: "0..100" };

/**
 * A model's example with slots in the place of its two numbers. One that has no two numbers stays
 * as it is, for a person to put slots into.
 */
export function templateOf(example: string | null): Start {
  if (example === null) return SUMS;
  const numbers = example.match(/(?<![\w.])\d+(?![\w.])/g) ?? [];
  if (numbers.length !== 2) return { template: example, first: "", second: "" };
  let slot = 0;
  const template = example.replace(/(?<![\w.])\d+(?![\w.])/g, () => ["{a}", "{b}"][slot++]);
  return { ...SUMS, template };
}

/** How many slots a template has; `{{` and `}}` are braces. */
export function slots(template: string): number {
  return (template.replace(/\{\{|\}\}/g, "").match(/\{[^{}]*\}/g) ?? []).length;
}
