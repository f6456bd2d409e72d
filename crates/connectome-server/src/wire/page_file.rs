//! A graph as one page that opens from disk: the answers that the page would ask a server for.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::circuit::Circuit;
use super::feature::Feature;
use super::graph::{GraphHead, Scores};
use super::run::{Run, RunRow};

/// What is inside a page that was saved as one file, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PageFile {
    /// The program that wrote it.
    pub tool: String,
    /// BLAKE3 of the graph's file.
    pub graph_digest: String,
    /// As `GET /api/graphs/:id` answers.
    pub head: GraphHead,
    /// The whole graph as a pack, in base64.
    pub pack: String,
    /// The page's document.
    #[ts(type = "unknown")]
    pub view: serde_json::Value,
    /// The view's circuit; null if nothing is pinned or grouped.
    pub circuit: Option<Circuit>,
    /// What each threshold keeps: whole percents from 20 and the view's own, first with the
    /// view's edge threshold, then with all edges.
    pub pruned: Vec<PrunedAt>,
    /// Rows of the runs, the newest first.
    pub run_rows: Vec<RunRow>,
    /// The runs, in the same order.
    pub runs: Vec<Run>,
    /// Features of the nodes that are shown; null if no index of them was at hand.
    pub features: Option<PageFeatures>,
}

/// Features inside a page, as many as fit.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PageFeatures {
    /// What the head calls the set of them.
    pub set: String,
    /// Those of the circuit, then those of most influence: each as
    /// `GET /api/features/:set/:layer/:index` answers, with the strongest examples alone, and
    /// without what fires with it and where the index lies.
    pub features: Vec<Feature>,
    /// Features of nodes that the view's thresholds keep, or that are pinned or grouped.
    pub n_shown: usize,
    /// The most bytes that features may take.
    pub limit_bytes: usize,
}

/// A pruned graph, at one pair of thresholds.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PrunedAt {
    /// Share of all influence that kept nodes have together.
    pub node_threshold: f64,
    /// Share of all edge scores that kept edges have together.
    pub edge_threshold: f64,
    /// A bit for each node, 1 if it is kept, the first node lowest in the first byte; in base64.
    pub kept: String,
    /// Edges that are kept.
    pub n_edges: usize,
    /// Nodes that missing rows might add or remove.
    pub n_undetermined: usize,
    /// Scores of what is kept: all else counts as an error.
    pub scores: Scores,
}
