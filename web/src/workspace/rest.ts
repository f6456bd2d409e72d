// What is said of the edges that are not here, while only the strongest ones are.

/** Beyond this the server keeps the edges and is asked for those of each selection. */
export const MOST_EDGES = 2_000_000;
/** Selected nodes whose edges are asked for. */
export const MOST_ASKED = 64;

export interface Rest {
  nEdges: number;
  nSelected: number;
  /** Why the edges of the selection did not come; null if they may yet. */
  whyNot: string | null;
  /** The same of all edges. */
  whyNotAll: string | null;
}

/** A sentence, and whether it can be tried again. */
export function restOf({ nEdges, nSelected, whyNot, whyNotAll }: Rest): [string, boolean] {
  const start = "Strongest edges of the graph; the rest";
  const isAsked = nSelected <= MOST_ASKED;
  if (!isAsked && nEdges > MOST_EDGES) {
    return [`${start} is fetched for up to ${MOST_ASKED} selected nodes.`, false];
  }
  const why = isAsked ? whyNot : whyNotAll;
  return why === null
    ? [`${start} is being fetched.`, false]
    : [`${start} was not fetched: ${why}.`, true];
}
