//! What `prune`, `score` and `paths` say of a graph file.

use std::path::Path;

use connectome_graph::{AttributionGraph, GraphError, NodeIdx, Pruned, circuit_scores, scores_of};
use serde::Serialize;

use super::{
    Certificate, NodeCounts, NodeReport, PathReport, PrunedCounts, ScoreReport, membership,
};
use crate::names;

/// A pruned graph.
#[derive(Debug, Serialize)]
pub(crate) struct PruneReport {
    pub(crate) graph: String,
    pub(crate) pruned: PrunedCounts,
    /// Of the whole graph.
    pub(crate) scores: ScoreReport,
    /// Of the circuit: every node that was cut counts as an error.
    pub(crate) circuit_scores: ScoreReport,
    pub(crate) certificate: Certificate,
    /// Kept nodes, the most influential first; targets last.
    pub(crate) nodes: Vec<KeptNode>,
    /// Kept edges by target, then source.
    pub(crate) edges: Vec<KeptEdge>,
}

#[derive(Debug, Serialize)]
pub(crate) struct KeptNode {
    #[serde(flatten)]
    pub(crate) node: NodeReport,
    /// Share of all nodes' influence in this node and those above it: small is important.
    pub(crate) cumulative_share: f32,
    /// `kept` if the full graph keeps it for certain, `undetermined` if missing rows decide.
    pub(crate) membership: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct KeptEdge {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) weight: f32,
}

impl PruneReport {
    pub(crate) fn of(
        path: &Path,
        graph: &AttributionGraph,
        pruned: &Pruned,
    ) -> Result<Self, GraphError> {
        let influence = &pruned.influence.node;
        let mut kept: Vec<NodeIdx> = pruned.nodes().collect();
        kept.sort_by(|a, b| {
            influence[b.as_usize()].total_cmp(&influence[a.as_usize()]).then(a.cmp(b))
        });
        let nodes = kept.into_iter().map(|idx| KeptNode {
            node: NodeReport::of(graph, &pruned.influence, idx),
            cumulative_share: pruned.cumulative[idx.as_usize()],
            membership: super::is_whole(graph)
                .then(|| membership(pruned.membership[idx.as_usize()])),
        });
        let edges = pruned.edges.iter().map(|edge| KeptEdge {
            source: names::name(graph, edge.source),
            target: names::name(graph, edge.target),
            weight: edge.weight,
        });
        Ok(Self {
            graph: path.display().to_string(),
            pruned: PrunedCounts::of(graph, pruned),
            scores: ScoreReport::of(graph, scores_of(graph, &pruned.influence)),
            circuit_scores: ScoreReport::of(graph, circuit_scores(graph, &pruned.node_mask)?),
            certificate: Certificate::of(graph, &pruned.influence),
            nodes: nodes.collect(),
            edges: edges.collect(),
        })
    }
}

/// Scores of several graphs.
#[derive(Debug, Serialize)]
pub(crate) struct ScoresReport {
    pub(crate) graphs: Vec<Scored>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Scored {
    pub(crate) path: String,
    pub(crate) prompt: String,
    pub(crate) nodes: NodeCounts,
    pub(crate) edges: usize,
    /// Of the whole graph.
    pub(crate) scores: ScoreReport,
    pub(crate) pruned: PrunedCounts,
    /// Of the circuit: every node that was cut counts as an error.
    pub(crate) circuit_scores: ScoreReport,
    pub(crate) certificate: Certificate,
}

impl Scored {
    pub(crate) fn of(
        path: &Path,
        graph: &AttributionGraph,
        pruned: &Pruned,
    ) -> Result<Self, GraphError> {
        Ok(Self {
            path: path.display().to_string(),
            prompt: graph.prompt().text.clone(),
            nodes: NodeCounts::of(graph),
            edges: graph.n_edges(),
            scores: ScoreReport::of(graph, scores_of(graph, &pruned.influence)),
            pruned: PrunedCounts::of(graph, pruned),
            circuit_scores: ScoreReport::of(graph, circuit_scores(graph, &pruned.node_mask)?),
            certificate: Certificate::of(graph, &pruned.influence),
        })
    }
}

/// Paths of a graph.
#[derive(Debug, Serialize)]
pub(crate) struct PathsReport {
    pub(crate) graph: String,
    /// `None`: any token or error.
    pub(crate) from: Option<String>,
    /// `None`: any target.
    pub(crate) to: Option<String>,
    /// Whether only kept nodes and edges were walked.
    pub(crate) pruned: bool,
    /// The strongest first.
    pub(crate) paths: Vec<PathReport>,
}
