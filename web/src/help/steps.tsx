// The six steps of the tour: shown in Help, and beside the example graph.

import type { JSX } from "preact";
import { Key } from "../ui/parts.tsx";

export interface Step {
  title: string;
  text: JSX.Element;
}

export const STEPS: readonly Step[] = [
  {
    title: "Read the graph",
    text: (
      <>
        Tokens stand at the bottom, outputs at the top, layers between them. Click an output: its
        strongest inputs light up, green where they raise it, purple and dashed where they lower it.
      </>
    ),
  },
  {
    title: "Walk",
    text: (
      <>
        Press <Key name="Enter" /> to go to the strongest input, again and again, until a token is
        reached. <Key name="[" /> goes back.
      </>
    ),
  },
  {
    title: "Keep what matters",
    text: (
      <>
        Press <Key name="p" /> to pin a node. Pinned nodes form the circuit below the graph.
      </>
    ),
  },
  {
    title: "Group",
    text: (
      <>
        Shift-drag around features that do one thing and press <Key name="g" />. A group is one box
        of the circuit. Suggestions come with their reasons.
      </>
    ),
  },
  {
    title: "Test",
    text: (
      <>
        Press <Key name="i" /> on a node or group, suppress it, and see the prediction beside what
        the model does.
      </>
    ),
  },
  { title: "Show", text: <>Open Figure: the circuit and its tests as SVG, PDF or PNG.</> },
];
