//! What commands found, as they say it: the shapes of `--json`, which the printers read too, so
//! that text and JSON never tell different numbers.
//!
//! Field names are part of the command line's promise: they may be added to, not changed.
//! Every number is named for what it is a share of, or its unit stands beside it here and in
//! the crate's README:
//!
//! - `probability`: softmax over the whole vocabulary.
//! - `…_share_of_targets`: of the walks that start at the targets, those that pass or arrive;
//!   that is influence divided by the sum of the targets' weights.
//! - `share_of_inputs`: of the absolute sum of a node's inputs, what was cut included.
//! - `weight`: an edge, a signed direct effect in units of its target's pre-activation or logit.
//! - `activation`: in the dictionary's own units.
//! - `lo`, `hi`: where a number lies once every feature has been expanded; null where features
//!   or edges are no part of the graph, so that nothing bounds what they carry.

pub(crate) mod causal;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod doubt;
pub(crate) mod elegans;
pub(crate) mod features;
pub(crate) mod graph;
pub(crate) mod group;
pub(crate) mod inspect;
pub(crate) mod intervene;
pub(crate) mod trace;
pub(crate) mod train_lm;
pub(crate) mod validate;

use connectome::attribution;
use connectome_graph::{
    AttributionGraph, Bounded, Expansion, Influence, Membership, Node, NodeIdx, Path, Pruned,
    Scores, TargetKind,
};
use serde::Serialize;

use crate::names;

/// The program and its version, as graphs record it.
pub(crate) const TOOL: &str = concat!("connectome ", env!("CARGO_PKG_VERSION"));

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Bound {
    pub(crate) value: f64,
    pub(crate) lo: Option<f64>,
    pub(crate) hi: Option<f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ScoreReport {
    pub(crate) replacement: Bound,
    pub(crate) completeness: Bound,
}

impl ScoreReport {
    pub(crate) fn of(graph: &AttributionGraph, scores: Scores) -> Self {
        let whole = is_whole(graph);
        let bound = |bounded: Bounded| Bound {
            value: bounded.value,
            lo: whole.then_some(bounded.lo.max(0.0)),
            hi: whole.then_some(bounded.hi.min(1.0)),
        };
        Self { replacement: bound(scores.replacement), completeness: bound(scores.completeness) }
    }
}

/// How many nodes of each kind.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct NodeCounts {
    pub(crate) total: usize,
    pub(crate) features: usize,
    pub(crate) errors: usize,
    pub(crate) tokens: usize,
    pub(crate) targets: usize,
}

impl NodeCounts {
    pub(crate) fn of(graph: &AttributionGraph) -> Self {
        let nodes = graph.nodes();
        Self {
            total: nodes.len(),
            features: nodes.n_features(),
            errors: nodes.n_errors(),
            tokens: nodes.n_tokens(),
            targets: nodes.n_targets(),
        }
    }

    fn kept(graph: &AttributionGraph, pruned: &Pruned) -> Self {
        let nodes = graph.nodes();
        let count = |range: std::ops::Range<usize>| {
            pruned.node_mask[range].iter().filter(|kept| **kept).count()
        };
        Self {
            total: pruned.n_nodes(),
            features: count(nodes.feature_range()),
            errors: count(nodes.error_range()),
            tokens: count(nodes.token_range()),
            targets: count(nodes.target_range()),
        }
    }
}

/// What pruning leaves.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PrunedCounts {
    pub(crate) node_threshold: f64,
    pub(crate) edge_threshold: f64,
    pub(crate) nodes: NodeCounts,
    pub(crate) edges: usize,
    /// Nodes of which only missing rows could say whether they belong here.
    pub(crate) undetermined_nodes: Option<usize>,
}

impl PrunedCounts {
    pub(crate) fn of(graph: &AttributionGraph, pruned: &Pruned) -> Self {
        Self {
            node_threshold: pruned.thresholds.nodes,
            edge_threshold: pruned.thresholds.edges,
            nodes: NodeCounts::kept(graph, pruned),
            edges: pruned.edges.len(),
            undetermined_nodes: is_whole(graph).then(|| pruned.n_undetermined()),
        }
    }
}

/// How far a graph can be trusted.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Certificate {
    /// `exhaustive`, `certified` or `budget`.
    pub(crate) expansion: &'static str,
    /// Of a certified trace: what `unresolved_share_of_targets` was to fall to.
    pub(crate) tolerance: Option<f64>,
    /// Of a trace with a budget.
    pub(crate) max_feature_nodes: Option<u32>,
    /// Whether rows are missing that were asked for.
    pub(crate) partial: bool,
    /// ε: no node's share of the walks is off by more than this.
    pub(crate) unresolved_share_of_targets: Option<f64>,
    /// Features with a row.
    pub(crate) expanded_features: usize,
    /// Features that fire on the prompt.
    pub(crate) active_features: usize,
    /// Active features that are no nodes: nothing bounds what they carry.
    pub(crate) left_out_features: usize,
}

impl Certificate {
    pub(crate) fn of(graph: &AttributionGraph, influence: &Influence) -> Self {
        let nodes = graph.nodes();
        let extent = graph.extent();
        let (expansion, tolerance, max_feature_nodes) = match extent.expansion {
            Expansion::Exhaustive => ("exhaustive", None, None),
            Expansion::Certified { tolerance } => ("certified", Some(tolerance), None),
            Expansion::Budget { max_feature_nodes } => ("budget", None, Some(max_feature_nodes)),
        };
        let features = nodes.features();
        Self {
            expansion,
            tolerance,
            max_feature_nodes,
            partial: extent.partial,
            unresolved_share_of_targets: is_whole(graph)
                .then(|| share(influence.unresolved, total_weight(graph))),
            expanded_features: features.filter(|(idx, _)| graph.is_expanded(*idx)).count(),
            active_features: nodes.active().len(),
            left_out_features: nodes.active().len() - nodes.n_features(),
        }
    }
}

/// Whether rows add up to what the model computed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Residual {
    /// `max |pre-activation − (row sum + constants)|`, in units of pre-activations and logits.
    pub(crate) max_abs: f64,
    /// The largest of the pre-activations and logits themselves.
    pub(crate) largest_value: f64,
}

impl Residual {
    /// `None` where rows lack the features that a budget left out.
    pub(crate) fn of(graph: &AttributionGraph) -> Option<Self> {
        let (max_abs, largest_value) = attribution::residual(graph)?;
        Some(Self { max_abs, largest_value })
    }
}

/// A node with what is said of it in lists.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NodeReport {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) layer: Option<u32>,
    pub(crate) pos: u32,
    /// The token at its position; of a target, the target's label.
    pub(crate) text: String,
    pub(crate) label: Option<String>,
    pub(crate) influence_share_of_targets: f64,
    /// Of a feature.
    pub(crate) activation: Option<f32>,
    /// Of a target: where walks start.
    pub(crate) target_weight: Option<f32>,
}

impl NodeReport {
    pub(crate) fn of(graph: &AttributionGraph, influence: &Influence, idx: NodeIdx) -> Self {
        let nodes = graph.nodes();
        let pos = nodes.pos_of(idx);
        let node = nodes.node(idx);
        let target = match node {
            Node::Target(k) => Some(&nodes.targets()[k as usize]),
            _ => None,
        };
        let at_pos = || graph.prompt().token_texts[pos as usize].clone();
        Self {
            id: names::name(graph, idx),
            kind: names::kind(graph, idx),
            layer: nodes.layer_of(idx).filter(|_| target.is_none()),
            pos,
            text: target.map_or_else(at_pos, |target| target.label.clone()),
            label: graph.annotations().label(nodes, idx).map(str::to_owned),
            influence_share_of_targets: share(influence.node[idx.as_usize()], total_weight(graph)),
            activation: match node {
                Node::Feature(feature) => Some(feature.activation),
                _ => None,
            },
            target_weight: target.map(|target| target.weight),
        }
    }
}

/// A node in a list of edges or on a path.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stop {
    pub(crate) id: String,
    /// The token at its position; of a target, the target's label.
    pub(crate) text: String,
    pub(crate) label: Option<String>,
}

impl Stop {
    pub(crate) fn of(graph: &AttributionGraph, idx: NodeIdx) -> Self {
        let nodes = graph.nodes();
        let text = match nodes.node(idx) {
            Node::Target(k) => &nodes.targets()[k as usize].label,
            _ => &graph.prompt().token_texts[nodes.pos_of(idx) as usize],
        };
        Self {
            id: names::name(graph, idx),
            text: text.clone(),
            label: graph.annotations().label(nodes, idx).map(str::to_owned),
        }
    }
}

/// A way that influence takes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PathReport {
    /// Of all walks from the targets (paths of a whole graph).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) share_of_targets: Option<f64>,
    /// Of the end's inputs (paths between two nodes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) share_of_inputs: Option<f64>,
    /// The product of the edges' signs: 1 or −1.
    pub(crate) sign: i8,
    /// From the source to what is explained.
    pub(crate) nodes: Vec<Stop>,
    /// One for each step.
    pub(crate) weights: Vec<f32>,
}

impl PathReport {
    /// A path of the whole graph.
    pub(crate) fn of_graph(graph: &AttributionGraph, path: &Path) -> Self {
        let of_targets = share(path.share, total_weight(graph));
        Self { share_of_targets: Some(of_targets), ..Self::bare(graph, path) }
    }

    /// A path between two nodes.
    pub(crate) fn between(graph: &AttributionGraph, path: &Path) -> Self {
        Self { share_of_inputs: Some(path.share), ..Self::bare(graph, path) }
    }

    fn bare(graph: &AttributionGraph, path: &Path) -> Self {
        Self {
            share_of_targets: None,
            share_of_inputs: None,
            sign: if path.sign < 0.0 { -1 } else { 1 },
            nodes: path.nodes.iter().map(|idx| Stop::of(graph, *idx)).collect(),
            weights: path.weights.clone(),
        }
    }

    pub(crate) fn share(&self) -> f64 {
        self.share_of_targets.or(self.share_of_inputs).unwrap_or_default()
    }
}

/// What a node's membership is called.
pub(crate) fn membership(member: Membership) -> &'static str {
    match member {
        Membership::Kept => "kept",
        Membership::Dropped => "dropped",
        Membership::Undetermined => "undetermined",
    }
}

/// What a target's kind is called.
pub(crate) fn target_kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Logit { .. } => "logit",
        TargetKind::Contrast { .. } => "contrast",
        TargetKind::Direction { .. } => "direction",
        TargetKind::Feature(_) => "feature",
    }
}

/// Whether all that is missing from the graph is counted in it: nothing fired that is no node,
/// and it was not read from a file that holds a pruned one.
pub(crate) fn is_whole(graph: &AttributionGraph) -> bool {
    let pruned_file = graph.provenance().imported.is_some() && graph.extent().partial;
    graph.nodes().n_features() == graph.nodes().active().len() && !pruned_file
}

/// Where all walks start.
pub(crate) fn total_weight(graph: &AttributionGraph) -> f64 {
    graph.nodes().targets().iter().map(|target| f64::from(target.weight)).sum()
}

/// A part of a whole; nothing of nothing is nothing.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
