// The steps of the tour: shown in Help, and beside the example graph.

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
    title: "Look at a feature",
    text: (
      <>
        The tab Feature (<Key name="j 2" />) shows the texts on which a feature fires and the tokens
        that it raises and lowers. A name after ≈ is a program's guess; <Key name="r" /> gives
        yours. Its own page runs it on any text that you write.
      </>
    ),
  },
  {
    title: "Ask why",
    text: (
      <>
        The pointer on an edge says its share and its raw weight; a click on it, or <Key name="w" />
        , splits it by attention heads. Paths (
        <Key name="j 4" />) lists the strongest ways from a node to an output, and how much of the
        effect they cover.
      </>
    ),
  },
  {
    title: "Make room",
    text: (
      <>
        <Key name="z" /> collapses the layers of the selection, <Key name="Shift+z" /> its tokens;
        the pointer on a bar draws the summed edges of what it holds. <Key name="Shift+x" /> expands
        all.
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
        of the circuit; <Key name="Shift+m" /> opens it in its place. Suggestions (
        <Key name="a" />) come with their reasons.
      </>
    ),
  },
  {
    title: "Test",
    text: (
      <>
        Press <Key name="i" /> on a node or group, suppress it, and see the prediction beside what
        the model does. Pin a test as baseline, and others stand beside it, number by number.
      </>
    ),
  },
  {
    title: "Change the tokens",
    text: (
      <>
        Tokens (<Key name="k" />) shows what the model says after each token. Replace, insert or
        remove some, and see at once what it says then.
      </>
    ),
  },
  {
    title: "Probe and compare",
    text: (
      <>
        Probe (<Key name="j p" />) runs a template on all pairs of two lists of values, and says
        what a feature is a function of. Compare (<Key name="j c" />) lays two graphs over each
        other.
      </>
    ),
  },
  {
    title: "Many prompts",
    text: (
      <>
        A new trace (<Key name="n" />) takes a batch (<Key name="b" />
        ): a prompt a line, or a file of them. What recurs in their graphs is then one click away.
      </>
    ),
  },
  {
    title: "Show",
    text: (
      <>
        Open Figure (<Key name="Shift+f" />
        ): the circuit and its tests as SVG, PDF or PNG.
      </>
    ),
  },
  {
    title: "Do it again",
    text: (
      <>
        <Key name="y" /> copies a trace, a test or a figure as a command. Traces and tests are
        copied as curl and as Python, too, for a program that asks this server.
      </>
    ),
  },
];
