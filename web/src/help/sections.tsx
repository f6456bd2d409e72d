// What help says of each part, beside the tour. Its keys are real: a test compares them with those that
// do something.

import type { JSX } from "preact";
import { Key } from "../ui/parts.tsx";

interface Section {
  title: string;
  text: JSX.Element;
}

export const SECTIONS: readonly Section[] = [
  {
    title: "On the graph",
    text: (
      <>
        <p>
          An edge of the selection under the pointer says what it is; a click on it asks why, as{" "}
          <Key name="w" /> does. The pointer on a bar, which is what is collapsed, draws its edges
          summed, as those of one node.
        </p>
        <p>
          The right button on the name of a layer or a token collapses it into a thin row or column;
          a click on the name of what is collapsed expands it. <Key name="z" /> collapses the layers
          of the selection, <Key name="Shift+z" /> its tokens, <Key name="Shift+x" /> expands all. A
          double click on a name selects its nodes, and Shift-click those from the selection to it.
        </p>
      </>
    ),
  },
  {
    title: "In the circuit",
    text: (
      <p>
        <Key name="m" /> opens a group beside the circuit, with its members and its note.{" "}
        <Key name="Shift+m" /> opens it in its place: its members are drawn where its box stood,
        with edges of their own. Closed, all boxes are where they were.
      </p>
    ),
  },
  {
    title: "Tests",
    text: (
      <p>
        <Key name="i" /> fills in a test of the selection, <Key name="mod+Enter" /> runs it,{" "}
        <Key name="Shift+i" /> tests all groups with controls. A test that is pinned as baseline
        stands beside every other one.
      </p>
    ),
  },
  {
    title: "Search",
    text: (
      <p>
        Words are looked for in names; <code>layer&gt;2</code>, <code>pos:8</code>,{" "}
        <code>act&gt;=1</code>, <code>kind:error</code> and <code>#1741</code> narrow the search.
        All terms must hold.
      </p>
    ),
  },
  {
    title: "Features",
    text: (
      <p>
        <a href="/features">Features</a> (<Key name="j f" />) lists those of a dictionary by name,
        by how often and how strongly they fire, or by what fires on a text of yours. A feature's
        page runs it on any text, and has its graphs and its plots.
      </p>
    ),
  },
  {
    title: "Many prompts",
    text: (
      <p>
        One graph explains one prompt. <a href="/new">New trace</a> (<Key name="n" />) takes a batch
        (<Key name="b" />
        ), too: a prompt a line, all with the same settings. When it is done, the features that
        recur in its graphs are one click away.
      </p>
    ),
  },
  {
    title: "Again, from a program",
    text: (
      <p>
        <Key name="y" /> copies what is shown as a command of the program: a trace, a test, a
        comparison, a figure. <em>curl</em> and <em>Python</em> beside it copy the request of a new
        trace or of a test to this server.
      </p>
    ),
  },
];
