// Layers by positions, with the features of both graphs laid over each other.
//
// Marks are a path for each shape and fullness, coloured by the style sheet: no picture to be
// painted anew when the theme changes, and no element for each feature.

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { type Direction, type Layout, nearest, neighbour } from "../graph/layout.ts";
import { go } from "../ui/router.ts";
import { say } from "../ui/toast.tsx";
import type { CompareAlign } from "../wire.ts";
import { rowText, Tip } from "./About.tsx";
import type { Placed } from "./opened.ts";
import { mark, marksOf, type Shape } from "./overlay.ts";
import type { Row } from "./rows.ts";

const REACH = 9;

export interface GridOf {
  rows: readonly Row[];
  layout: Layout;
  a: Placed;
  b: Placed;
  align: CompareAlign;
}

export function Grid(props: {
  of: GridOf;
  /** Rows that are shown; the others are faded, so that one sees what they are part of. */
  mask: readonly boolean[];
  byChange: boolean;
  picked: Signal<number>;
}): JSX.Element {
  const { of, mask, byChange, picked } = props;
  const { rows, layout } = of;
  const hover = useSignal<{ row: number; x: number; y: number; width: number } | null>(null);
  const marks = useMemo(
    () => marksOf(rows, layout, { byChange, shown: (at) => mask[at] }),
    [rows, layout, mask, byChange],
  );
  const shown = useMemo(() => Uint32Array.from(mask.flatMap((is, at) => (is ? [at] : []))), [mask]);
  const scroll = useRef<HTMLDivElement>(null);
  // What a prompt comes to stands at its end: that is seen first where not all fits.
  useLayoutEffect(() => {
    scroll.current!.scrollLeft = scroll.current!.scrollWidth;
  }, [layout]);
  const { top, height } = extent(layout);
  const at = (event: MouseEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const point = { x: event.clientX - box.left, y: event.clientY - box.top + top };
    return nearest(layout, shown, point, REACH);
  };
  const onMove = (event: PointerEvent): void => {
    const row = at(event);
    const box = (event.currentTarget as Element).closest(".overlay")!.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    hover.value = row < 0 ? null : { row, x, y, width: box.width };
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && rows[picked.value]) go(addressOf(rows[picked.value], of));
    const direction = DIRECTIONS[event.key];
    if (direction === undefined || shown.length === 0) return;
    event.preventDefault();
    const now = picked.value;
    const next = now < 0 ? shown[0] : neighbour(layout, shown, now, direction);
    if (next < 0) return;
    picked.value = next;
    say(rowText(rows[next]));
  };
  const over = hover.value;
  return (
    <div class="overlay">
      <div
        ref={scroll}
        class="overlay-scroll"
        tabIndex={0}
        role="application"
        aria-label="Both graphs, layers by positions. Arrow keys move, Enter opens the graph; the list below has the same content."
        onKeyDown={onKey}
      >
        <Layers layout={layout} />
        {/* Keys are those of the pane around it. */}
        <svg
          width={layout.width}
          height={height}
          viewBox={`0 ${top} ${layout.width} ${height}`}
          aria-hidden="true"
          onPointerMove={onMove}
          onPointerLeave={() => (hover.value = null)}
          onClick={(event) => (picked.value = at(event))}
        >
          <Lines layout={layout} top={top} height={height} />
          {marks.map(({ shape, level, faded, d }) => (
            <path
              key={`${shape}${level}${faded}`}
              d={d}
              class={`mark ${shape} level-${level} ${faded ? "faded" : ""}`}
            />
          ))}
          <Ring layout={layout} row={picked.value} kind="picked" />
          {over && <Ring layout={layout} row={over.row} kind="" />}
        </svg>
        <span class="overlay-corner" />
        <Tokens of={of} />
      </div>
      {over && <Tip row={rows[over.row]} at={over} />}
      <Key byChange={byChange} align={of.align} />
    </div>
  );
}

const DIRECTIONS: Record<string, Direction | undefined> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** The graph at a row's node: A's, if the feature is there. */
function addressOf(row: Row, { a, b }: { a: Placed; b: Placed }): string {
  return row.a >= 0 ? `/g/${a.id}#s=${row.a}` : `/g/${b.id}#s=${row.b}`;
}

/** Layers only: tokens and outputs, which are above and below them, are no features. */
function extent({ rows }: Layout): { top: number; height: number } {
  const { top } = rows[rows.length - 2];
  return { top, height: rows[0].top - top };
}

function Layers({ layout }: { layout: Layout }): JSX.Element {
  const { top, height } = extent(layout);
  return (
    <svg
      class="overlay-layers"
      width="30"
      height={height}
      viewBox={`0 ${top} 30 ${height}`}
      aria-hidden="true"
    >
      {layout.rows.slice(1, -1).map((row) => (
        <text key={row.label} x="24" y={row.top + row.height / 2 + 4} class="tick end">
          {row.label}
        </text>
      ))}
    </svg>
  );
}

function Lines(props: { layout: Layout; top: number; height: number }): JSX.Element {
  const { layout, top, height } = props;
  const across = layout.rows
    .slice(2, -1)
    .map((row) => `M0 ${row.top + row.height}H${layout.width}`);
  const down = Array.from(layout.columns.left, (left) => `M${left} ${top}V${top + height}`);
  return <path class="grid" d={[...across, ...down].join("")} />;
}

function Ring(props: { layout: Layout; row: number; kind: string }): JSX.Element | null {
  const { layout, row, kind } = props;
  if (row < 0) return null;
  return <circle cx={layout.x[row]} cy={layout.y[row]} r="8" class={`mark-ring ${kind}`} />;
}

/** The tokens of each column: A's, and B's below it where it is another. */
function Tokens({ of }: { of: GridOf }): JSX.Element {
  const { a, b, layout } = of;
  const token = (side: Placed, column: number): string =>
    side.tokens[side.columns.indexOf(column)] ?? "";
  const { left, width } = layout.columns;
  return (
    <div class="overlay-tokens" aria-hidden="true" style={{ width: `${layout.width}px` }}>
      {Array.from(left, (_, column) => {
        const [inA, inB] = [token(a, column), token(b, column)];
        return (
          <span key={column} style={{ width: `${width[column]}px` }} title={`A: ${inA}\nB: ${inB}`}>
            <span class={inA === inB ? "" : "of-a"}>{inA || "–"}</span>
            {inA !== inB && <span class="of-b">{inB || "–"}</span>}
          </span>
        );
      })}
    </div>
  );
}

const KEYS: Record<"places" | "changes", readonly { shape: Shape; text: string }[]> = {
  places: [
    { shape: "both", text: "in both" },
    { shape: "a", text: "only in A" },
    { shape: "b", text: "only in B" },
  ],
  changes: [
    { shape: "up", text: "more influence in B" },
    { shape: "down", text: "less in B" },
    { shape: "both", text: "the same" },
  ],
};

function Key({ byChange, align }: { byChange: boolean; align: CompareAlign }): JSX.Element {
  return (
    <div class="legend" aria-label="Legend">
      {KEYS[byChange ? "changes" : "places"].map(({ shape, text }) => (
        <span key={shape}>
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <path d={mark(shape, 6, 6, 4.6)} class={`mark ${shape} level-3`} />
          </svg>
          {text}
        </span>
      ))}
      <span>
        {byChange ? "fuller: the larger change" : "fuller: the larger of both influences"}
      </span>
      {align === "any" && <span>of both: at A's token</span>}
      <span>click: numbers and ways to the graphs</span>
    </div>
  );
}
