// What a person has made of a graph: filters, what is collapsed, pins, groups, labels, places, notes.
//
// This is the document that the server keeps versions of and that a link can carry. It names
// nodes by their place in the graph, which never changes for one graph. Nothing derived lives
// here (scores, layouts, kept sets), and nothing but a command changes it.

/** A node's place in the order of its graph. */
export type Node = number;

/** Colours that a person can give to a group's box, by the names that figures have for them. */
export const TINTS = ["blue", "green", "amber", "rose", "violet"] as const;
export type Tint = (typeof TINTS)[number];

/** A group of nodes treated as one in the circuit. */
export interface Group {
  id: string;
  name: string;
  nodes: Node[];
  /** The name is a program's, until a person gives one; absent, never false. */
  auto?: true;
  /** What a person writes about it; absent, never empty. */
  note?: string;
  /** Whether the circuit draws its members in its place; absent, never false. */
  open?: true;
  /** The colour of its box, which means what its author says; absent where it has the usual one. */
  tint?: Tint;
}

/** A text on the circuit. */
export interface Note {
  id: string;
  text: string;
  x: number;
  y: number;
}

/** A place on the circuit's grid, in pixels. */
export interface Place {
  x: number;
  y: number;
}

/** Edges that are drawn, by their sign. */
export const SIGNS = ["all", "positive", "negative"] as const;
export type Sign = (typeof SIGNS)[number];

/** What a node of the canvas is filled by. */
export const FILLS = ["influence", "activation", "error"] as const;
export type Fill = (typeof FILLS)[number];

/** What of the graph is shown. Shares are 0 to 1. */
export interface Filters {
  /** Of all influence on the outputs. */
  nodeThreshold: number;
  /** Of all influence on the edges between the nodes that are kept. */
  edgeThreshold: number;
  /** Of a target's absolute input; of the links of the selection. */
  minShare: number;
  sign: Sign;
  /** Of tokens that a feature fires on. */
  maxFrequency: number;
  features: boolean;
  errors: boolean;
  tokens: boolean;
  targets: boolean;
  layerFrom: number | null;
  layerTo: number | null;
  query: string;
}

/** Layers, and positions of tokens, that the graph shows as thin rows and columns. */
export interface Collapsed {
  layers: number[];
  positions: number[];
}

/** The state document. `schema` rises when an older page could not read it. */
export interface View {
  schema: 1;
  filters: Filters;
  fill: Fill;
  pins: Node[];
  hidden: Node[];
  collapsed: Collapsed;
  groups: Group[];
  labels: Record<string, string>;
  places: Record<string, Place>;
  notes: Note[];
  watch: number[];
}

export const DEFAULT_FILTERS: Filters = {
  nodeThreshold: 0.8,
  edgeThreshold: 0.98,
  minShare: 0,
  sign: "all",
  maxFrequency: 1,
  features: true,
  errors: true,
  tokens: true,
  targets: true,
  layerFrom: null,
  layerTo: null,
  query: "",
};

/** A view of a graph that nobody has worked on yet. */
export function emptyView(): View {
  return {
    schema: 1,
    filters: { ...DEFAULT_FILTERS },
    fill: "influence",
    pins: [],
    hidden: [],
    collapsed: { layers: [], positions: [] },
    groups: [],
    labels: {},
    places: {},
    notes: [],
    watch: [],
  };
}

/**
 * A view from outside (server, link, file), or `null` if it is not one.
 *
 * Absent fields take their defaults, so that a document of a younger page opens.
 */
export function readView(value: unknown): View | null {
  if (typeof value !== "object" || value === null) return null;
  const given = value as Partial<View>;
  if (given.schema !== 1) return null;
  const empty = emptyView();
  return {
    ...empty,
    ...given,
    schema: 1,
    filters: filters(given.filters ?? {}),
    fill: FILLS.find((one) => one === given.fill) ?? "influence",
    pins: nodes(given.pins),
    hidden: nodes(given.hidden),
    collapsed: {
      layers: nodes(given.collapsed?.layers),
      positions: nodes(given.collapsed?.positions),
    },
    groups: list(given.groups).filter(isGroup).map(readGroup),
    labels: table(given.labels, (text): text is string => typeof text === "string"),
    places: table(given.places, isPlace),
    notes: list(given.notes).filter(isNote),
    watch: nodes(given.watch),
  };
}

function filters(given: Partial<Filters>): Filters {
  const fits = ([key, value]: [string, unknown]): boolean => {
    if (key === "layerFrom" || key === "layerTo") return value === null || Number.isInteger(value);
    if (key === "sign") return SIGNS.includes(value as Sign);
    const usual = DEFAULT_FILTERS[key as keyof Filters];
    // One of a newer page is kept for it.
    if (usual === undefined) return true;
    return typeof value === typeof usual && !Number.isNaN(value);
  };
  return { ...DEFAULT_FILTERS, ...Object.fromEntries(Object.entries(given).filter(fits)) };
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function table<T>(value: unknown, is: (one: unknown) => one is T): Record<string, T> {
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(value);
  return Object.fromEntries(entries.filter((entry): entry is [string, T] => is(entry[1])));
}

function isPlace(value: unknown): value is Place {
  const place = value as Partial<Place> | null;
  return Number.isFinite(place?.x) && Number.isFinite(place?.y);
}

function isNote(value: unknown): value is Note {
  const note = value as Partial<Note> | null;
  return typeof note?.id === "string" && typeof note.text === "string" && isPlace(note);
}

function nodes(value: unknown): Node[] {
  return list(value).filter((node): node is Node => Number.isInteger(node) && Number(node) >= 0);
}

function isGroup(value: unknown): value is Group {
  const group = value as Partial<Group> | null;
  return typeof group?.id === "string" && typeof group.name === "string";
}

function readGroup({ note, open, auto, tint, ...group }: Group): Group {
  const read: Group = { ...group, nodes: nodes(group.nodes) };
  if (auto === true) read.auto = true;
  if (typeof note === "string" && note !== "") read.note = note;
  if (open === true) read.open = true;
  if (tint !== undefined && TINTS.includes(tint)) read.tint = tint;
  return read;
}

/** The group that holds `node`, if any. */
export function groupOf(view: Pick<View, "groups">, node: Node): Group | undefined {
  return view.groups.find((group) => group.nodes.includes(node));
}

/** Groups that a person sees when a graph is opened: of its saved view, or else of its file. */
export function groupsIn(view: View | null, ofFile: readonly Group[]): readonly Group[] {
  return view && view.groups.length > 0 ? view.groups : ofFile;
}
