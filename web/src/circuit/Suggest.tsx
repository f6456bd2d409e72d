// Suggested groups: each with its reasons and what it does to the scores. Nothing is applied
// until it is accepted, under another name or without some members if somebody edited it first, and
// one undo takes it back.

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { suggest } from "../api/endpoints.ts";
import { groupName } from "../graph/names.ts";
import { randomId } from "../state/id.ts";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { nodesText, percent, score, signedScore } from "../ui/numbers.ts";
import { Button, Chip, Empty, Failure, Field, Segments, Skeleton } from "../ui/parts.tsx";
import type { Suggestion } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { type Edit, takenOf } from "./edited.ts";

const TOP = 60;

export function Suggest({ work, onClose }: { work: Workspace; onClose: () => void }): JSX.Element {
  const turned = useSignal<readonly number[]>([]);
  // A suggestion that is taken pins its nodes, so that the others are not asked for anew unbidden.
  const asked = useSignal(work.view.peek().pins);
  const pins = asked.value;
  const hasPins = pins.length > 1;
  const of = useSignal<"pins" | "graph">("pins");
  const ofPins = hasPins && of.value === "pins";
  const isOld = ofPins && work.view.value.pins.join() !== pins.join();
  const { state, again } = useLoad(
    (signal) =>
      suggest(work.id, { nodes: ofPins ? [...pins] : null, top: TOP, view: work.viewName }, signal),
    [work.id, pins, ofPins],
  );
  const anew = (): void => {
    turned.value = [];
    asked.value = work.view.peek().pins;
  };
  useActions(
    acts("The suggestion that has the focus, or the first", [
      ["b a", "Accept it", "accept"],
      ["b e", "Edit it before", "edit"],
      ["b s", "Select its nodes", "select"],
      ["b r", "Reject it", "reject"],
      ["b m", "Suggest for the pins of now", "anew"],
    ]),
  );
  const load = state.value;
  const found = load.is === "ready" ? load.value.groups : [];
  const left = found
    .map((suggestion, place) => ({ suggestion, place }))
    .filter(({ place }) => !turned.value.includes(place));
  const drop = (place: number): void => {
    turned.value = [...turned.value, place];
  };
  return (
    <div class="suggestions">
      {/* There whatever the answer is: another choice may have one, and the focus stays in it. */}
      {hasPins && (
        <div class="row">
          <span class="muted">Groups of</span>
          <Segments
            label="Groups of which nodes"
            value={of.value}
            options={[
              { value: "pins", text: `the ${pins.length} pinned nodes` },
              { value: "graph", text: `the ${TOP} features of most influence` },
            ]}
            onChange={(to) => {
              turned.value = [];
              of.value = to;
            }}
          />
        </div>
      )}
      {isOld && (
        <p class="muted">
          Of the {pins.length} nodes that were pinned when this was opened.{" "}
          <Button keyName="b m" act="anew" onClick={anew}>
            Suggest for the pins of now
          </Button>
        </p>
      )}
      {load.is === "loading" && <Skeleton lines={3} label="Looking for groups" />}
      {load.is === "failed" && <Failure what="No suggestions" why={load.why} again={again} />}
      {load.is === "ready" && left.length === 0 && (
        <Empty action={<Button onClick={onClose}>Close</Button>}>
          No more groups are suggested for{" "}
          {ofPins ? "the pinned nodes" : `the ${TOP} features of most influence`}.
        </Empty>
      )}
      {left.map(({ suggestion, place }, at) => (
        <Card
          key={place}
          work={work}
          suggestion={suggestion}
          isFirst={at === 0}
          onDone={() => drop(place)}
        />
      ))}
    </div>
  );
}

function Card(props: {
  work: Workspace;
  suggestion: Suggestion;
  isFirst: boolean;
  onDone: () => void;
}): JSX.Element {
  const { work, suggestion, onDone } = props;
  const names = work.names.value;
  const { nodes } = suggestion;
  // Two suggestions may have one name, and so may members.
  const first = names?.place(nodes[0]);
  const more = nodes.length > 1 ? ` and ${nodes.length - 1} more` : "";
  const members = nodes
    .map((node) => names && `${names.short(node)} ${names.where(node)}`)
    .join(", ");
  const editing = useSignal(false);
  const edit = useSignal<Edit>({ name: suggestion.name, dropped: [] });
  const taken = takenOf(suggestion, edit.value);
  const accept = (): void => {
    const id = `g-${randomId()}`;
    work.do({
      do: "several",
      title: `group “${taken.name}”`,
      commands: [
        { do: "pin", nodes: taken.nodes },
        { do: "group", group: { id, ...taken } },
      ],
    });
    onDone();
  };
  return (
    <article class="suggestion" data-row={props.isFirst ? "now" : ""}>
      <header class="row">
        <span class="grow clip">
          <strong>{groupName(taken)}</strong>{" "}
          <span class="muted">
            {first}
            {more}
          </span>
        </span>
        <Button keyName="b a" act="accept" onClick={accept} disabled={taken.nodes.length === 0}>
          Accept
        </Button>
        <Button
          kind="quiet"
          keyName="b e"
          act="edit"
          pressed={editing.value}
          title="Name it, or leave members out, before it is accepted"
          onClick={() => (editing.value = !editing.value)}
        >
          Edit
        </Button>
        <Button kind="quiet" keyName="b s" act="select" onClick={() => work.select(taken.nodes)}>
          Select
        </Button>
        <Button kind="quiet" keyName="b r" act="reject" onClick={onDone}>
          Reject
        </Button>
      </header>
      {editing.value ? (
        <Editor work={work} suggestion={suggestion} edit={edit} />
      ) : (
        <p class="muted clip" title={members}>
          {members}
        </p>
      )}
      <ul class="reasons">
        {suggestion.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p class="muted">
        influence {percent(suggestion.influence)} of all · least similarity{" "}
        {score(suggestion.similarity)} · without this group the circuit's replacement is{" "}
        {signedScore(suggestion.replacement_change)}, its completeness{" "}
        {signedScore(suggestion.completeness_change)}
        {edit.value.dropped.length > 0 && ". These are of all suggested members"}
      </p>
    </article>
  );
}

function Editor(props: {
  work: Workspace;
  suggestion: Suggestion;
  edit: Signal<Edit>;
}): JSX.Element {
  const { work, suggestion, edit } = props;
  const names = work.names.value;
  const { dropped } = edit.value;
  const set = (to: Partial<Edit>): void => {
    edit.value = { ...edit.value, ...to };
  };
  return (
    <div class="stack">
      <Field label="Name">
        <input
          value={edit.value.name}
          placeholder={suggestion.name}
          onInput={(event) => set({ name: event.currentTarget.value })}
        />
      </Field>
      <fieldset>
        <legend>Members</legend>
        {suggestion.nodes.map((node) => (
          <label
            key={node}
            class="check clip"
            onMouseEnter={() => (work.hover.value = node)}
            onMouseLeave={() => (work.hover.value = -1)}
          >
            <input
              type="checkbox"
              checked={!dropped.includes(node)}
              onChange={(event) =>
                set({
                  dropped: event.currentTarget.checked
                    ? dropped.filter((one) => one !== node)
                    : [...dropped, node],
                })
              }
            />
            {names?.short(node)} <span class="muted">{names?.where(node)}</span>
          </label>
        ))}
      </fieldset>
      {dropped.length > 0 && (
        <p class="row">
          <Chip removeLabel="Take all members again" onRemove={() => set({ dropped: [] })}>
            {nodesText(dropped.length)} left out
          </Chip>
        </p>
      )}
    </div>
  );
}
