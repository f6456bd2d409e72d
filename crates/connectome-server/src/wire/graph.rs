//! Graphs: rows of the library, a graph's head, its pack, its edges, and what asks for one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::circuit::Group;
use super::model::{PromptAsk, Token};

/// A row of `GET /api/graphs`, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GraphRow {
    /// `[a-z0-9-]{1,64}`.
    pub id: String,
    /// What its owner calls it; empty if nothing.
    pub title: String,
    /// Words of the owner.
    pub tags: Vec<String>,
    /// Milliseconds since 1970.
    pub created: f64,
    /// Each token of the prompt by itself.
    pub tokens: Vec<String>,
    /// The label of the first target.
    pub target: String,
    /// The weight of the first target: of a logit, its probability.
    pub target_weight: f64,
    /// Targets.
    pub n_targets: usize,
    /// The language model.
    pub model: String,
    /// The dictionary.
    pub dictionary: String,
    /// Nodes, errors and tokens included.
    pub n_nodes: usize,
    /// Stored edges.
    pub n_edges: usize,
    /// The two scores.
    pub scores: Scores,
    /// Whether groups are saved in its file or a view was saved.
    pub has_circuit: bool,
    /// Runs that were measured on it.
    pub n_runs: usize,
    /// How its circuit fared in them; null if no edge of it was tested.
    #[serde(default)]
    pub tested: Option<CircuitTests>,
    /// What it was imported from; null if it was traced here.
    pub imported: Option<String>,
    /// Whether rows are missing that were asked for.
    pub partial: bool,
}

/// Edges of a circuit by their verdicts in the newest validation: of the main view as it was saved
/// last, or of the graph's file. Of several verdicts on an edge the worst counts, and a group that
/// has changed since counts for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CircuitTests {
    /// The validation's number.
    pub run: u32,
    /// Edges that did as predicted.
    pub supported: usize,
    /// Edges that are not to be told from controls, or do much less than predicted.
    pub weak: usize,
    /// Edges that did the opposite.
    pub contradicted: usize,
}

/// The body of `PATCH /api/graphs/:id`; what is null stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct GraphPatch {
    /// A new title.
    pub title: Option<String>,
    /// New tags.
    pub tags: Option<Vec<String>>,
}

/// `GET /api/graphs/:id`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GraphHead {
    /// Its id.
    pub id: String,
    /// What its owner calls it; empty if nothing.
    pub title: String,
    /// Words of the owner.
    pub tags: Vec<String>,
    /// Milliseconds since 1970.
    pub created: f64,
    /// The prompt.
    pub tokens: Vec<Token>,
    /// The prompt in one piece.
    pub text: String,
    /// What is explained.
    pub targets: Vec<TargetRow>,
    /// Layers of the model.
    pub n_layers: u32,
    /// How many of what.
    pub counts: GraphCounts,
    /// Which nodes are what.
    pub ranges: NodeRanges,
    /// The two scores, with bounds.
    pub scores: Scores,
    /// What made it.
    pub provenance: ProvenanceRow,
    /// How far the trace went.
    pub extent: ExtentRow,
    /// Labels of nodes: their own, or their feature's; those of the file before those of an index.
    pub labels: Vec<NodeLabel>,
    /// The set of its dictionary's features; null if neither its model nor an index is here.
    pub feature_set: Option<String>,
    /// Groups that the file holds.
    pub groups: Vec<Group>,
    /// Pins that the file holds.
    pub pinned: Vec<u32>,
    /// What interventions said of edges, if the file holds that.
    pub verdicts: Option<VerdictsRow>,
    /// Names of saved views.
    pub views: Vec<String>,
    /// Runs that were measured.
    pub n_runs: usize,
    /// Whether the model that made it can be run here.
    pub runnable: bool,
    /// Why not, in a sentence.
    pub not_runnable: Option<String>,
}

/// Counts of a graph.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GraphCounts {
    /// All nodes.
    pub nodes: usize,
    /// Features that are nodes.
    pub features: usize,
    /// Error nodes: one a layer and position.
    pub errors: usize,
    /// Tokens.
    pub tokens: usize,
    /// Targets.
    pub targets: usize,
    /// Stored edges.
    pub edges: usize,
    /// Features that fired, nodes or not.
    pub active: usize,
    /// Features and targets whose inputs are known.
    pub expanded: usize,
}

/// Places of nodes by kind.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NodeRanges {
    /// Features.
    pub features: NodeRange,
    /// Errors.
    pub errors: NodeRange,
    /// Tokens.
    pub tokens: NodeRange,
    /// Targets.
    pub targets: NodeRange,
}

/// From `start` up to, without, `end`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NodeRange {
    /// The first.
    pub start: usize,
    /// After the last.
    pub end: usize,
}

/// A label of a node.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NodeLabel {
    /// The node.
    pub node: u32,
    /// What it says.
    pub text: String,
    /// Whether it is of the feature wherever it fires, or of this node alone.
    pub of_feature: bool,
    /// Whose name it is, of one that an index of features has, as in `automatic, from examples`;
    /// null of one that the graph's file has.
    pub source: Option<String>,
}

/// Something that a graph explains.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TargetRow {
    /// Its node.
    pub node: u32,
    /// `logit`, `contrast`, `direction` or `feature`.
    pub kind: String,
    /// The token, or that whose logit is added, of logits and contrasts.
    pub token: Option<u32>,
    /// The token whose logit is subtracted, of contrasts.
    pub minus: Option<u32>,
    /// As a person reads it.
    pub label: String,
    /// Its position.
    pub pos: u32,
    /// Its weight among the targets: of a logit, its probability.
    pub weight: f64,
}

/// A number, and where it lies once missing rows are known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Bounded {
    /// As the graph stands.
    pub value: f64,
    /// The least that it can be.
    pub lo: f64,
    /// The most that it can be.
    pub hi: f64,
}

/// How much of the model a graph or circuit explains; both from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Scores {
    /// Of the influence that ends in tokens or errors, the share that ends in tokens.
    pub replacement: Bounded,
    /// Of the inputs of all nodes, by what each passes on, the share that are no errors.
    pub completeness: Bounded,
}

/// What made a graph.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProvenanceRow {
    /// The program and its version.
    pub tool: String,
    /// The language model.
    pub model: OriginRow,
    /// The dictionary.
    pub dictionary: OriginRow,
    /// What bears on the result, by name.
    pub flags: BTreeMap<String, String>,
    /// What was imported and from which format; null for a graph traced here.
    pub imported: Option<String>,
    /// What the imported file has and the graph has not, as `1 node, 5 links`; null if nothing is
    /// missing.
    pub passed_over: Option<String>,
}

/// A model or dictionary.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OriginRow {
    /// As it was named.
    pub name: String,
    /// BLAKE3 of its files, in hex; null if the graph was imported.
    pub digest: Option<String>,
}

/// How far a trace went.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ExtentRow {
    /// `certified`, `exhaustive` or `budget`.
    pub expansion: String,
    /// Of a certified graph, the share of influence that may be unresolved.
    pub tolerance: Option<f64>,
    /// Of a budget, the most features that may be nodes.
    pub max_feature_nodes: Option<u32>,
    /// Whether rows are missing that were asked for.
    pub partial: bool,
    /// Influence on the targets whose origin is not known, as a share of their weights.
    pub unresolved: f64,
}

/// What interventions said of a graph's edges.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct VerdictsRow {
    /// The program and its version.
    pub tool: String,
    /// What was left free to answer: `gates`, `mlps`, `norms`, `attention` or `constrained`.
    pub rung: String,
    /// What sources were multiplied by.
    pub dose: f64,
    /// Whether the run was ended early.
    pub partial: bool,
    /// Those that were tested.
    pub edges: Vec<EdgeVerdictRow>,
}

/// The verdict on one edge; numbers are changes of the target, in units of its pre-activation or
/// logit.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EdgeVerdictRow {
    /// The node that was changed.
    pub source: u32,
    /// The node that was measured.
    pub target: u32,
    /// What came out.
    pub verdict: VerdictName,
    /// What the graph said would happen, over all paths.
    pub predicted: f64,
    /// What happened.
    pub measured: f64,
    /// Where 95 % of controls lie, lower and upper end; null if there were too few.
    pub control: Option<[f64; 2]>,
}

/// Whether a measurement agrees with an edge (`docs/validation.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum VerdictName {
    /// As predicted, and more than controls do.
    Supported,
    /// Not to be told from controls, or much smaller than predicted.
    Weak,
    /// The other way, and more than controls do.
    Contradicted,
}

/// The answer of `POST /api/graphs/import`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Imported {
    /// The new graph.
    pub id: String,
    /// Whether an id of before was given, as the same bytes were there already.
    pub known: bool,
}

/// The JSON header of a pack (`GET /api/graphs/:id/pack`).
///
/// A pack is `CTPK`, the header's length in bytes as u32, the header, zeros up to a multiple of
/// eight, and the columns. Everything is little-endian.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PackHeader {
    /// 1.
    pub version: u32,
    /// All nodes of the graph.
    pub n_nodes: usize,
    /// Edges in this pack.
    pub n_edges: usize,
    /// Edges of the graph.
    pub n_edges_total: usize,
    /// Columns in their order.
    pub columns: Vec<PackColumn>,
}

/// A column of a pack.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PackColumn {
    /// Of nodes: `kind` (0 feature, 1 error, 2 token, 3 target), `layer` (-1 token), `pos`,
    /// `feature`, `activation`, `influence` (share of all influence), `cumulative` (that of all
    /// nodes at least as influential), `frequency`, `abs_in` (what shares of inputs are of),
    /// `expanded`. Of edges: `source`, `target`, `weight` (raw).
    pub name: String,
    /// `u8`, `i16`, `u16`, `u32` or `f32`.
    pub dtype: String,
    /// Bytes from the start of the first column; a multiple of eight.
    pub offset: usize,
    /// Entries.
    pub len: usize,
}

/// `GET /api/graphs/:id/edges?node=`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NodeEdges {
    /// The node.
    pub node: u32,
    /// Whether its inputs are known.
    pub expanded: bool,
    /// `Σ |weight|` of all its inputs, those included that were cut from the file.
    pub abs_in: f64,
    /// The part of `abs_in` that was cut.
    pub abs_cut: f64,
    /// The part of `abs_in` that comes from errors.
    pub abs_errors: f64,
    /// What no node carries, in units of the node.
    pub constant: f64,
    /// Its pre-activation or logit less the mean.
    pub value: f64,
    /// What feeds it, by |share|, then place.
    pub inputs: Vec<EdgeRow>,
    /// What it feeds, by |share|, then place.
    pub outputs: Vec<EdgeRow>,
}

/// An edge, seen from one of its ends.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EdgeRow {
    /// The other end.
    pub node: u32,
    /// The signed effect, in units of the edge's target.
    pub raw: f64,
    /// `raw` as a share of the absolute input of the edge's target.
    pub share: f64,
}

/// `GET /api/graphs/:id/why?source=&target=`: an edge by the heads that carry it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Why {
    /// The node that contributes.
    pub source: u32,
    /// The node that is explained.
    pub target: u32,
    /// The edge, in units of the target.
    pub raw: f64,
    /// One split a layer whose attention it crosses; each sums to the edge.
    pub layers: Vec<WhyLayer>,
}

/// What carries an edge at one layer, in units of the target.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct WhyLayer {
    /// The layer.
    pub layer: usize,
    /// What goes past attention.
    pub residual: f64,
    /// By head.
    pub heads: Vec<f64>,
}

/// The body of `POST /api/graphs`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TraceAsk {
    /// The prompt.
    pub prompt: PromptAsk,
    /// What is to be explained; the likely tokens to 95 %, at most 10, if null.
    #[serde(default)]
    pub targets: Option<TargetsAsk>,
    /// Where the targets are; negative counts from the end, null is the last position.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub position: Option<i64>,
    /// Which features get rows; certified to 1 % if null.
    #[serde(default)]
    pub expand: Option<ExpandAsk>,
    /// What its owner calls it.
    #[serde(default)]
    pub title: Option<String>,
}

/// What a trace explains.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(tag = "kind", rename_all = "snake_case")]
pub enum TargetsAsk {
    /// The most probable tokens up to a probability.
    Salient {
        /// So many at most.
        max: usize,
        /// Together as probable as this.
        probability: f64,
    },
    /// These.
    Given {
        /// In order.
        targets: Vec<TargetAsk>,
    },
}

/// One target.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(tag = "kind", rename_all = "snake_case")]
pub enum TargetAsk {
    /// A logit less the mean logit.
    Token {
        /// Its token.
        id: u32,
    },
    /// A logit less another.
    Contrast {
        /// The token whose logit is added.
        plus: u32,
        /// The token whose logit is subtracted.
        minus: u32,
    },
    /// A feature's pre-activation.
    Feature {
        /// Its layer.
        layer: u32,
        /// Its place in the layer.
        index: u32,
    },
}

/// Which features get rows.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(tag = "kind", rename_all = "snake_case")]
pub enum ExpandAsk {
    /// Until so much of the influence is unresolved.
    Certified {
        /// That share.
        tolerance: f64,
    },
    /// All.
    Exhaustive,
    /// So many, by circuit-tracer's rule.
    Budget {
        /// The most features that may be nodes.
        max_feature_nodes: usize,
    },
}
