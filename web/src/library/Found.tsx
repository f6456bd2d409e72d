// The graphs of the library, and the row above them by which one is found.

import type { JSX } from "preact";
import { useMore } from "../ui/more.tsx";
import { count } from "../ui/numbers.ts";
import { Button, Chip, Choice, Field } from "../ui/parts.tsx";
import { go, place } from "../ui/router.ts";
import type { GraphRow } from "../wire.ts";
import {
  addressOf,
  filters,
  findGraphs,
  readWanted,
  SORTS,
  tagsOf,
  toggledTag,
  type Wanted,
} from "./find.ts";
import { Row } from "./Row.tsx";

/** So many are drawn at once: more are slow to type against, and nobody reads them. */
const FIRST = 100;
const FIRST_TAGS = 12;

const to = (wanted: Wanted): void => go(addressOf(wanted), "replace");

export function Found(props: { rows: readonly GraphRow[]; onChange: () => void }): JSX.Element {
  const wanted = readWanted(place.value.query);
  const found = findGraphs(props.rows, wanted);
  const { rows, more } = useMore(found, FIRST);
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
        <Tags all={props.rows} wanted={wanted} />
        <span role="status">
          {filters(wanted) && (
            <Chip
              onRemove={() => to({ ...wanted, text: "", tags: [] })}
              removeLabel="Show all graphs"
            >
              {count(found.length)} of {count(props.rows.length)} graphs
            </Chip>
          )}
        </span>
      </div>
      <ul class="graphs">
        {rows.map((row) => (
          <Row key={row.id} row={row} onChange={props.onChange} />
        ))}
      </ul>
      {more}
    </>
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
