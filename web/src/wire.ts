// Written from `crates/connectome-server/src/wire/` by its test `page_types_are_ours`;
// change those and run it with CONNECTOME_BLESS=1.

/**
 * Every answer that is no success.
 */
export type Failure = { 
/**
 * What went wrong.
 */
error: FailureBody, };

/**
 * One sentence with the facts, and what may help.
 */
export type FailureBody = { 
/**
 * What went wrong, with the facts.
 */
what: string, 
/**
 * What may help.
 */
hint: string | null, 
/**
 * The HTTP status.
 */
status: number, };

/**
 * `GET /api/status`.
 */
export type Status = { 
/**
 * The program and its version, as in `connectome 0.1.0`.
 */
version: string, 
/**
 * The model that is used where none is named.
 */
default_model: string, 
/**
 * Whether an index of features is here for the default model's dictionary.
 */
features: boolean, 
/**
 * The address that the server is bound to, with its port.
 */
host: string, 
/**
 * Whether nothing can be changed.
 */
read_only: boolean, 
/**
 * Whether another frontend is served at `/compat/`.
 */
compat: boolean, 
/**
 * The graph that the tour opens; null if it was deleted.
 */
tour: string | null, };

/**
 * A row of `GET /api/models`.
 */
export type ModelRow = { 
/**
 * What requests call it.
 */
name: string, 
/**
 * One line; empty if nothing is known.
 */
about: string, 
/**
 * `model_type` of its config.
 */
family: string, 
/**
 * Decoder layers.
 */
n_layers: number, 
/**
 * Width of the residual stream.
 */
d_model: number, 
/**
 * Length of the logits.
 */
n_vocab: number, 
/**
 * Its dictionary.
 */
dictionary: DictionaryRow, 
/**
 * Whether it is inside the program.
 */
shipped: boolean, 
/**
 * What its folder's README says, as markdown; empty if there is none.
 */
card: string, 
/**
 * A prompt that shows what it does.
 */
example: string | null, 
/**
 * Whether prompts can be written as a chat turn.
 */
chat: boolean, };

/**
 * A transcoder dictionary.
 */
export type DictionaryRow = { 
/**
 * What requests call it.
 */
name: string, 
/**
 * `clt` (cross-layer) or `plt` (per-layer).
 */
kind: string, 
/**
 * Features of one layer.
 */
n_features: number, 
/**
 * What its README says: how well it replaces the model, how much of it is dead. Empty if
 * there is none.
 */
card: string, };

/**
 * A prompt as it is asked for: text, or ids. The body of `POST /api/tokenize` and
 * `POST /api/estimate`.
 */
export type PromptAsk = { 
/**
 * The default model if null.
 */
model: string | null, 
/**
 * Text; a token to begin with is put in front as the model wants it.
 */
text: string | null, 
/**
 * Ids; used as they are, but for a token to begin with.
 */
ids: Array<number> | null, 
/**
 * Whether `text` is what the user says in a chat.
 */
chat: boolean, 
/**
 * What a chat's system message says.
 */
system: string | null, };

/**
 * A token of the vocabulary.
 */
export type Token = { 
/**
 * Its id.
 */
id: number, 
/**
 * The id decoded by itself.
 */
text: string, };

/**
 * The answer of `POST /api/tokenize`.
 */
export type Tokens = { 
/**
 * As the model sees them, special tokens included.
 */
tokens: Array<Token>, 
/**
 * What a reader should know: what was put in front, what the vocabulary lacks.
 */
notes: Array<string>, 
/**
 * At so many positions at the start features are not used.
 */
n_zeroed: number, };

/**
 * The body of `POST /api/forward`.
 */
export type ForwardAsk = { 
/**
 * The prompt.
 */
prompt: PromptAsk, 
/**
 * So many most probable tokens at each position; at most 100.
 */
top_k: number, 
/**
 * Tokens whose probability is wanted at every position.
 */
watch: Array<number>, };

/**
 * The answer of `POST /api/forward`.
 */
export type Forward = { 
/**
 * The prompt.
 */
tokens: Array<Token>, 
/**
 * What comes next, at every position.
 */
positions: Array<Forecast>, 
/**
 * As in [`Tokens`].
 */
notes: Array<string>, };

/**
 * The distribution over the next token.
 */
export type Forecast = { 
/**
 * The most probable first.
 */
top: Array<Chance>, 
/**
 * Entropy in bits.
 */
entropy_bits: number, 
/**
 * Probability of each watched token, in the order of the request.
 */
watched: Array<number>, 
/**
 * Probability of the watched set: each id once.
 */
watched_total: number, };

/**
 * A token that may come next.
 */
export type Chance = { 
/**
 * Its id.
 */
id: number, 
/**
 * The id decoded by itself.
 */
text: string, 
/**
 * Its probability.
 */
p: number, };

/**
 * The answer of `POST /api/estimate`: what a trace of a prompt takes.
 */
export type Estimate = { 
/**
 * Tokens of the prompt.
 */
n_tokens: number, 
/**
 * Features that fire on it.
 */
n_active: number, 
/**
 * Seconds if every feature is expanded, from rows that were timed; a certified graph takes
 * less.
 */
seconds: number, 
/**
 * Rows that were timed.
 */
n_timed_rows: number, 
/**
 * Bytes of a graph file with every row in full: the most that it can be.
 */
bytes: number, 
/**
 * Bytes of memory that are held from the first row to the last, beside the model, the
 * dictionary and the rows: directions of the features that fire, each once, and of every
 * layer that it writes to; errors and constants; attention patterns. The batch of rows that
 * is under way comes on top.
 */
held_bytes: number, };

/**
 * A row of `GET /api/graphs`, the newest first.
 */
export type GraphRow = { 
/**
 * `[a-z0-9-]{1,64}`.
 */
id: string, 
/**
 * What its owner calls it; empty if nothing.
 */
title: string, 
/**
 * Words of the owner.
 */
tags: Array<string>, 
/**
 * Milliseconds since 1970.
 */
created: number, 
/**
 * Each token of the prompt by itself.
 */
tokens: Array<string>, 
/**
 * The label of the first target.
 */
target: string, 
/**
 * The weight of the first target: of a logit, its probability.
 */
target_weight: number, 
/**
 * Targets.
 */
n_targets: number, 
/**
 * The language model.
 */
model: string, 
/**
 * The dictionary.
 */
dictionary: string, 
/**
 * Nodes, errors and tokens included.
 */
n_nodes: number, 
/**
 * Stored edges.
 */
n_edges: number, 
/**
 * The two scores.
 */
scores: Scores, 
/**
 * Whether groups are saved in its file or a view was saved.
 */
has_circuit: boolean, 
/**
 * Runs that were measured on it.
 */
n_runs: number, 
/**
 * How its circuit fared in them; null if no edge of it was tested.
 */
tested: CircuitTests | null, 
/**
 * What it was imported from; null if it was traced here.
 */
imported: string | null, 
/**
 * Whether rows are missing that were asked for.
 */
partial: boolean, };

/**
 * Edges of a circuit by their verdicts in the newest validation: of the main view as it was saved
 * last, or of the graph's file. Of several verdicts on an edge the worst counts, and a group that
 * has changed since counts for none.
 */
export type CircuitTests = { 
/**
 * The validation's number.
 */
run: number, 
/**
 * Edges that did as predicted.
 */
supported: number, 
/**
 * Edges that are not to be told from controls, or do much less than predicted.
 */
weak: number, 
/**
 * Edges that did the opposite.
 */
contradicted: number, };

/**
 * The body of `PATCH /api/graphs/:id`; what is null stays.
 */
export type GraphPatch = { 
/**
 * A new title.
 */
title: string | null, 
/**
 * New tags.
 */
tags: Array<string> | null, };

/**
 * `GET /api/graphs/:id`.
 */
export type GraphHead = { 
/**
 * Its id.
 */
id: string, 
/**
 * What its owner calls it; empty if nothing.
 */
title: string, 
/**
 * Words of the owner.
 */
tags: Array<string>, 
/**
 * Milliseconds since 1970.
 */
created: number, 
/**
 * The prompt.
 */
tokens: Array<Token>, 
/**
 * The prompt in one piece.
 */
text: string, 
/**
 * What is explained.
 */
targets: Array<TargetRow>, 
/**
 * Layers of the model.
 */
n_layers: number, 
/**
 * How many of what.
 */
counts: GraphCounts, 
/**
 * Which nodes are what.
 */
ranges: NodeRanges, 
/**
 * The two scores, with bounds.
 */
scores: Scores, 
/**
 * What made it.
 */
provenance: ProvenanceRow, 
/**
 * How far the trace went.
 */
extent: ExtentRow, 
/**
 * Labels of nodes: their own, or their feature's; those of the file before those of an index.
 */
labels: Array<NodeLabel>, 
/**
 * The set of its dictionary's features; null if neither its model nor an index is here.
 */
feature_set: string | null, 
/**
 * Groups that the file holds.
 */
groups: Array<Group>, 
/**
 * Pins that the file holds.
 */
pinned: Array<number>, 
/**
 * What interventions said of edges, if the file holds that.
 */
verdicts: VerdictsRow | null, 
/**
 * Names of saved views.
 */
views: Array<string>, 
/**
 * Runs that were measured.
 */
n_runs: number, 
/**
 * Whether the model that made it can be run here.
 */
runnable: boolean, 
/**
 * Why not, in a sentence.
 */
not_runnable: string | null, };

/**
 * Counts of a graph.
 */
export type GraphCounts = { 
/**
 * All nodes.
 */
nodes: number, 
/**
 * Features that are nodes.
 */
features: number, 
/**
 * Error nodes: one a layer and position.
 */
errors: number, 
/**
 * Tokens.
 */
tokens: number, 
/**
 * Targets.
 */
targets: number, 
/**
 * Stored edges.
 */
edges: number, 
/**
 * Features that fired, nodes or not.
 */
active: number, 
/**
 * Features and targets whose inputs are known.
 */
expanded: number, };

/**
 * Places of nodes by kind.
 */
export type NodeRanges = { 
/**
 * Features.
 */
features: NodeRange, 
/**
 * Errors.
 */
errors: NodeRange, 
/**
 * Tokens.
 */
tokens: NodeRange, 
/**
 * Targets.
 */
targets: NodeRange, };

/**
 * From `start` up to, without, `end`.
 */
export type NodeRange = { 
/**
 * The first.
 */
start: number, 
/**
 * After the last.
 */
end: number, };

/**
 * A label of a node.
 */
export type NodeLabel = { 
/**
 * The node.
 */
node: number, 
/**
 * What it says.
 */
text: string, 
/**
 * Whether it is of the feature wherever it fires, or of this node alone.
 */
of_feature: boolean, 
/**
 * Whose name it is, of one that an index of features has, as in `automatic, from examples`;
 * null of one that the graph's file has.
 */
source: string | null, };

/**
 * Something that a graph explains.
 */
export type TargetRow = { 
/**
 * Its node.
 */
node: number, 
/**
 * `logit`, `contrast`, `direction` or `feature`.
 */
kind: string, 
/**
 * The token, or that whose logit is added, of logits and contrasts.
 */
token: number | null, 
/**
 * The token whose logit is subtracted, of contrasts.
 */
minus: number | null, 
/**
 * As a person reads it.
 */
label: string, 
/**
 * Its position.
 */
pos: number, 
/**
 * Its weight among the targets: of a logit, its probability.
 */
weight: number, };

/**
 * A number, and where it lies once missing rows are known.
 */
export type Bounded = { 
/**
 * As the graph stands.
 */
value: number, 
/**
 * The least that it can be.
 */
lo: number, 
/**
 * The most that it can be.
 */
hi: number, };

/**
 * How much of the model a graph or circuit explains; both from 0 to 1.
 */
export type Scores = { 
/**
 * Of the influence that ends in tokens or errors, the share that ends in tokens.
 */
replacement: Bounded, 
/**
 * Of the inputs of all nodes, by what each passes on, the share that are no errors.
 */
completeness: Bounded, };

/**
 * What made a graph.
 */
export type ProvenanceRow = { 
/**
 * The program and its version.
 */
tool: string, 
/**
 * The language model.
 */
model: OriginRow, 
/**
 * The dictionary.
 */
dictionary: OriginRow, 
/**
 * What bears on the result, by name.
 */
flags: { [key in string]: string }, 
/**
 * What was imported and from which format; null for a graph traced here.
 */
imported: string | null, 
/**
 * What the imported file has and the graph has not, as `1 node, 5 links`; null if nothing is
 * missing.
 */
passed_over: string | null, };

/**
 * A model or dictionary.
 */
export type OriginRow = { 
/**
 * As it was named.
 */
name: string, 
/**
 * BLAKE3 of its files, in hex; null if the graph was imported.
 */
digest: string | null, };

/**
 * How far a trace went.
 */
export type ExtentRow = { 
/**
 * `certified`, `exhaustive` or `budget`.
 */
expansion: string, 
/**
 * Of a certified graph, the share of influence that may be unresolved.
 */
tolerance: number | null, 
/**
 * Of a budget, the most features that may be nodes.
 */
max_feature_nodes: number | null, 
/**
 * Whether rows are missing that were asked for.
 */
partial: boolean, 
/**
 * Influence on the targets whose origin is not known, as a share of their weights.
 */
unresolved: number, };

/**
 * What interventions said of a graph's edges.
 */
export type VerdictsRow = { 
/**
 * The program and its version.
 */
tool: string, 
/**
 * What was left free to answer: `gates`, `mlps`, `norms`, `attention` or `constrained`.
 */
rung: string, 
/**
 * What sources were multiplied by.
 */
dose: number, 
/**
 * Whether the run was ended early.
 */
partial: boolean, 
/**
 * Those that were tested.
 */
edges: Array<EdgeVerdictRow>, };

/**
 * The verdict on one edge; numbers are changes of the target, in units of its pre-activation or
 * logit.
 */
export type EdgeVerdictRow = { 
/**
 * The node that was changed.
 */
source: number, 
/**
 * The node that was measured.
 */
target: number, 
/**
 * What came out.
 */
verdict: VerdictName, 
/**
 * What the graph said would happen, over all paths.
 */
predicted: number, 
/**
 * What happened.
 */
measured: number, 
/**
 * Where 95 % of controls lie, lower and upper end; null if there were too few.
 */
control: [number, number] | null, };

/**
 * Whether a measurement agrees with an edge (`docs/validation.md`).
 */
export type VerdictName = "supported" | "weak" | "contradicted";

/**
 * The answer of `POST /api/graphs/import`.
 */
export type Imported = { 
/**
 * The new graph.
 */
id: string, 
/**
 * Whether an id of before was given, as the same bytes were there already.
 */
known: boolean, };

/**
 * The JSON header of a pack (`GET /api/graphs/:id/pack`).
 *
 * A pack is `CTPK`, the header's length in bytes as u32, the header, zeros up to a multiple of
 * eight, and the columns. Everything is little-endian.
 */
export type PackHeader = { 
/**
 * 1.
 */
version: number, 
/**
 * All nodes of the graph.
 */
n_nodes: number, 
/**
 * Edges in this pack.
 */
n_edges: number, 
/**
 * Edges of the graph.
 */
n_edges_total: number, 
/**
 * Columns in their order.
 */
columns: Array<PackColumn>, };

/**
 * A column of a pack.
 */
export type PackColumn = { 
/**
 * Of nodes: `kind` (0 feature, 1 error, 2 token, 3 target), `layer` (-1 token), `pos`,
 * `feature`, `activation`, `influence` (share of all influence), `cumulative` (that of all
 * nodes at least as influential), `frequency`, `abs_in` (what shares of inputs are of),
 * `expanded`. Of edges: `source`, `target`, `weight` (raw).
 */
name: string, 
/**
 * `u8`, `i16`, `u16`, `u32` or `f32`.
 */
dtype: string, 
/**
 * Bytes from the start of the first column; a multiple of eight.
 */
offset: number, 
/**
 * Entries.
 */
len: number, };

/**
 * `GET /api/graphs/:id/edges?node=`.
 */
export type NodeEdges = { 
/**
 * The node.
 */
node: number, 
/**
 * Whether its inputs are known.
 */
expanded: boolean, 
/**
 * `Σ |weight|` of all its inputs, those included that were cut from the file.
 */
abs_in: number, 
/**
 * The part of `abs_in` that was cut.
 */
abs_cut: number, 
/**
 * The part of `abs_in` that comes from errors.
 */
abs_errors: number, 
/**
 * What no node carries, in units of the node.
 */
constant: number, 
/**
 * Its pre-activation or logit less the mean.
 */
value: number, 
/**
 * What feeds it, by |share|, then place.
 */
inputs: Array<EdgeRow>, 
/**
 * What it feeds, by |share|, then place.
 */
outputs: Array<EdgeRow>, };

/**
 * An edge, seen from one of its ends.
 */
export type EdgeRow = { 
/**
 * The other end.
 */
node: number, 
/**
 * The signed effect, in units of the edge's target.
 */
raw: number, 
/**
 * `raw` as a share of the absolute input of the edge's target.
 */
share: number, };

/**
 * `GET /api/graphs/:id/why?source=&target=`: an edge by the heads that carry it.
 */
export type Why = { 
/**
 * The node that contributes.
 */
source: number, 
/**
 * The node that is explained.
 */
target: number, 
/**
 * The edge, in units of the target.
 */
raw: number, 
/**
 * One split a layer whose attention it crosses; each sums to the edge.
 */
layers: Array<WhyLayer>, };

/**
 * What carries an edge at one layer, in units of the target.
 */
export type WhyLayer = { 
/**
 * The layer.
 */
layer: number, 
/**
 * What goes past attention.
 */
residual: number, 
/**
 * By head.
 */
heads: Array<number>, };

/**
 * The body of `POST /api/graphs`.
 */
export type TraceAsk = { 
/**
 * The prompt.
 */
prompt: PromptAsk, 
/**
 * What is to be explained; the likely tokens to 95 %, at most 10, if null.
 */
targets: TargetsAsk | null, 
/**
 * Where the targets are; negative counts from the end, null is the last position.
 */
position: number | null, 
/**
 * Which features get rows; certified to 1 % if null.
 */
expand: ExpandAsk | null, 
/**
 * What its owner calls it.
 */
title: string | null, };

/**
 * What a trace explains.
 */
export type TargetsAsk = { "kind": "salient", 
/**
 * So many at most.
 */
max: number, 
/**
 * Together as probable as this.
 */
probability: number, } | { "kind": "given", 
/**
 * In order.
 */
targets: Array<TargetAsk>, };

/**
 * One target.
 */
export type TargetAsk = { "kind": "token", 
/**
 * Its token.
 */
id: number, } | { "kind": "contrast", 
/**
 * The token whose logit is added.
 */
plus: number, 
/**
 * The token whose logit is subtracted.
 */
minus: number, } | { "kind": "feature", 
/**
 * Its layer.
 */
layer: number, 
/**
 * Its place in the layer.
 */
index: number, };

/**
 * Which features get rows.
 */
export type ExpandAsk = { "kind": "certified", 
/**
 * That share.
 */
tolerance: number, } | { "kind": "exhaustive" } | { "kind": "budget", 
/**
 * The most features that may be nodes.
 */
max_feature_nodes: number, };

/**
 * Nodes under one name.
 */
export type Group = { 
/**
 * The page's own.
 */
id: string, 
/**
 * Shown on its box.
 */
name: string, 
/**
 * Its nodes.
 */
nodes: Array<number>, };

/**
 * The body of `POST /api/graphs/:id/prune`.
 */
export type PruneAsk = { 
/**
 * Share of all influence that kept nodes have together.
 */
node_threshold: number, 
/**
 * Share of all edge scores that kept edges have together.
 */
edge_threshold: number, 
/**
 * Nodes that are kept in any case: selected, pinned or grouped ones.
 */
keep: Array<number>, };

/**
 * A pruned graph.
 */
export type PrunedGraph = { 
/**
 * Nodes that are kept, ascending.
 */
kept: Array<number>, 
/**
 * Edges that are kept.
 */
n_edges: number, 
/**
 * Nodes that missing rows might add or remove.
 */
n_undetermined: number, 
/**
 * Scores of what is kept: all else counts as an error.
 */
scores: Scores, };

/**
 * The body of `POST /api/graphs/:id/paths`.
 */
export type PathsAsk = { 
/**
 * Where paths start; any token or error if null, which needs `to` to be null, too.
 */
from: number | null, 
/**
 * Where they end; any target if null.
 */
to: number | null, 
/**
 * So many; at most 1,000.
 */
k: number, 
/**
 * Only through these nodes, if given.
 */
within: Array<number> | null, };

/**
 * The strongest paths.
 */
export type Paths = { 
/**
 * The strongest first.
 */
paths: Array<PathRow>, 
/**
 * What these paths make of the sum of |share| over all paths between the same ends; null
 * without ends.
 */
coverage: number | null, };

/**
 * A path.
 */
export type PathRow = { 
/**
 * From its start to its end.
 */
nodes: Array<number>, 
/**
 * The product of its edges, each a signed share of its target's absolute input.
 */
share: number, };

/**
 * The body of `POST /api/graphs/:id/circuit`.
 */
export type CircuitAsk = { 
/**
 * Groups.
 */
groups: Array<Group>, 
/**
 * Single nodes that are boxes, too.
 */
pins: Array<number>, };

/**
 * A circuit: boxes, what they give each other, and where they stand.
 */
export type Circuit = { 
/**
 * Groups in the order of the request, then pins that are in no group.
 */
boxes: Array<CircuitBox>, 
/**
 * By target, then source.
 */
edges: Array<CircuitEdge>, 
/**
 * Scores of the boxes' nodes: all else counts as an error.
 */
scores: Scores, 
/**
 * Scores of the whole graph.
 */
graph_scores: Scores, };

/**
 * A box of a circuit.
 */
export type CircuitBox = { 
/**
 * The group's id; `pin:NODE` of a pin.
 */
id: string, 
/**
 * The group's name, or the node's label or name.
 */
name: string, 
/**
 * Its nodes.
 */
nodes: Array<number>, 
/**
 * Row, from 0 at the bottom: the longest path over drawn edges.
 */
rank: number, 
/**
 * Place in its row, from 0 to 1.
 */
x: number, 
/**
 * Where it stands on the page's drawing unless somebody moved it.
 */
place: Place, 
/**
 * Mean layer; tokens count -1.
 */
level: number, 
/**
 * Mean position.
 */
column: number, 
/**
 * Σ activation of its features.
 */
activation: number, 
/**
 * Its nodes' share of all influence on the targets; a target by its weight.
 */
influence: number, };

/**
 * A place on the page's drawing of a circuit, in its pixels: the upper left corner of a box.
 */
export type Place = { 
/**
 * From the left.
 */
x: number, 
/**
 * From the top.
 */
y: number, };

/**
 * What one box gives another.
 */
export type CircuitEdge = { 
/**
 * The contributing box.
 */
source: string, 
/**
 * The explained box.
 */
target: string, 
/**
 * The signed share of the target's inputs from outside it, from -1 to 1.
 */
share: number, 
/**
 * Whether it is among the strongest that make up 80 % of its target's box inputs.
 */
drawn: boolean, };

/**
 * The body of `POST /api/graphs/:id/suggest`.
 */
export type SuggestAsk = { 
/**
 * The nodes to group; the most influential features if null.
 */
nodes: Array<number> | null, 
/**
 * How many features then; 40 if null.
 */
top: number | null, 
/**
 * The saved view whose names are used; those of the file if null.
 */
view: string | null, };

/**
 * Groups that may be made; nothing is applied.
 */
export type Suggestions = { 
/**
 * The most influential first.
 */
groups: Array<Suggestion>, 
/**
 * Nodes that were considered and fit nowhere.
 */
alone: Array<number>, };

/**
 * A group that may be made, and why.
 */
export type Suggestion = { 
/**
 * What half of its nodes are called, the most influential one, or where they stand.
 */
name: string, 
/**
 * Its nodes, ascending.
 */
nodes: Array<number>, 
/**
 * Sentences.
 */
reasons: Array<string>, 
/**
 * The least similarity of two members' signed input and output profiles: cosine, -1 to 1.
 */
similarity: number, 
/**
 * Its nodes' share of all influence on the targets.
 */
influence: number, 
/**
 * How the replacement score of the circuit of all considered nodes changes without the group.
 */
replacement_change: number, 
/**
 * How its completeness score does.
 */
completeness_change: number, };

/**
 * The body of `POST /api/compare`.
 */
export type CompareAsk = { 
/**
 * A graph.
 */
a: string, 
/**
 * Another of the same dictionary.
 */
b: string, 
/**
 * Which positions belong together.
 */
align: CompareAlign, };

/**
 * Which positions of two prompts belong together.
 */
export type CompareAlign = "start" | "end" | "token" | "any";

/**
 * Two graphs, feature by feature.
 */
export type Compare = { 
/**
 * In both, by the larger influence.
 */
both: Array<MatchedFeature>, 
/**
 * Nodes of A alone, ascending.
 */
only_a: Array<number>, 
/**
 * Nodes of B alone, ascending.
 */
only_b: Array<number>, 
/**
 * Both, as a share of all.
 */
jaccard: number, 
/**
 * `[T]` the column of each position of A where both prompts are laid over each other:
 * positions that belong together share one. Ends are flush where any position will do.
 */
columns_a: Array<number>, 
/**
 * `[T]` the same of B.
 */
columns_b: Array<number>, };

/**
 * A feature that is a node of both graphs.
 */
export type MatchedFeature = { 
/**
 * Its node in A.
 */
a: number, 
/**
 * Its node in B.
 */
b: number, 
/**
 * `L2/50`.
 */
feature: string, 
/**
 * Its activation in A.
 */
activation_a: number, 
/**
 * Its activation in B.
 */
activation_b: number, 
/**
 * Its share of all influence in A.
 */
influence_a: number, 
/**
 * Its share of all influence in B.
 */
influence_b: number, };

/**
 * The body of `POST /api/recurring`.
 */
export type RecurringAsk = { 
/**
 * Graphs of one dictionary, at least two.
 */
graphs: Array<string>, 
/**
 * So many rows.
 */
limit: number, 
/**
 * Features that are nodes of so many graphs at least.
 */
least: number, };

/**
 * Several graphs, feature by feature.
 */
export type Recurring = { 
/**
 * Features that were found.
 */
n_features: number, 
/**
 * Those of most graphs first, of equals those of the largest mean influence; perhaps not all.
 */
rows: Array<RecurringFeature>, 
/**
 * The set that the features are of; null if neither its model nor an index is here.
 */
feature_set: string | null, };

/**
 * A feature that is a node of several graphs.
 */
export type RecurringFeature = { 
/**
 * As `L2/50`.
 */
feature: string, 
/**
 * Its layer.
 */
layer: number, 
/**
 * Its index in the layer.
 */
index: number, 
/**
 * What it is called, if it is.
 */
label: string | null, 
/**
 * Whose words.
 */
label_source: string | null, 
/**
 * Graphs that it is a node of.
 */
n_graphs: number, 
/**
 * Its share of all influence, the mean over all graphs: 0 where it is no node.
 */
mean_influence: number, 
/**
 * In each graph, in the order of the request; null where it is no node.
 */
cells: Array<RecurringCell | null>, };

/**
 * A feature in a graph, all its positions together.
 */
export type RecurringCell = { 
/**
 * Its nodes.
 */
nodes: Array<number>, 
/**
 * Their share of all influence in that graph, summed.
 */
influence: number, 
/**
 * The largest activation.
 */
activation: number, };

/**
 * The answer of `PUT /api/graphs/:id/views/:name`. The body is any JSON object of at most 4 MiB
 * with a whole number `schema`; `If-Match` must be the current ETag, or `*` for a new one.
 */
export type ViewSaved = { 
/**
 * Its number, from 1.
 */
version: number, 
/**
 * Its ETag.
 */
etag: string, };

/**
 * A row of `GET /api/graphs/:id/views/:name/versions`, the newest first. A version is read with
 * `GET /api/graphs/:id/views/:name?version=`.
 */
export type ViewVersion = { 
/**
 * Its number, from 1.
 */
version: number, 
/**
 * Milliseconds since 1970.
 */
saved: number, 
/**
 * Its size.
 */
bytes: number, 
/**
 * What the document's `name` says, if that is text.
 */
name: string | null, };

/**
 * `PATCH /api/graphs/:id/views/:name`, with all of its versions; `main` keeps its name.
 */
export type ViewPatch = { 
/**
 * What it is called from now on.
 */
name: string, };

/**
 * The answer with status 412: somebody else saved meanwhile.
 */
export type ViewConflict = { 
/**
 * What went wrong.
 */
error: FailureBody, 
/**
 * The current version's ETag.
 */
etag: string, 
/**
 * The current version.
 */
version: number, 
/**
 * The current document.
 */
current: unknown, };

/**
 * The answer when a graph, a probe, a run or a view was deleted.
 */
export type Deleted = { 
/**
 * Its name in the trash.
 */
trash: string, };

/**
 * A row of `GET /api/trash`, the newest first.
 */
export type TrashRow = { 
/**
 * Its name in the trash.
 */
name: string, 
/**
 * What it is.
 */
kind: TrashKind, 
/**
 * The title or prompt of a graph, the template of a probe, the name of a run or a view.
 */
title: string, 
/**
 * Milliseconds since 1970.
 */
deleted: number, 
/**
 * It is removed for good when a server starts so many days later.
 */
kept_days: number, };

/**
 * What was deleted.
 */
export type TrashKind = "graph" | "probe" | "run" | "view";

/**
 * The body of `POST /api/graphs/:id/runs`.
 */
export type RunAsk = { "kind": "intervene" } & InterveneAsk | { "kind": "validate" } & ValidateAsk;

/**
 * An intervention (`docs/interventions.md`).
 */
export type InterveneAsk = { 
/**
 * What its owner calls it; empty for what was done.
 */
name: string, 
/**
 * What is followed.
 */
groups: Array<Group>, 
/**
 * What is changed.
 */
edits: Array<EditAsk>, 
/**
 * What is taken from another graph's prompt.
 */
swap: SwapAsk | null, 
/**
 * What answers; `open` if null.
 */
mode: ModeAsk | null, 
/**
 * The layers that are held, `[first, end)`, in constrained and iterative patching; from the
 * first changed layer up to the last but one if null.
 */
layers: [number, number] | null, 
/**
 * Attention patterns: frozen if null.
 */
attention: Held | null, 
/**
 * Norm denominators: free if null.
 */
norms: Held | null, 
/**
 * So many tokens are written, unchanged and changed; none if 0, at most 200.
 */
n_tokens: number, 
/**
 * So many most probable tokens are listed; 10 if null.
 */
top_k: number | null, 
/**
 * Tokens that are listed in any case.
 */
watch: Array<number>, 
/**
 * Repeats it with one thing varied.
 */
sweep: SweepAsk | null, };

/**
 * Features that are changed together.
 */
export type EditAsk = { 
/**
 * Nodes; those that are no features are left out.
 */
nodes: Array<number>, 
/**
 * How.
 */
how: EditHow, 
/**
 * The number; of no meaning to `ablate`.
 */
value: number, 
/**
 * Where.
 */
positions: EditPositions, };

/**
 * What happens to an activation.
 */
export type EditHow = "set" | "scale" | "add" | "ablate";

/**
 * Where an edit holds.
 */
export type EditPositions = "own" | "all" | "onward";

/**
 * What answers to a change.
 */
export type ModeAsk = "direct" | "constrained" | "open" | "iterative";

/**
 * Whether something answers.
 */
export type Held = "frozen" | "free";

/**
 * What is taken from another graph's prompt.
 */
export type SwapAsk = { 
/**
 * The other graph, of the same model and dictionary.
 */
graph: string, 
/**
 * Its nodes whose activation is set here, at the position that belongs to theirs.
 */
nodes: Array<number>, 
/**
 * So many times.
 */
times: number, 
/**
 * Whether positions are counted from the end; from the start otherwise.
 */
from_end: boolean, };

/**
 * What a sweep varies.
 */
export type SweepAsk = { "kind": "dose", 
/**
 * Its values.
 */
values: Array<number>, } | { "kind": "end_layer" } | { "kind": "position" };

/**
 * The validation of a graph (`docs/validation.md`).
 */
export type ValidateAsk = { 
/**
 * What its owner calls it.
 */
name: string, 
/**
 * Groups that are changed as one, and watched.
 */
groups: Array<Group>, 
/**
 * So many features of largest influence are changed, too.
 */
n_features: number, 
/**
 * What activations are multiplied by; 0 and -1 if null.
 */
doses: Array<number> | null, 
/**
 * What is left free to answer; `mlps` if null.
 */
rung: RungName | null, 
/**
 * Where the random choice of controls starts; 0 if null.
 */
seed: number | null, };

/**
 * What is left free to answer (`docs/validation.md`, the ladder).
 */
export type RungName = "gates" | "mlps" | "norms" | "attention" | "constrained";

/**
 * A row of `GET /api/graphs/:id/runs`, the newest first.
 */
export type RunRow = { 
/**
 * From 1.
 */
number: number, 
/**
 * What was done, or what its owner calls it.
 */
name: string, 
/**
 * Milliseconds since 1970.
 */
created: number, 
/**
 * Whether it validates the graph.
 */
validates: boolean, 
/**
 * Whether it was ended early.
 */
partial: boolean, };

/**
 * `PATCH /api/graphs/:id/runs/:number`.
 */
export type RunPatch = { 
/**
 * What it is called from now on.
 */
name: string, };

/**
 * `GET /api/graphs/:id/runs/:number`.
 */
export type Run = { 
/**
 * From 1.
 */
number: number, 
/**
 * What was done, or what its owner calls it.
 */
name: string, 
/**
 * The graph.
 */
graph: string, 
/**
 * Milliseconds since 1970.
 */
created: number, 
/**
 * What was asked for.
 */
ask: RunAsk, 
/**
 * The program and its version.
 */
tool: string, 
/**
 * What came out.
 */
result: RunBody, };

/**
 * What came out of a run.
 */
export type RunBody = { "kind": "intervene" } & InterveneRun | { "kind": "validate" } & ValidateRun;

/**
 * Before and after an intervention.
 */
export type InterveneRun = { 
/**
 * What was done, in a line.
 */
what: string, 
/**
 * What was held, in a line.
 */
held: string, 
/**
 * Groups, in the order of the request.
 */
groups: Array<GroupEffect>, 
/**
 * The graph's targets; empty where the intervention does not say what becomes of them.
 */
targets: Array<TargetEffect>, 
/**
 * The distribution over the next token, at the targets' position.
 */
shift: Shift, 
/**
 * The text that is written, unchanged and changed; null if none was asked for.
 */
text: TextPair | null, 
/**
 * The sweep, if one was asked for.
 */
sweep: SweepResult | null, 
/**
 * What was taken from another prompt; null if nothing was, and in runs of older versions.
 */
inserted: Inserted | null, };

/**
 * Features whose activation on another prompt was set on this one.
 */
export type Inserted = { 
/**
 * What its one feature is called, or how many they are.
 */
name: string, 
/**
 * The other prompt.
 */
prompt: string, 
/**
 * How many features.
 */
n_features: number, 
/**
 * Their mean layer.
 */
layer: number, 
/**
 * Their mean position here.
 */
pos: number, 
/**
 * What was done, as `2×`: so many times the activation that they have there.
 */
dose: string, };

/**
 * What became of a group.
 */
export type GroupEffect = { 
/**
 * The group's id.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * What was done to it, as `-2x`; null if nothing was.
 */
edited: string | null, 
/**
 * Σ activation after, by Σ activation before; null if that was zero.
 */
measured: number | null, 
/**
 * The same as the graph predicts it: every path, every feature in proportion. Null where it
 * does not say.
 */
predicted: number | null, 
/**
 * Whether the two agree: both fall, rise, or stay (within 0.05 of the original); null
 * without a prediction, and for what was edited.
 */
agrees: boolean | null, 
/**
 * Its features.
 */
members: Array<MemberEffect>, };

/**
 * What became of a feature.
 */
export type MemberEffect = { 
/**
 * Its node.
 */
node: number, 
/**
 * Activation before.
 */
before: number, 
/**
 * Activation after; of an edited feature, what it was made to be.
 */
after: number, 
/**
 * The activation that the graph predicts; null where it does not say.
 */
predicted: number | null, 
/**
 * Whether it was changed itself.
 */
edited: boolean, };

/**
 * What became of a target, in units of its logit or pre-activation.
 */
export type TargetEffect = { 
/**
 * Its node.
 */
node: number, 
/**
 * As a person reads it.
 */
label: string, 
/**
 * What it was: a logit less the mean, as a rule.
 */
before: number, 
/**
 * How it changed; null for directions, which a graph does not hold.
 */
measured: number | null, 
/**
 * How the graph says it would; null where it does not say.
 */
predicted: number | null, };

/**
 * How the next token's distribution moved.
 */
export type Shift = { 
/**
 * KL(before || after) in nats.
 */
kl_nats: number, 
/**
 * Entropy before, in bits.
 */
entropy_before_bits: number, 
/**
 * Entropy after, in bits.
 */
entropy_after_bits: number, 
/**
 * By rank after.
 */
tokens: Array<TokenShift>, };

/**
 * A token before and after.
 */
export type TokenShift = { 
/**
 * Its id.
 */
id: number, 
/**
 * The id decoded by itself.
 */
text: string, 
/**
 * Probability before.
 */
p_before: number, 
/**
 * Probability after.
 */
p_after: number, 
/**
 * Rank before, from 1.
 */
rank_before: number, 
/**
 * Rank after, from 1.
 */
rank_after: number, };

/**
 * Text that the model writes.
 */
export type TextPair = { 
/**
 * Unchanged.
 */
before: string, 
/**
 * Changed.
 */
after: string, };

/**
 * Many runs that differ in one thing.
 */
export type SweepResult = { 
/**
 * `dose`, `end_layer` or `position`.
 */
varies: string, 
/**
 * Whether it was ended early: points that were measured are there.
 */
partial: boolean, 
/**
 * Points that were asked for.
 */
n_points: number, 
/**
 * In order.
 */
points: Array<SweepPoint>, };

/**
 * One run of a sweep.
 */
export type SweepPoint = { 
/**
 * The dose, the layer before which the held range ends, or the position.
 */
value: number, 
/**
 * As of one run.
 */
shift: Shift, 
/**
 * Σ activation after by Σ before of each group, in the order of the request.
 */
groups: Array<number | null>, 
/**
 * The same as the graph predicts it; null where it does not say. Empty in runs of older
 * versions.
 */
predicted: Array<number | null>, 
/**
 * As of one run; empty in runs of older versions.
 */
targets: Array<TargetEffect>, };

/**
 * What a validation found.
 */
export type ValidateRun = { 
/**
 * The rung of verdicts and cells.
 */
rung: RungName, 
/**
 * What activations were multiplied by.
 */
doses: Array<number>, 
/**
 * What was changed: rows of the matrix.
 */
cases: Array<CaseRow>, 
/**
 * Columns: group ids, and `target:K`.
 */
columns: Array<string>, 
/**
 * Cells that are not empty, by case, dose and column.
 */
cells: Array<MatrixCell>, 
/**
 * Agreement of predictions and measurements by rung, of single features on later features at
 * the first dose.
 */
ladder: Array<AgreementRow>, 
/**
 * On edges of the pruned graph, by target, then source.
 */
verdicts: Array<EdgeVerdictRow>, 
/**
 * Cases that were asked for.
 */
n_asked: number, 
/**
 * Whether it was ended early.
 */
partial: boolean, };

/**
 * What was changed.
 */
export type CaseRow = { 
/**
 * The group's id; null for a single feature.
 */
group: string | null, 
/**
 * The group's name or the feature's.
 */
name: string, 
/**
 * Nodes that were changed.
 */
nodes: Array<number>, 
/**
 * Features that were changed instead as its control, `L2/50@8`; empty if there was none like
 * it.
 */
control: Array<string>, };

/**
 * What a case did to a column.
 */
export type MatrixCell = { 
/**
 * Place in `cases`.
 */
case: number, 
/**
 * Place in `doses`.
 */
dose: number, 
/**
 * Place in `columns`.
 */
column: number, 
/**
 * Predicted change, as a share of what the column is in the unchanged model.
 */
predicted: number, 
/**
 * Measured change, as that share.
 */
measured: number, 
/**
 * What its control did, as that share; null if there was none.
 */
control: number | null, 
/**
 * Supported: it moved the way predicted, by at least half of it, and more than its control.
 */
verdict: VerdictName, };

/**
 * How well predictions and measurements agree on one rung.
 */
export type AgreementRow = { 
/**
 * The rung.
 */
rung: RungName, 
/**
 * Pairs.
 */
n: number, 
/**
 * Rank correlation; null if it is not defined.
 */
spearman: number | null, 
/**
 * Correlation; null if it is not defined.
 */
pearson: number | null, 
/**
 * What is measured for each unit predicted; null if nothing is predicted.
 */
slope: number | null, 
/**
 * Of the pairs that predict something, those that moved the way predicted.
 */
sign_agreement: number | null, };

/**
 * The body of `POST /api/figure`; the answer is the file.
 */
export type FigureAsk = { 
/**
 * The graph.
 */
graph: string, 
/**
 * The circuit is that of this saved view; `main` may be one that nobody saved yet.
 */
view: string | null, 
/**
 * The circuit, if no view is named; the graph file's own groups if null.
 */
groups: Array<Group> | null, 
/**
 * Single nodes that are boxes, too.
 */
pins: Array<number>, 
/**
 * Runs of interventions to be drawn below the unchanged model, by number.
 */
runs: Array<number>, 
/**
 * How it looks.
 */
options: FigureOptions, 
/**
 * The file.
 */
format: FigureFormat, };

/**
 * How a figure looks.
 */
export type FigureOptions = { 
/**
 * Above everything; empty for the prompt's targets.
 */
title: string, 
/**
 * Whether the unchanged model has a panel of its own.
 */
baseline: boolean, 
/**
 * Outputs of each run; none if 0.
 */
n_outputs: number, 
/**
 * Whether boxes say what is left of their activation.
 */
percentages: boolean, 
/**
 * Whether the prompt stands below each panel.
 */
prompt: boolean, 
/**
 * Whether small lines below say how the numbers were made.
 */
footer: boolean, 
/**
 * Whether boxes that nobody named are called as a program named their features, which is
 * then marked.
 */
automatic_names: boolean, 
/**
 * Whether boxes have the tints that the view gives to groups.
 */
tints: boolean, 
/**
 * Edges of a smaller share of a box's inputs from outside it, whatever their sign, are left
 * out, and counted in the footer; 0 to 1.
 */
min_share: number, 
/**
 * Where boxes stand.
 */
layout: FigureLayout, 
/**
 * Its colours.
 */
theme: FigureTheme, 
/**
 * How wide it is on paper, in millimetres, 20 to 500; a unit is a pixel, and a point of PDF,
 * if null.
 */
width_mm: number | null, 
/**
 * Pixels a unit, of PNG; with a width, 96 dots an inch times this.
 */
scale: number, };

/**
 * Where the boxes of a figure stand.
 */
export type FigureLayout = "automatic" | "placed";

/**
 * The colours of a figure.
 */
export type FigureTheme = "reader" | "light" | "dark";

/**
 * A figure's file.
 */
export type FigureFormat = "svg" | "pdf" | "png";

/**
 * Features inside a page, as many as fit.
 */
export type PageFeatures = { 
/**
 * What the head calls the set of them.
 */
set: string, 
/**
 * Those of the circuit, then those of most influence: each as
 * `GET /api/features/:set/:layer/:index` answers, with the strongest examples alone, and
 * without what fires with it and where the index lies.
 */
features: Array<Feature>, 
/**
 * Features of nodes that the view's thresholds keep, or that are pinned or grouped.
 */
n_shown: number, 
/**
 * The most bytes that features may take.
 */
limit_bytes: number, };

/**
 * What is inside a page that was saved as one file, as JSON.
 */
export type PageFile = { 
/**
 * The program that wrote it.
 */
tool: string, 
/**
 * BLAKE3 of the graph's file.
 */
graph_digest: string, 
/**
 * As `GET /api/graphs/:id` answers.
 */
head: GraphHead, 
/**
 * The whole graph as a pack, in base64.
 */
pack: string, 
/**
 * The page's document.
 */
view: unknown, 
/**
 * The view's circuit; null if nothing is pinned or grouped.
 */
circuit: Circuit | null, 
/**
 * What each threshold keeps: whole percents from 20 and the view's own, first with the
 * view's edge threshold, then with all edges.
 */
pruned: Array<PrunedAt>, 
/**
 * Rows of the runs, the newest first.
 */
run_rows: Array<RunRow>, 
/**
 * The runs, in the same order.
 */
runs: Array<Run>, 
/**
 * Features of the nodes that are shown; null if no index of them was at hand.
 */
features: PageFeatures | null, };

/**
 * A pruned graph, at one pair of thresholds.
 */
export type PrunedAt = { 
/**
 * Share of all influence that kept nodes have together.
 */
node_threshold: number, 
/**
 * Share of all edge scores that kept edges have together.
 */
edge_threshold: number, 
/**
 * A bit for each node, 1 if it is kept, the first node lowest in the first byte; in base64.
 */
kept: string, 
/**
 * Edges that are kept.
 */
n_edges: number, 
/**
 * Nodes that missing rows might add or remove.
 */
n_undetermined: number, 
/**
 * Scores of what is kept: all else counts as an error.
 */
scores: Scores, };

/**
 * `GET /api/features`: the dictionaries whose features can be asked for.
 */
export type FeatureSets = { 
/**
 * Those of served models in their order, then those of which only an index is here.
 */
sets: Array<FeatureSet>, 
/**
 * Files that were looked at and are no index.
 */
skipped: Array<SkippedIndex>, };

/**
 * The features of a dictionary.
 */
export type FeatureSet = { 
/**
 * What requests call it: the model's name, or the dictionary's if no model is served.
 */
name: string, 
/**
 * The dictionary.
 */
dictionary: string, 
/**
 * Layers.
 */
n_layers: number, 
/**
 * Features of a layer.
 */
n_features: number, 
/**
 * Whether its model is served, so that weights and probes can be computed.
 */
is_run: boolean, 
/**
 * What was collected; null if nothing was.
 */
index: IndexRow | null, 
/**
 * The command that makes an index where it is found; empty if the model is not served.
 */
collect: string, 
/**
 * Whether `TEXT` in that command stands for a file of the user's.
 */
needs_text: boolean, };

/**
 * An index of features.
 */
export type IndexRow = { 
/**
 * Where it lies.
 */
path: string, 
/**
 * The model that it was collected with; empty if others made it and do not say.
 */
model: string, 
/**
 * The dictionary.
 */
dictionary: string, 
/**
 * The program that made it.
 */
tool: string, 
/**
 * Tokens that were read; 0 if others made it and do not say.
 */
n_tokens: number, 
/**
 * Sequences that they were in.
 */
n_sequences: number, 
/**
 * Features that fired at least once.
 */
n_fired: number, 
/**
 * Features that have a label.
 */
n_named: number, };

/**
 * A file that is not used.
 */
export type SkippedIndex = { 
/**
 * Where it lies.
 */
path: string, 
/**
 * Why, in a sentence.
 */
why: string, };

/**
 * `GET /api/features/:set/:layer/:index`: the feature JSON of circuit-tracer's page
 * (`docs/features.md`) with our additions.
 */
export type Feature = { 
/**
 * What frontends look the dictionary up by.
 */
transcoder_id: string, 
/**
 * Within its layer.
 */
index: number, 
/**
 * Examples by group, the strongest group first.
 */
examples_quantiles: Array<ExampleGroup>, 
/**
 * Tokens whose logits it raises most.
 */
top_logits: Array<string>, 
/**
 * Tokens whose logits it lowers most.
 */
bottom_logits: Array<string>, 
/**
 * By how much, per unit of activation, less the mean over the vocabulary; empty if not known.
 */
top_logits_values: Array<number>, 
/**
 * By how much; empty if not known.
 */
bottom_logits_values: Array<number>, 
/**
 * Tokens whose embeddings raise it most.
 */
top_embedding_effects: Array<string>, 
/**
 * Tokens whose embeddings lower it most.
 */
bottom_embedding_effects: Array<string>, 
/**
 * Least activation where it fires.
 */
act_min: number | null, 
/**
 * Largest activation.
 */
act_max: number | null, 
/**
 * A hundred quantiles of its activations where it fires.
 */
quantile_values: Array<number>, 
/**
 * Counts of forty equal bins from the least to the largest activation.
 */
histogram: Array<number>, 
/**
 * Share of the tokens on which it fires.
 */
activation_frequency: number | null, 
/**
 * A name; null if it has none.
 */
label: string | null, 
/**
 * Whose name it is: what a program guessed says `automatic`.
 */
label_source: string | null, 
/**
 * What their JSON has no place for.
 */
more: FeatureMore, };

/**
 * Examples of one kind.
 */
export type ExampleGroup = { 
/**
 * What they are.
 */
quantile_name: string, 
/**
 * The strongest first.
 */
examples: Array<ExampleRow>, };

/**
 * A piece of text in which a feature fires.
 */
export type ExampleRow = { 
/**
 * The tokens.
 */
tokens: Array<string>, 
/**
 * Activation on each.
 */
tokens_acts_list: Array<number>, 
/**
 * Place of the token where it fires most.
 */
train_token_ind: number, 
/**
 * Whether a group before has the same example.
 */
is_repeated_datapoint: boolean, };

/**
 * What is known of a feature beside circuit-tracer's JSON.
 */
export type FeatureMore = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Layers of the dictionary.
 */
n_layers: number, 
/**
 * Features of a layer.
 */
n_features: number, 
/**
 * Tokens on which it fires; 0 if others made the index.
 */
fired: number, 
/**
 * Mean activation where it fires.
 */
mean: number, 
/**
 * Tokens whose embeddings raise its pre-activation most through the stream alone, per unit
 * of embedding.
 */
top_inputs: Array<EffectRow>, 
/**
 * Those that lower it most.
 */
bottom_inputs: Array<EffectRow>, 
/**
 * Features that fire on the same tokens, by share of the tokens on which either does.
 */
fires_with: Array<TogetherRow>, 
/**
 * The index that says so.
 */
index: IndexRow, };

/**
 * `PUT /api/features/:set/:layer/:index/label`.
 */
export type LabelAsk = { 
/**
 * What the feature is called from now on, in every graph; empty for what its index says.
 */
text: string, };

/**
 * What a feature is called.
 */
export type FeatureLabel = { 
/**
 * Its label, if it has one.
 */
label: string | null, 
/**
 * Whose words.
 */
label_source: string | null, };

/**
 * A token that a feature acts on, or that acts on it.
 */
export type EffectRow = { 
/**
 * The token.
 */
token: string, 
/**
 * How strongly; null if others did not say.
 */
value: number | null, };

/**
 * A feature that fires on the same tokens.
 */
export type TogetherRow = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Within its layer.
 */
index: number, 
/**
 * What it is called.
 */
label: string | null, 
/**
 * Whose name it is.
 */
label_source: string | null, 
/**
 * Tokens on which both fire, at least.
 */
n: number, 
/**
 * The same as a share of the tokens on which the one that was asked for fires.
 */
share: number, 
/**
 * The same as a share of the tokens on which either fires.
 */
jaccard: number, 
/**
 * Pointwise mutual information in bits over the tokens of the index, at least: how much more
 * often both fire than if neither knew of the other. Null if it does not say how many tokens.
 */
pmi: number | null, };

/**
 * Which features are meant, in a list and on a text.
 */
export type FeatureFilter = { 
/**
 * Those whose label holds this text, whatever its case.
 */
label: string | null, 
/**
 * Those of this layer.
 */
layer: number | null, 
/**
 * Those whose name is somebody's. Where neither this nor `label` asks for a name, those that
 * fired.
 */
named: FeatureNamed, 
/**
 * Those that fire on at least this share of the tokens.
 */
frequency_from: number | null, 
/**
 * On at most this share.
 */
frequency_to: number | null, 
/**
 * Those whose largest activation is at least this.
 */
max_from: number | null, 
/**
 * At most this.
 */
max_to: number | null, };

/**
 * The body of `POST /api/features/query`.
 */
export type FeatureQuery = { 
/**
 * The set; that of the default model if null.
 */
set: string | null, 
/**
 * In which order.
 */
sort: FeatureSort, 
/**
 * So many are passed over.
 */
offset: number, 
/**
 * At most so many, 1 to 1000.
 */
limit: number, 
/**
 * Those whose label holds this text, whatever its case.
 */
label: string | null, 
/**
 * Those of this layer.
 */
layer: number | null, 
/**
 * Those whose name is somebody's. Where neither this nor `label` asks for a name, those that
 * fired.
 */
named: FeatureNamed, 
/**
 * Those that fire on at least this share of the tokens.
 */
frequency_from: number | null, 
/**
 * On at most this share.
 */
frequency_to: number | null, 
/**
 * Those whose largest activation is at least this.
 */
max_from: number | null, 
/**
 * At most this.
 */
max_to: number | null, };

/**
 * In which order features are listed; of equals, by layer, then index.
 */
export type FeatureSort = "index" | "last" | "name" | "name_down" | "frequency" | "rarest" | "max" | "weakest";

/**
 * Whose name listed features have.
 */
export type FeatureNamed = "any" | "hand" | "program" | "imported" | "nobody";

/**
 * The answer of `POST /api/features/query`.
 */
export type FeaturePage = { 
/**
 * All that match, listed or not.
 */
total: number, 
/**
 * The part that was asked for.
 */
rows: Array<FeatureRow>, };

/**
 * A feature in a list.
 */
export type FeatureRow = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Within its layer.
 */
index: number, 
/**
 * What it is called.
 */
label: string | null, 
/**
 * Whose name it is.
 */
label_source: string | null, 
/**
 * Tokens on which it fires; 0 if others made the index.
 */
fired: number, 
/**
 * The same as a share of all tokens.
 */
frequency: number, 
/**
 * Its largest activation.
 */
max: number, };

/**
 * The body of `POST /api/features/search`: which features fire on a text. What is asked of them
 * beside their layer, an index knows.
 */
export type FeatureSearch = { 
/**
 * The text, and the model whose features are looked for.
 */
prompt: PromptAsk, 
/**
 * At most so many, 1 to 1000.
 */
limit: number, 
/**
 * Those whose label holds this text, whatever its case.
 */
label: string | null, 
/**
 * Those of this layer.
 */
layer: number | null, 
/**
 * Those whose name is somebody's. Where neither this nor `label` asks for a name, those that
 * fired.
 */
named: FeatureNamed, 
/**
 * Those that fire on at least this share of the tokens.
 */
frequency_from: number | null, 
/**
 * On at most this share.
 */
frequency_to: number | null, 
/**
 * Those whose largest activation is at least this.
 */
max_from: number | null, 
/**
 * At most this.
 */
max_to: number | null, };

/**
 * The answer of `POST /api/features/search`.
 */
export type FeatureFound = { 
/**
 * The text as the model sees it.
 */
tokens: Array<Token>, 
/**
 * As in `Tokens`.
 */
notes: Array<string>, 
/**
 * All that fire, whatever else was asked of them.
 */
n_fire: number, 
/**
 * Those of them that match, listed or not.
 */
total: number, 
/**
 * By share of the largest activation that the index saw; without an index, by activation.
 */
rows: Array<FoundRow>, };

/**
 * A feature that fires on a text.
 */
export type FoundRow = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Within its layer.
 */
index: number, 
/**
 * What it is called.
 */
label: string | null, 
/**
 * Whose name it is.
 */
label_source: string | null, 
/**
 * Its largest activation on the text.
 */
activation: number, 
/**
 * Where that is.
 */
pos: number, 
/**
 * The same as a share of the largest that the index saw; null without an index.
 */
share_of_max: number | null, };

/**
 * The answer of `POST /api/features/:set/:layer/:index/activations`, whose body is a prompt: one
 * feature on any text.
 */
export type FeatureOnText = { 
/**
 * The text as the model sees it.
 */
tokens: Array<Token>, 
/**
 * As in `Tokens`.
 */
notes: Array<string>, 
/**
 * Its activation on each token; 0 where it does not fire, and at positions where features
 * are not used.
 */
activations: Array<number>, 
/**
 * The largest of these as a share of the largest that the index saw; null without an index,
 * or where it fires on neither.
 */
share_of_max: number | null, };

/**
 * `GET /api/features/:set/:layer/:index/graphs`: graphs of the workspace in which it fires.
 */
export type FeatureGraphs = { 
/**
 * Graphs of its dictionary that were read.
 */
n_read: number, 
/**
 * Older ones that were not.
 */
n_left_out: number, 
/**
 * Those in which it fires, the newest first.
 */
rows: Array<FeatureGraph>, };

/**
 * A graph in which a feature fires.
 */
export type FeatureGraph = { 
/**
 * Its id.
 */
graph: string, 
/**
 * What its owner calls it; empty if nothing.
 */
title: string, 
/**
 * Each token of the prompt by itself.
 */
tokens: Array<string>, 
/**
 * The feature's nodes there, by position.
 */
nodes: Array<number>, 
/**
 * Where these are.
 */
positions: Array<number>, 
/**
 * Its largest activation there.
 */
activation: number, };

/**
 * `GET /api/features/:set/:layer/:index/weights?top=`: weights between features through the
 * stream alone, without attention and without denominators of norms.
 */
export type FeatureWeights = { 
/**
 * Features of lower layers, which act on it.
 */
inputs: FeatureSide, 
/**
 * Features of higher layers, which it acts on.
 */
outputs: FeatureSide, };

/**
 * Weights of one side.
 */
export type FeatureSide = { 
/**
 * The largest virtual weights by size.
 */
by_weight: Array<WeightRow>, 
/**
 * The largest by TWERA, among features that are known to fire together; null without an
 * index.
 */
by_twera: Array<WeightRow> | null, };

/**
 * The weight to or from a feature.
 */
export type WeightRow = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Within its layer.
 */
index: number, 
/**
 * What it is called.
 */
label: string | null, 
/**
 * Whose name it is.
 */
label_source: string | null, 
/**
 * What the source adds to the target's pre-activation, per unit of activation.
 */
weight: number, 
/**
 * The weight times `E[a_i a_j] / E[a_j]` over the tokens of the index, at least in size.
 */
twera: number | null, 
/**
 * At most; the same if co-activation was counted exactly.
 */
twera_at_most: number | null, 
/**
 * Tokens on which both fire, at least.
 */
together: number | null, };

/**
 * `GET /api/features/:set/:layer/:index/writes`: how strongly a feature writes to each layer.
 */
export type FeatureWrites = { 
/**
 * Its own layer first; more than one only of a cross-layer dictionary.
 */
rows: Array<WriteRow>, };

/**
 * A layer that a feature writes to.
 */
export type WriteRow = { 
/**
 * The layer.
 */
layer: number, 
/**
 * Length of its decoder row there (‖W_dec‖₂), as the dictionary has it.
 */
norm: number, };

/**
 * A feature of a dictionary.
 */
export type FeatureName = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Within its layer.
 */
index: number, };

/**
 * The body of `POST /api/probes`.
 */
export type ProbeAsk = { 
/**
 * The default model if null.
 */
model: string | null, 
/**
 * A text with two slots in braces, as `calc : {a} + {b} =`.
 */
template: string, 
/**
 * Values of the first slot: a range as `0..100`, which ends before its end, or a list with
 * commas.
 */
first: string, 
/**
 * Values of the second slot.
 */
second: string, 
/**
 * Position of each prompt that is read; negative counts from the end.
 */
position: number, 
/**
 * Features that are judged although they may fire on few cells; if there are any, no others
 * are judged.
 */
features: Array<FeatureName>, 
/**
 * Else those that fire on so many cells.
 */
min_cells: number, };

/**
 * A row of `GET /api/probes`, the newest first.
 */
export type ProbeRow = { 
/**
 * From 1.
 */
number: number, 
/**
 * Milliseconds since 1970.
 */
created: number, 
/**
 * The template.
 */
template: string, 
/**
 * The language model.
 */
model: string, 
/**
 * The dictionary.
 */
dictionary: string, 
/**
 * What tells it from others of its name.
 */
dictionary_digest: string, 
/**
 * Values of each slot.
 */
n_values: [number, number], 
/**
 * Features that were judged.
 */
n_features: number, };

/**
 * A probe as it is kept, and `GET /api/probes/:number`.
 */
export type Probe = { 
/**
 * From 1.
 */
number: number, 
/**
 * Milliseconds since 1970.
 */
created: number, 
/**
 * The program and its version.
 */
tool: string, 
/**
 * What was asked for.
 */
ask: ProbeAsk, 
/**
 * The language model.
 */
model: string, 
/**
 * The dictionary.
 */
dictionary: string, 
/**
 * Its digest.
 */
dictionary_digest: string, 
/**
 * What the slots are called.
 */
slots: [string, string], 
/**
 * Values of each slot.
 */
values: [Array<string>, Array<string>], 
/**
 * What a reader should know of the prompts, as in `Tokens`; a sentence once.
 */
notes: Array<string>, 
/**
 * Share of the cells where the model's most probable token is the sum of the two values; null
 * where they are no numbers.
 */
sums_right: number | null, 
/**
 * Features that were judged, by class.
 */
classes: { [key in string]: number }, 
/**
 * All that were judged, by layer, then index.
 */
features: Array<ProbedFeature>, 
/**
 * The same on the command line.
 */
command: string, };

/**
 * What a feature's grid is a function of. Classes are automatic: they say what fits the numbers.
 */
export type ProbedFeature = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Within its layer.
 */
index: number, 
/**
 * What it is called now.
 */
label: string | null, 
/**
 * Whose name it is.
 */
label_source: string | null, 
/**
 * `sum`, `difference`, `lookup`, `either`, `operand`, `magnitude`, `constant` or `other`.
 */
class: string, 
/**
 * Of a class that looks at remainders.
 */
modulus: number | null, 
/**
 * Which values, in a few words.
 */
words: string, 
/**
 * Share of the variance of its activations that the class explains, parameters counted.
 */
explained: number, 
/**
 * Correlation of the grid with its transpose; null if its slots' values differ, or it is
 * constant.
 */
symmetry: number | null, 
/**
 * Largest activation on a cell.
 */
largest: number, 
/**
 * Cells on which it fires.
 */
n_cells: number, };

/**
 * `GET /api/probes/:number/grids?features=L2/370,L3/1`: at most 100 features.
 */
export type ProbeGrids = { 
/**
 * In the order of the request.
 */
grids: Array<ProbeGrid>, };

/**
 * One feature's activations. A cell's number is the place of its first value times the number
 * of second values, plus the place of its second value.
 */
export type ProbeGrid = { 
/**
 * Its layer.
 */
layer: number, 
/**
 * Within its layer.
 */
index: number, 
/**
 * Cells on which it fires, ascending.
 */
cells: Array<number>, 
/**
 * Its activation there; 0 on all others.
 */
activations: Array<number>, };

/**
 * `GET /api/probes/:number/answers`: what the model says at each cell.
 */
export type ProbeAnswers = { 
/**
 * Texts of the tokens that it says.
 */
texts: Array<string>, 
/**
 * Of each cell, the place of its most probable token in `texts`.
 */
answers: Array<number>, 
/**
 * Of each cell, that token's probability.
 */
probabilities: Array<number>, };

/**
 * The answer to what starts a job.
 */
export type JobStarted = { 
/**
 * The job's id.
 */
job: string, };

/**
 * `GET /api/jobs/:id`, a row of `GET /api/jobs` (the newest first), and the data of every event
 * of `GET /api/jobs/:id/events`, which ends after a state that is final.
 */
export type Job = { 
/**
 * Its id.
 */
id: string, 
/**
 * What it does.
 */
kind: JobKind, 
/**
 * What a person calls it: the prompt, the run's name, or the template.
 */
title: string, 
/**
 * The graph that it works on; null for a trace that has not ended, and for a probe.
 */
graph: string | null, 
/**
 * How it stands.
 */
state: JobState, 
/**
 * What it is doing now: `loading`, `forward`, `attribution`, `measuring`, `writing`, …
 */
stage: string, 
/**
 * Units that are done in this stage.
 */
done: number, 
/**
 * Units of this stage; 0 if not known.
 */
total: number, 
/**
 * Seconds left in this stage; null if not known.
 */
eta_secs: number | null, 
/**
 * Milliseconds since 1970.
 */
created: number, 
/**
 * When it ended.
 */
ended: number | null, 
/**
 * What it made; of a job that was cancelled, what there was by then.
 */
result: JobResult | null, 
/**
 * Why it failed.
 */
error: FailureBody | null, };

/**
 * What a job does.
 */
export type JobKind = "trace" | "run" | "probe";

/**
 * How a job stands.
 */
export type JobState = "queued" | "running" | "finished" | "failed" | "cancelled";

/**
 * What a job made.
 */
export type JobResult = { 
/**
 * The graph, of a trace or a run.
 */
graph: string | null, 
/**
 * The run's number, of a run.
 */
run: number | null, 
/**
 * The probe's number, of a probe.
 */
probe: number | null, 
/**
 * Whether it is only a part of what was asked for.
 */
partial: boolean, };

/**
 * The body of `POST /api/log`: an error that the page did not expect. It has nothing of a prompt,
 * of a name, or of what anybody wrote.
 */
export type PageError = { 
/**
 * Its kind, as `TypeError`.
 */
name: string, 
/**
 * What the browser says of it, without what stands in quotes; null of kinds that may quote
 * without them.
 */
message: string | null, 
/**
 * The page without its parts, as `/g`: graphs are called by their prompts.
 */
page: string, 
/**
 * Where in the page's code, the innermost first: `index-abc.js:1:200`.
 */
frames: Array<string>, };

/**
 * A row of `GET /api/log`, the newest first.
 */
export type LogRow = { 
/**
 * What went wrong.
 */
error: PageError, 
/**
 * How often.
 */
n: number, 
/**
 * Milliseconds since 1970, of the last time.
 */
at: number, 
/**
 * The program and its version, of the last time.
 */
tool: string, };
