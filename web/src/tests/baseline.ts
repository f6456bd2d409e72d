// One test kept beside the one that is shown: its number is in the address (`base`), so that a link
// shows both.

import { tokenText } from "../ui/numbers.ts";
import type { InterveneRun } from "../wire.ts";

export interface Beside {
  name: string;
  /** `null`: not measured, or not in that test. */
  base: number | null;
  now: number | null;
}

type Measured = Pick<InterveneRun, "groups" | "targets" | "shift">;

/**
 * What both tests measured, by group, output and token; what one lacks stays, without a number. A
 * group that has other members since is another one.
 */
export function besides(
  base: Measured,
  now: Measured,
): Record<"groups" | "targets" | "tokens", Beside[]> {
  return {
    groups: matched(base.groups, now.groups, {
      key: ({ id, members }) => `${id} ${members.map(({ node }) => node).sort()}`,
      name: ({ name }) => name,
      value: ({ measured }) => measured,
    }),
    targets: matched(base.targets, now.targets, {
      key: ({ node }) => node,
      name: ({ label }) => tokenText(label),
      value: ({ measured }) => measured,
    }),
    tokens: matched(base.shift.tokens, now.shift.tokens, {
      key: ({ id }) => id,
      name: ({ text }) => tokenText(text),
      value: ({ p_after }) => p_after,
    }),
  };
}

interface Of<T> {
  key: (one: T) => string | number;
  name: (one: T) => string;
  value: (one: T) => number | null;
}

/** In the order of the present test, then what only the other has. */
function matched<T>(base: readonly T[], now: readonly T[], of: Of<T>): Beside[] {
  const old = new Map(base.map((one) => [of.key(one), one]));
  const rows = now.map((one): Beside => {
    const before = old.get(of.key(one));
    old.delete(of.key(one));
    return { name: of.name(one), base: before ? of.value(before) : null, now: of.value(one) };
  });
  return [
    ...rows,
    ...[...old.values()].map((one) => ({ name: of.name(one), base: of.value(one), now: null })),
  ];
}
