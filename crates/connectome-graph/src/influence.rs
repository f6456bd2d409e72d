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
//!   `node + unresolved`. In a causal model positions never rise on the way down either, so a
//!   node lacks nothing of what stopped at an earlier position than its own. A graph counts as
//!   one of a causal model if each of its edges is: what is missing comes from the same model.
//! - A walk that stopped on its way down from layer `l` could have visited at most one feature
//!   in each of the `l` layers below, and then one token or error: `l + 1` nodes. So the
//!   influence missing from all nodes *together* is at most [`Influence::unresolved_visits`].
//!
//! `prune` and `score` turn the two bounds into a certificate.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", node influence (their pseudocode multiplies
//! on the wrong side: with `A[target, source]` it must be `wᵀ B`); circuit-tracer 0.4.1
//! `compute_node_influence`, whose floor of `1e-10` under row sums we keep.

use crate::{AttributionGraph, NodeIdx, Nodes, RowRef};

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

    /// `[N]` each node's share of the influence of all; zeros if there is none.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let total = self.total();
        self.node.iter().map(|node| if total > 0.0 { node / total } else { 0.0 }).collect()
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
    let mut stopped = Stopped::none(nodes);

    for row in graph.rows().rev().filter(|row| go_on(row.target)) {
        let per_unit = mass_at(graph, &node, row.target) / row_sum(row);
        for (&source, &weight) in row.sources.iter().zip(row.weights) {
            node[source as usize] += f64::from(weight).abs() * per_unit;
        }
        stopped.add(nodes, row.target, f64::from(row.abs_remainder) * per_unit);
    }
    for idx in graph.unexpanded().filter(|&idx| go_on(idx)) {
        stopped.add(nodes, idx, mass_at(graph, &node, idx));
    }
    stopped.bound(graph, node)
}

/// The mass of walks that stopped, by where they were on their way down from.
struct Stopped {
    n_tokens: usize,
    /// `[L + 1, T]`.
    mass_lt: Vec<f64>,
}

impl Stopped {
    fn none(nodes: &Nodes) -> Self {
        let n_tokens = nodes.n_tokens();
        Self { n_tokens, mass_lt: vec![0.0; (nodes.n_layers() as usize + 1) * n_tokens] }
    }

    fn add(&mut self, nodes: &Nodes, explained: NodeIdx, mass: f64) {
        let layer = nodes.layer_of(explained);
        let layer = layer.expect("explained nodes are features and targets, which have a layer");
        let place = layer as usize * self.n_tokens + nodes.pos_of(explained) as usize;
        self.mass_lt[place] += mass;
    }

    /// Influence as far as it is known, and what the stopped walks leave open.
    fn bound(self, graph: &AttributionGraph, node: Vec<f64>) -> Influence {
        let Self { n_tokens, mass_lt: mut reach_lt } = self;
        let layers = reach_lt.chunks_exact(n_tokens).map(|mass_t| mass_t.iter().sum::<f64>());
        let visits = layers.enumerate().map(|(layer, mass)| mass * (layer as f64 + 1.0));
        let unresolved_visits = visits.sum();
        // From the mass at a place to that of its layer and those above, from its position on.
        for row_t in reach_lt.chunks_exact_mut(n_tokens) {
            (1..n_tokens).rev().for_each(|pos| row_t[pos - 1] += row_t[pos]);
        }
        for place in (n_tokens..reach_lt.len()).rev() {
            reach_lt[place - n_tokens] += reach_lt[place];
        }
        let unresolved = reach_lt[0];
        let mut upper = node.clone();
        if unresolved > 0.0 {
            let nodes = graph.nodes();
            let causal = is_causal(graph);
            for idx in nodes.indices().take(nodes.target_range().start) {
                let above = nodes.layer_of(idx).map_or(0, |layer| layer as usize + 1);
                let from = if causal { nodes.pos_of(idx) as usize } else { 0 };
                upper[idx.as_usize()] += reach_lt[above * n_tokens + from];
            }
        }
        Influence { node, upper, unresolved, unresolved_visits }
    }
}

/// Whether no edge goes from a later position to an earlier one.
fn is_causal(graph: &AttributionGraph) -> bool {
    let pos: Vec<u32> = graph.nodes().indices().map(|idx| graph.nodes().pos_of(idx)).collect();
    graph.rows().all(|row| {
        let end = pos[row.target.as_usize()];
        row.sources.iter().all(|&source| pos[source as usize] <= end)
    })
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
