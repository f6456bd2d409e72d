//! Influence: how much of the targets each node answers for, and how far that is known.
//!
//! Think of a walker. It starts at a target with the target's weight, and steps from an
//! explained node `t` to a source `s` with probability `|A_{s→t}| / Σ_s |A_{s→t}|`. The
//! influence of a node is the expected mass that passes through it, which is what the papers
//! write as `wᵀ (Â + Â² + …)`. Every step goes down by a layer at least, so one sweep from the
//! last node to the first meets each node after all that it feeds: one pass over the edges,
//! and no power series.
//!
//! # What a sparse or unfinished graph knows
//!
//! The walker *stops* where the graph does not say how it would go on: at a feature without a
//! row, and in the entries that were cut from a row (`abs_remainder`). In the full graph it
//! would have gone on, so what we find is a lower bound. How much is missing?
//!
//! - A walk visits a node at most once, since layers fall. So no node can lack more than all
//!   the mass that stopped above it: [`Influence::upper`], at most
//!   `node + unresolved`.
//! - A walk that stopped on its way down from layer `l` could have visited at most one feature
//!   in each of the `l` layers below, and then one token or error: `l + 1` nodes. So the
//!   influence missing from all nodes *together* is at most [`Influence::unresolved_visits`].
//!
//! `prune` and `score` turn the two bounds into a certificate.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", node influence (their pseudocode multiplies
//! on the wrong side: with `A[target, source]` it must be `wᵀ B`); circuit-tracer 0.4.1
//! `compute_node_influence`, whose floor of `1e-10` under row sums we keep.

use crate::{AttributionGraph, NodeIdx, RowRef};

/// Rows whose absolute sum is below this count as empty, as they do in the peer.
const ROW_FLOOR: f64 = 1e-10;

/// The influence of every node on the targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Influence {
    /// `[N]`. Exact if every row is there in full, else a lower bound. Targets have none: it
    /// starts there, and nothing they feed is in the graph.
    pub node: Vec<f64>,
    /// `[N]` the most it can be once the missing rows and entries are known.
    pub upper: Vec<f64>,
    /// The mass that stopped, ε: every node's true influence lies in `[node, node + ε]`.
    pub unresolved: f64,
    /// The most that all nodes together can lack, E: `Σ` over stopped mass of the nodes that it
    /// could still have visited.
    pub unresolved_visits: f64,
}

impl Influence {
    /// The influence of all nodes together, as far as it is known.
    pub fn total(&self) -> f64 {
        self.node.iter().sum()
    }

    /// Whether nothing is missing.
    pub fn is_exact(&self) -> bool {
        self.unresolved == 0.0
    }
}

/// Influence of every node of a graph. One sweep over the edges, in double precision.
pub fn influence(graph: &AttributionGraph) -> Influence {
    walk(graph, |_| true)
}

/// As [`influence()`], of a walker that ends at every node where it does not `go_on`.
pub(crate) fn walk(graph: &AttributionGraph, go_on: impl Fn(NodeIdx) -> bool) -> Influence {
    let nodes = graph.nodes();
    let mut node = vec![0.0; nodes.len()];
    // Mass by the layer it was on its way down from.
    let mut stopped_l = vec![0.0; nodes.n_layers() as usize + 1];

    for row in graph.rows().rev().filter(|row| go_on(row.target)) {
        let per_unit = mass_at(graph, &node, row.target) / row_sum(row);
        for (&source, &weight) in row.sources.iter().zip(row.weights) {
            node[source as usize] += f64::from(weight).abs() * per_unit;
        }
        stopped_l[layer(graph, row.target)] += f64::from(row.abs_remainder) * per_unit;
    }
    for idx in graph.unexpanded().filter(|&idx| go_on(idx)) {
        stopped_l[layer(graph, idx)] += mass_at(graph, &node, idx);
    }
    bounded(graph, node, &stopped_l)
}

fn bounded(graph: &AttributionGraph, node: Vec<f64>, stopped_l: &[f64]) -> Influence {
    let visits = stopped_l.iter().enumerate().map(|(layer, mass)| mass * (layer as f64 + 1.0));
    let unresolved_visits = visits.sum();
    // `above_l[l]` is what stopped on its way down from a layer above `l`.
    let mut above_l = stopped_l.to_vec();
    let mut above = 0.0;
    for slot in above_l.iter_mut().rev() {
        let here = std::mem::replace(slot, above);
        above += here;
    }
    let mut upper = node.clone();
    let sources = 0..graph.nodes().target_range().start;
    for (place, bound) in upper[sources].iter_mut().enumerate() {
        let layer = graph.nodes().layer_of(NodeIdx::from_usize(place));
        *bound += layer.map_or(above, |layer| above_l[layer as usize]);
    }
    Influence { node, upper, unresolved: above, unresolved_visits }
}

/// What a node passes on to its sources: its influence, and a target's own weight.
pub(crate) fn mass_at(graph: &AttributionGraph, node: &[f64], idx: NodeIdx) -> f64 {
    node[idx.as_usize()] + seed(graph, idx)
}

/// The weight that starts at a node: a target's, or none.
pub(crate) fn seed(graph: &AttributionGraph, idx: NodeIdx) -> f64 {
    let targets = graph.nodes().target_range();
    match idx.as_usize().checked_sub(targets.start) {
        Some(k) => f64::from(graph.nodes().targets()[k].weight),
        None => 0.0,
    }
}

/// What a row's weights are shares of: the absolute sum of all its entries, cut ones included.
pub(crate) fn row_sum(row: RowRef<'_>) -> f64 {
    (row.abs_sum() + f64::from(row.abs_remainder)).max(ROW_FLOOR)
}

/// As [`row_sum`], over the entries that a mask keeps.
pub(crate) fn kept_sum(row: RowRef<'_>, keep: &[bool]) -> f64 {
    let kept = row.edges().filter(|edge| keep[edge.source.as_usize()]);
    kept.map(|edge| f64::from(edge.weight).abs()).sum::<f64>().max(ROW_FLOOR)
}

fn layer(graph: &AttributionGraph, explained: NodeIdx) -> usize {
    let layer = graph.nodes().layer_of(explained);
    layer.expect("explained nodes are features and targets, which have a layer") as usize
}
