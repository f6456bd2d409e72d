// A suggested group as somebody edited it before it is accepted.

import type { Group } from "../state/document.ts";
import type { Suggestion } from "../wire.ts";

export interface Edit {
  name: string;
  /** Members that are left out. */
  dropped: readonly number[];
}

/** What would be accepted: an empty name is the suggested one, which stays a program's. */
export function takenOf(
  { name, nodes }: Pick<Suggestion, "name" | "nodes">,
  edit: Edit,
): Pick<Group, "name" | "nodes" | "auto"> {
  const given = edit.name.trim();
  return {
    name: given || name,
    nodes: nodes.filter((node) => !edit.dropped.includes(node)),
    ...(given === "" || given === name ? { auto: true as const } : {}),
  };
}
