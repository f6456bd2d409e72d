//! Circuits: pruning, paths, groups and edges between them, suggestions, and two graphs compared.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::graph::Scores;

/// Nodes under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Group {
    /// The page's own.
    pub id: String,
    /// Shown on its box.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<u32>,
}

/// The body of `POST /api/graphs/:id/prune`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PruneAsk {
    /// Share of all influence that kept nodes have together.
    pub node_threshold: f64,
    /// Share of all edge scores that kept edges have together.
    pub edge_threshold: f64,
    /// Nodes that are kept in any case: selected, pinned or grouped ones.
    #[serde(default)]
    pub keep: Vec<u32>,
}

/// A pruned graph.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PrunedGraph {
    /// Nodes that are kept, ascending.
    pub kept: Vec<u32>,
    /// Edges that are kept.
    pub n_edges: usize,
    /// Nodes that missing rows might add or remove.
    pub n_undetermined: usize,
    /// Scores of what is kept: all else counts as an error.
    pub scores: Scores,
}

/// The body of `POST /api/graphs/:id/paths`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PathsAsk {
    /// Where paths start; any token or error if null, which needs `to` to be null, too.
    pub from: Option<u32>,
    /// Where they end; any target if null.
    pub to: Option<u32>,
    /// So many; at most 1,000.
    pub k: usize,
    /// Only through these nodes, if given.
    #[serde(default)]
    pub within: Option<Vec<u32>>,
}

/// The strongest paths.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Paths {
    /// The strongest first.
    pub paths: Vec<PathRow>,
    /// What these paths make of the sum of |share| over all paths between the same ends; null
    /// without ends.
    pub coverage: Option<f64>,
}

/// A path.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PathRow {
    /// From its start to its end.
    pub nodes: Vec<u32>,
    /// The product of its edges, each a signed share of its target's absolute input.
    pub share: f64,
}

/// The body of `POST /api/graphs/:id/circuit`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CircuitAsk {
    /// Groups.
    pub groups: Vec<Group>,
    /// Single nodes that are boxes, too.
    #[serde(default)]
    pub pins: Vec<u32>,
}

/// A circuit: boxes, what they give each other, and where they stand.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Circuit {
    /// Groups in the order of the request, then pins that are in no group.
    pub boxes: Vec<CircuitBox>,
    /// By target, then source.
    pub edges: Vec<CircuitEdge>,
    /// Scores of the boxes' nodes: all else counts as an error.
    pub scores: Scores,
    /// Scores of the whole graph.
    pub graph_scores: Scores,
}

/// A box of a circuit.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CircuitBox {
    /// The group's id; `pin:NODE` of a pin.
    pub id: String,
    /// The group's name, or the node's label or name.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<u32>,
    /// Row, from 0 at the bottom: the longest path over drawn edges.
    pub rank: usize,
    /// Place in its row, from 0 to 1.
    pub x: f64,
    /// Where it stands on the page's drawing unless somebody moved it.
    pub place: Place,
    /// Mean layer; tokens count -1.
    pub level: f64,
    /// Mean position.
    pub column: f64,
    /// Σ activation of its features.
    pub activation: f64,
    /// Its nodes' share of all influence on the targets; a target by its weight.
    pub influence: f64,
}

/// A place on the page's drawing of a circuit, in its pixels: the upper left corner of a box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Place {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// What one box gives another.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CircuitEdge {
    /// The contributing box.
    pub source: String,
    /// The explained box.
    pub target: String,
    /// The signed share of the target's inputs from outside it, from -1 to 1.
    pub share: f64,
    /// Whether it is among the strongest that make up 80 % of its target's box inputs.
    pub drawn: bool,
}

/// The body of `POST /api/graphs/:id/suggest`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SuggestAsk {
    /// The nodes to group; the most influential features if null.
    #[serde(default)]
    pub nodes: Option<Vec<u32>>,
    /// How many features then; 40 if null.
    #[serde(default)]
    pub top: Option<usize>,
    /// The saved view whose names are used; those of the file if null.
    #[serde(default)]
    pub view: Option<String>,
}

/// Groups that may be made; nothing is applied.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Suggestions {
    /// The most influential first.
    pub groups: Vec<Suggestion>,
    /// Nodes that were considered and fit nowhere.
    pub alone: Vec<u32>,
}

/// A group that may be made, and why.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Suggestion {
    /// What half of its nodes are called, the most influential one, or where they stand.
    pub name: String,
    /// Its nodes, ascending.
    pub nodes: Vec<u32>,
    /// Sentences.
    pub reasons: Vec<String>,
    /// The least similarity of two members' signed input and output profiles: cosine, -1 to 1.
    pub similarity: f64,
    /// Its nodes' share of all influence on the targets.
    pub influence: f64,
    /// How the replacement score of the circuit of all considered nodes changes without the group.
    pub replacement_change: f64,
    /// How its completeness score does.
    pub completeness_change: f64,
}

/// The body of `POST /api/compare`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CompareAsk {
    /// A graph.
    pub a: String,
    /// Another of the same dictionary.
    pub b: String,
    /// Which positions belong together.
    pub align: CompareAlign,
}

/// Which positions of two prompts belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum CompareAlign {
    /// Counted from the start.
    Start,
    /// Counted from the end.
    End,
    /// Tokens that are the same, as many in order as there can be; what stands between them is
    /// counted from the token after it.
    Token,
    /// Any: a feature's strongest place in each.
    Any,
}

/// Two graphs, feature by feature.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Compare {
    /// In both, by the larger influence.
    pub both: Vec<MatchedFeature>,
    /// Nodes of A alone, ascending.
    pub only_a: Vec<u32>,
    /// Nodes of B alone, ascending.
    pub only_b: Vec<u32>,
    /// Both, as a share of all.
    pub jaccard: f64,
    /// `[T]` the column of each position of A where both prompts are laid over each other:
    /// positions that belong together share one. Ends are flush where any position will do.
    pub columns_a: Vec<u32>,
    /// `[T]` the same of B.
    pub columns_b: Vec<u32>,
}

/// A feature that is a node of both graphs.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MatchedFeature {
    /// Its node in A.
    pub a: u32,
    /// Its node in B.
    pub b: u32,
    /// `L2/50`.
    pub feature: String,
    /// Its activation in A.
    pub activation_a: f64,
    /// Its activation in B.
    pub activation_b: f64,
    /// Its share of all influence in A.
    pub influence_a: f64,
    /// Its share of all influence in B.
    pub influence_b: f64,
}

/// The body of `POST /api/recurring`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RecurringAsk {
    /// Graphs of one dictionary, at least two.
    pub graphs: Vec<String>,
    /// So many rows.
    pub limit: usize,
    /// Features that are nodes of so many graphs at least.
    #[serde(default)]
    pub least: usize,
}

/// Several graphs, feature by feature.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Recurring {
    /// Features that were found.
    pub n_features: usize,
    /// Those of most graphs first, of equals those of the largest mean influence; perhaps not all.
    pub rows: Vec<RecurringFeature>,
    /// The set that the features are of; null if neither its model nor an index is here.
    pub feature_set: Option<String>,
}

/// A feature that is a node of several graphs.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RecurringFeature {
    /// As `L2/50`.
    pub feature: String,
    /// Its layer.
    pub layer: u32,
    /// Its index in the layer.
    pub index: u32,
    /// What it is called, if it is.
    pub label: Option<String>,
    /// Whose words.
    pub label_source: Option<String>,
    /// Graphs that it is a node of.
    pub n_graphs: usize,
    /// Its share of all influence, the mean over all graphs: 0 where it is no node.
    pub mean_influence: f64,
    /// In each graph, in the order of the request; null where it is no node.
    pub cells: Vec<Option<RecurringCell>>,
}

/// A feature in a graph, all its positions together.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct RecurringCell {
    /// Its nodes.
    pub nodes: Vec<u32>,
    /// Their share of all influence in that graph, summed.
    pub influence: f64,
    /// The largest activation.
    pub activation: f64,
}
