// What the memory of an estimate is of.

export const HELD =
  "Memory is what is held of a prompt from the first row to the last: directions of the features that fire, each once; errors and constants; attention patterns. The graph, and the rows that are being computed, come on top.";
