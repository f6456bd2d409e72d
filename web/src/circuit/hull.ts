// Groups that are open in place: a hull with their members stands where their box stood.
//
// Which member feeds what, and which stands above which, is the server's: it is asked for the same
// circuit with the members as boxes. Here they are packed into the hull, and room is made for it.
// No place changes in the document, so a group that is closed finds all as it was.

import type { Group, Node, Place } from "../state/document.ts";
import type { Circuit } from "../wire.ts";
import { type Area, BOX, MARGIN, type Placed, SNAP } from "./places.ts";

const MEMBER = { width: 124, height: 38 };
/** Between members: sideways, and from line to line, where edges pass. */
const GAP = { x: 12, y: 26 };
const PAD = 12;
/** Above the members, for the group's name. */
const HEAD = 28;
/** Members side by side; a rank with more of them is broken into lines. */
const MOST = 3;
/** Around a hull that stands in the middle of its box, to the next box. */
const AROUND = 8;

export interface Hull extends Placed {
  /** Where the group's box stands, as far as the document says. */
  home: Place;
  members: Placed[];
}

/** Moves all that is beyond a line, so that what did not lie on each other still does not. */
export interface Shift {
  axis: "x" | "y";
  from: number;
  by: number;
}

export interface Arranged {
  /** Boxes that are no hull. */
  boxes: Placed[];
  hulls: Hull[];
  shifts: Shift[];
}

/** A member as a box, as the server is told of it. */
export function memberId(node: Node): string {
  return `n${node}`;
}

/** Boxes with the members of some groups in the place of the groups. */
export function split(
  boxes: readonly Group[],
  isOpen: (box: Group) => boolean,
  nameOf: (node: Node) => string,
): Group[] {
  return boxes.flatMap((box) =>
    isOpen(box)
      ? box.nodes.map((node) => ({ id: memberId(node), name: nameOf(node), nodes: [node] }))
      : [box],
  );
}

/** Groups that are open and of whose members the server has said something. */
export function openIn(boxes: readonly Group[], answer: Circuit | null): Set<string> {
  const known = new Set((answer?.boxes ?? []).map((box) => box.id));
  const isKnown = ({ open, nodes }: Group): boolean =>
    open === true && nodes.some((node) => known.has(memberId(node)));
  return new Set(boxes.filter(isKnown).map((box) => box.id));
}

/** Lines of members from above: by rank, and in it from left to right. */
export function linesOf(nodes: readonly Node[], answer: Circuit): Node[][] {
  const known = new Map(answer.boxes.map((box) => [box.id, box]));
  const of = (node: Node) => known.get(memberId(node));
  const rank = (node: Node): number => of(node)?.rank ?? 0;
  const sorted = [...nodes].sort(
    (a, b) => rank(b) - rank(a) || (of(a)?.x ?? 0) - (of(b)?.x ?? 0) || a - b,
  );
  const lines: Node[][] = [];
  for (const node of sorted) {
    const last = lines.at(-1);
    if (last && last.length < MOST && rank(last[0]) === rank(node)) last.push(node);
    else lines.push([node]);
  }
  return lines;
}

function sizeOf(lines: readonly Node[][]): { width: number; height: number } {
  const most = Math.max(...lines.map((line) => line.length));
  const width = 2 * PAD + most * (MEMBER.width + GAP.x) - GAP.x;
  const height = HEAD + PAD + lines.length * (MEMBER.height + GAP.y) - GAP.y;
  // Boxes that make room go in steps of the grid that they are dragged on.
  const stepped = (size: number, least: number): number =>
    least + Math.ceil(Math.max(0, size - least) / SNAP) * SNAP;
  return { width: stepped(width, BOX.width), height: stepped(height, BOX.height) };
}

function membersOf(lines: readonly Node[][], hull: Area, nameOf: (node: Node) => string): Placed[] {
  return lines.flatMap((line, row) => {
    const width = line.length * (MEMBER.width + GAP.x) - GAP.x;
    const x = hull.x + (hull.width - width) / 2;
    const y = hull.y + HEAD + row * (MEMBER.height + GAP.y);
    return line.map((node, at) => ({
      box: { id: memberId(node), name: nameOf(node), nodes: [node] },
      x: x + at * (MEMBER.width + GAP.x),
      y,
      ...MEMBER,
    }));
  });
}

function meet(a: Area, b: Area, around = 0): boolean {
  return (
    a.x < b.x + b.width + around &&
    b.x < a.x + a.width + around &&
    a.y < b.y + b.height + around &&
    b.y < a.y + a.height + around
  );
}

/**
 * Puts hulls where their boxes stand. A hull that has room around the middle of its box moves
 * nothing. Another grows to the right and downwards from its box's corner, and only what is in its
 * way on that side moves, with all that is beyond.
 */
export function arrange(
  places: readonly Placed[],
  open: ReadonlySet<string>,
  answer: Circuit | null,
  nameOf: (node: Node) => string,
): Arranged {
  let areas = places;
  const lines = new Map<string, Node[][]>();
  const shifts: Shift[] = [];
  for (const { box } of places) {
    if (!answer || !open.has(box.id)) continue;
    const of = linesOf(box.nodes, answer);
    lines.set(box.id, of);
    const size = sizeOf(of);
    const here = areas.find((area) => area.box.id === box.id)!;
    const others = areas.filter((area) => area !== here);
    const middle = {
      x: Math.max(MARGIN, here.x + (BOX.width - size.width) / 2),
      y: Math.max(MARGIN, here.y + (BOX.height - size.height) / 2),
      ...size,
    };
    if (!others.some((other) => meet(middle, other, AROUND))) {
      areas = areas.map((area) => (area === here ? { box, ...middle } : area));
      continue;
    }
    const grown = { box, x: here.x, y: here.y, ...size };
    const needed = shiftsFor(here, grown, others);
    shifts.push(...needed);
    areas = areas.map((area) => (area === here ? grown : { ...area, ...shifted(area, needed) }));
  }
  const hulls = areas.flatMap((area, at): Hull[] => {
    const of = lines.get(area.box.id);
    if (!of) return [];
    const { x, y } = places[at];
    return [{ ...area, home: { x, y }, members: membersOf(of, area, nameOf) }];
  });
  return { boxes: areas.filter(({ box }) => !lines.has(box.id)), hulls, shifts };
}

/** What has to move so that a box can grow to the right and downwards. */
function shiftsFor(here: Area, grown: Area, others: readonly Area[]): Shift[] {
  const right: Shift = { axis: "x", from: here.x + here.width, by: grown.width - here.width };
  const down: Shift = { axis: "y", from: here.y + here.height, by: grown.height - here.height };
  const inWay = others.filter((other) => meet(grown, other));
  const isBelow = (other: Area): boolean => other.y >= down.from;
  const needsRight = inWay.some((other) => other.x >= right.from && !isBelow(other));
  const needsDown = inWay.some((other) => isBelow(other) && !(needsRight && other.x >= right.from));
  return [...(needsRight ? [right] : []), ...(needsDown ? [down] : [])];
}

/** Where a place is drawn. */
export function shifted({ x, y }: Place, shifts: readonly Shift[]): Place {
  const at = { x, y };
  for (const { axis, from, by } of shifts) if (at[axis] >= from) at[axis] += by;
  return at;
}

/** The place that is drawn at one; of one in the room that was made, what is next to it. */
export function unshifted({ x, y }: Place, shifts: readonly Shift[]): Place {
  const at = { x, y };
  for (const { axis, from, by } of shifts.toReversed()) {
    if (at[axis] >= from) at[axis] = Math.max(from, at[axis] - by);
  }
  return at;
}
