// The graphs of the library, and the row above them by which one is found.

import type { JSX } from "preact";
import { acts } from "../ui/acts.ts";
import { useActions } from "../ui/keys.ts";
import { useMore } from "../ui/more.tsx";
import { count } from "../ui/numbers.ts";
import { Button, Chip, Choice, Field, Segments } from "../ui/parts.tsx";
import { go, place } from "../ui/router.ts";
import type { GraphRow } from "../wire.ts";
import {
  addressOf,
  filters,
  findGraphs,
  type Maker,
  makersOf,
  readWanted,
  SORTS,
  tagsOf,
  toggledTag,
  unfiltered,
  type Wanted,
} from "./find.ts";
import { Row } from "./Row.tsx";
import { LAYOUTS, layout } from "./shown.ts";

/** So many are drawn at once: more are slow to type against, and nobody reads them. */
const FIRST = 100;
const FIRST_TAGS = 12;

const to = (wanted: Wanted): void => go(addressOf(wanted), "replace");

export function Found(props: { rows: readonly GraphRow[]; onChange: () => void }): JSX.Element {
  const wanted = readWanted(place.value.query);
  const found = findGraphs(props.rows, wanted);
  const { rows, more } = useMore(found, FIRST);
  useActions(
    acts("The graph that has the focus", [
      ["e", "Title and tags…", "edit"],
      ["Backspace", "Delete it", "delete"],
    ]),
  );
  const pictures = layout.value === "thumbnails";
  return (
    <>
      <div class="row find-graphs">
        <Field label="Search">
          <input
            id="search"
            type="search"
            placeholder="prompt, title, tags, model, target"
            aria-label="Search graphs"
            value={wanted.text}
            onInput={(event) => to({ ...wanted, text: event.currentTarget.value })}
          />
        </Field>
        <Choice
          label="Order"
          value={wanted.sort}
          options={SORTS}
          onChange={(sort) => to({ ...wanted, sort })}
        />
        <Makers all={props.rows} wanted={wanted} by="model" />
        <Makers all={props.rows} wanted={wanted} by="dictionary" />
        <Tags all={props.rows} wanted={wanted} />
        <span role="status">
          {filters(wanted) && (
            <Chip onRemove={() => to(unfiltered(wanted))} removeLabel="Show all graphs">
              {count(found.length)} of {count(props.rows.length)} graphs
            </Chip>
          )}
        </span>
        <span class="grow" />
        <Segments
          label="Shown as"
          value={layout.value}
          options={LAYOUTS}
          onChange={(value) => {
            layout.value = value;
          }}
        />
      </div>
      <ul class={pictures ? "graphs pictured" : "graphs"}>
        {rows.map((row) => (
          <Row key={row.id} row={row} onChange={props.onChange} picture={pictures} />
        ))}
      </ul>
      {more}
    </>
  );
}

/** No choice where all graphs have one name, but where it is what hides them. */
function Makers(props: {
  all: readonly GraphRow[];
  wanted: Wanted;
  by: Maker;
}): JSX.Element | null {
  const { all, wanted, by } = props;
  const makers = makersOf(all, wanted, by);
  const chosen = wanted[by];
  if (makers.length < 2 && chosen === null) return null;
  const nGraphs = makers.reduce((sum, maker) => sum + maker.nGraphs, 0);
  // A name may be empty, and is told from all of them by what stands before it.
  const options = [
    { value: "", text: `any (${count(nGraphs)})` },
    ...makers.map((maker) => ({
      value: `=${maker.name}`,
      text: `${maker.name || "not said"} (${count(maker.nGraphs)})`,
    })),
  ];
  return (
    <Choice
      label={by === "model" ? "Model" : "Dictionary"}
      value={chosen === null ? "" : `=${chosen}`}
      options={options}
      onChange={(value) => to({ ...wanted, [by]: value === "" ? null : value.slice(1) })}
    />
  );
}

function Tags({ all, wanted }: { all: readonly GraphRow[]; wanted: Wanted }): JSX.Element | null {
  const tags = tagsOf(all, wanted);
  const { rows, more } = useMore(tags, FIRST_TAGS, ({ tag }) => wanted.tags.includes(tag));
  if (tags.length === 0) return null;
  return (
    <div class="row" role="group" aria-label="Tags">
      {rows.map(({ tag, nGraphs }) => (
        <Button
          key={tag}
          kind="quiet"
          pressed={wanted.tags.includes(tag)}
          title={nGraphs === 1 ? "1 graph" : `${count(nGraphs)} graphs`}
          onClick={() => to(toggledTag(wanted, tag))}
        >
          #{tag}
        </Button>
      ))}
      {more}
    </div>
  );
}
