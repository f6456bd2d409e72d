// Help: what the parts of a graph are, what each number is, and a tour.

import type { JSX } from "preact";
import { status as askStatus } from "../api/endpoints.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { open } from "../ui/palette.tsx";
import { Button } from "../ui/parts.tsx";
import { Log } from "./Log.tsx";
import { SECTIONS } from "./sections.tsx";
import { STEPS } from "./steps.tsx";

const NUMBERS: readonly { name: string; means: string }[] = [
  {
    name: "raw",
    means:
      "An edge's weight: how much its source adds to the target's pre-activation or logit, in the target's own units.",
  },
  {
    name: "share",
    means:
      "A raw weight over the sum of the absolute weights into its target. It is signed, and the shares of all inputs have absolute values that add up to 100 %.",
  },
  {
    name: "influence",
    means:
      "The share of all influence on the outputs that passes through a node, over every path, without regard to sign.",
  },
  {
    name: "replacement",
    means: "Of the influence that ends in tokens or errors, the share that ends in tokens.",
  },
  {
    name: "completeness",
    means:
      "Of the inputs of all nodes, weighted by what each passes on, the share that are no errors.",
  },
  { name: "predicted", means: "What the graph says an intervention does, over all of its paths." },
  { name: "measured", means: "What the model itself did when it was run with the intervention." },
  {
    name: "control",
    means:
      "What the same intervention did on random features of the same layer and a similar activation.",
  },
];

export function Help(): JSX.Element {
  const { state } = useLoad((signal) => askStatus(signal), []);
  useActions(
    acts("Help", [
      ["t", "Take the tour on the example graph", "tour"],
      ["c", "Copy the page's errors", "copy errors"],
    ]),
  );
  const tour = state.value.is === "ready" ? state.value.value.tour : null;
  return (
    <div class="sheet narrow">
      <h1>Help</h1>
      <section class="stack">
        <div class="head-row">
          <h2>A tour in {STEPS.length} steps</h2>
          <span class="grow" />
          {tour && (
            <a class="button primary" data-act="tour" title="(t)" href={`/g/${tour}?tour=1`}>
              Take it on the example graph
            </a>
          )}
        </div>
        <ol class="steps">
          {STEPS.map((step, at) => (
            <li key={step.title}>
              <span class="step-number" aria-hidden="true">
                {at + 1}
              </span>
              <div>
                <strong>{step.title}</strong>
                <p>{step.text}</p>
              </div>
            </li>
          ))}
        </ol>
      </section>
      <section class="stack">
        <h2>What each number is</h2>
        <dl class="glossary">
          {NUMBERS.map((number) => (
            <div key={number.name}>
              <dt>{number.name}</dt>
              <dd>{number.means}</dd>
            </div>
          ))}
        </dl>
      </section>
      {SECTIONS.map(({ title, text }) => (
        <section key={title} class="stack">
          <h2>{title}</h2>
          {text}
        </section>
      ))}
      <section class="stack">
        <h2>Your work</h2>
        <p>
          Every change is saved by itself and can be undone. Two windows on one graph see each
          other's changes. While the server is away, changes are kept in this browser. Nothing
          leaves this machine.
        </p>
        <p>
          <Button keyName="?" onClick={() => (open.value = "keys")}>
            Keys on this page
          </Button>
        </p>
      </section>
      <Log />
    </div>
  );
}
