//! The part of a graph that matters: the fewest nodes, then edges, that carry a share of it.
//!
//! On an exhaustive graph this is circuit-tracer's pruning to the letter:
//!
//! 1. Keep the nodes of largest influence that together have the share `nodes` of all
//!    influence, ties included; tokens and targets always.
//! 2. In the graph of kept nodes, normalize rows anew and let an edge's score be its share of
//!    its row times what its target passes on there (influence and, for targets, weight).
//! 3. Keep the edges of largest score that together have the share `edges` of all scores.
//! 4. Drop features and errors that feed nothing any more, and features that nothing feeds;
//!    again until nothing changes.
//!
//! # Where we differ, and why
//!
//! - *From the paper's pseudocode*: it drops the node that crosses the threshold; the peer and
//!   we keep it. It multiplies influence on the wrong side (see [`crate::influence()`]).
//! - *From the peer at `edges = 1`*: there the threshold becomes 0 and all `N²` entries are
//!   kept, edges that do not exist among them. We keep every stored edge between kept nodes.
//!   A zero entry cannot change a running sum, so for any other threshold only stored edges
//!   count, and nothing of size `N²` is built or sorted.
//! - *Unexpanded features*, which the peer does not have, need no inputs in step 4: theirs are
//!   not absent but unknown.
//! - *Cut entries* of sparse rows are left out of step 2 as if they were edges from dropped
//!   nodes, which for all we know they are.
//!
//! # The certificate
//!
//! Step 1 keeps node `n` iff `M(n) < q·S`, with `S` the sum of all influence and `M(n)` that of
//! the nodes strictly above `n`: if the cut is at the `i`-th largest, whose running sum is the
//! first to reach `q·S`, then `n` is kept iff it is not below the `i`-th, iff all nodes
//! strictly above `n` come before the `i`-th, iff their sum falls short of `q·S`.
//!
//! Let the true influence of node `m` lie in `[lo_m, hi_m]`, and let all nodes together lack
//! at most `E` ([`crate::Influence`]). For the true values `v`,
//!
//! ```text
//! M(n) − q·S  =  (1 − q) · Σ_{m above n} v_m  −  q · Σ_{m not above n} v_m.
//! ```
//!
//! A node counts `(1 − q) v ≥ 0` when it is above `n` and `−q v ≤ 0` when not.
//!
//! - *Certainly kept.* At most `C = { m ≠ n : hi_m > lo_n }` are above `n`. Taking all of them
//!   to be can only raise the sum, and what is missing raises it most if it all lies in `C`:
//!   `(1 − q)(Σ_C lo + E) − q Σ_{∉C} lo < 0` suffices. `n` itself is never above itself, so it
//!   is not in `C`.
//! - *Certainly dropped.* At least `D = { m : lo_m > hi_n }` are above `n`. Taking no others to
//!   be can only lower the sum, and what is missing lowers it most if it all lies outside:
//!   `(1 − q) Σ_D lo − q (Σ_{∉D} lo + E) ≥ 0` suffices.
//!
//! Otherwise the graph as it is cannot tell. [`Membership`] speaks of step 1 only: a node that
//! is certainly kept may still lose its last edge in step 4.
//!
//! Source: circuit-tracer 0.4.1 `prune_graph`; Ameisen et al. 2025, "Circuit Tracing", appendix.

use crate::influence::{kept_sum, mass_at};
use crate::select::threshold;
use crate::{AttributionGraph, Edge, GraphError, Influence, NodeIdx, Nodes, RowRef, influence};

/// Sums of influence in another order differ by this share at most: the certificate allows for
/// it, so that nodes of equal influence are not told apart by rounding.
const ROUNDING: f64 = 1e-12;

/// How much of a graph to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// The share of all nodes' influence that the kept nodes have.
    pub nodes: f64,
    /// The share of all edge scores that the kept edges have.
    pub edges: f64,
}

impl Default for Thresholds {
    /// The papers' and the peer's: 0.8 and 0.98.
    fn default() -> Self {
        Self { nodes: 0.8, edges: 0.98 }
    }
}

/// Whether a node is among the most influential ones of the full graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is, whatever the missing rows hold.
    Kept,
    /// It is not, whatever the missing rows hold.
    Dropped,
    /// The missing rows decide.
    Undetermined,
}

/// What is left of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Pruned {
    /// What was asked for.
    pub thresholds: Thresholds,
    /// `[N]` which nodes are kept.
    pub node_mask: Vec<bool>,
    /// Kept edges by target, then source; each between kept nodes.
    pub edges: Vec<Edge>,
    /// `[N]` the share of all influence that lies in this node and those above it: small is
    /// important, 1 is least. What the JSON of frontends calls `influence`.
    pub cumulative: Vec<f32>,
    /// `[N]` what the full graph would say of the node.
    pub membership: Vec<Membership>,
    /// The influence that all this was computed from, on the unpruned graph.
    pub influence: Influence,
}

impl Pruned {
    /// Kept nodes in order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeIdx> + '_ {
        let kept = self.node_mask.iter().enumerate().filter(|&(_, &keep)| keep);
        kept.map(|(place, _)| NodeIdx::from_usize(place))
    }

    /// Whether a node is kept.
    pub fn keeps(&self, idx: NodeIdx) -> bool {
        self.node_mask[idx.as_usize()]
    }

    /// Kept nodes.
    pub fn n_nodes(&self) -> usize {
        self.node_mask.iter().filter(|&&keep| keep).count()
    }

    /// Nodes of which only the missing rows could say whether they belong here.
    pub fn n_undetermined(&self) -> usize {
        self.membership.iter().filter(|&&member| member == Membership::Undetermined).count()
    }

    /// Kept edges into a node, by source.
    pub fn inputs(&self, target: NodeIdx) -> &[Edge] {
        let start = self.edges.partition_point(|edge| edge.target < target);
        let end = self.edges.partition_point(|edge| edge.target <= target);
        &self.edges[start..end]
    }
}

/// The part of a graph that carries given shares of its influence.
///
/// # Errors
///
/// [`GraphError::Threshold`] if a threshold is not a number from 0 to 1.
pub fn prune(graph: &AttributionGraph, thresholds: &Thresholds) -> Result<Pruned, GraphError> {
    prune_keeping(graph, thresholds, &[])
}

/// The same, with nodes that stay in any case: those that somebody pinned or grouped. Their edges
/// compete with all others.
///
/// # Errors
///
/// As [`prune`]; [`GraphError::OutOfRange`] for nodes that the graph has not.
pub fn prune_keeping(
    graph: &AttributionGraph,
    thresholds: &Thresholds,
    keep: &[NodeIdx],
) -> Result<Pruned, GraphError> {
    for (what, found) in
        [("node threshold", thresholds.nodes), ("edge threshold", thresholds.edges)]
    {
        if !(0.0..=1.0).contains(&found) {
            return Err(GraphError::Threshold { what, found });
        }
    }
    let influence = influence(graph);
    let mut stays = vec![false; graph.nodes().len()];
    for idx in keep {
        let (found, count) = (u64::from(idx.get()), stays.len() as u64);
        let outside = GraphError::OutOfRange { what: "kept node", found, count };
        *stays.get_mut(idx.as_usize()).ok_or(outside)? = true;
    }
    let mut node_mask = influential(graph.nodes(), &influence.node, thresholds.nodes);
    node_mask.iter_mut().zip(&stays).for_each(|(keep, stays)| *keep |= stays);
    let mut edges = scored_edges(graph, &node_mask, thresholds.edges);
    drop_loose_ends(graph, &stays, &mut node_mask, &mut edges);
    Ok(Pruned {
        thresholds: *thresholds,
        edges,
        cumulative: cumulative(&influence.node),
        membership: membership(graph.nodes(), &influence, thresholds.nodes),
        node_mask,
        influence,
    })
}

/// Step 1: the most influential nodes, and tokens and targets.
fn influential(nodes: &Nodes, node: &[f64], q: f64) -> Vec<bool> {
    let cut = threshold(|| node.iter().copied(), q);
    let always = nodes.token_range().start;
    node.iter().enumerate().map(|(place, &score)| place >= always || score >= cut).collect()
}

/// Steps 2 and 3: the edges between kept nodes that carry most of the influence among them.
fn scored_edges(graph: &AttributionGraph, keep: &[bool], q: f64) -> Vec<Edge> {
    let mut node = vec![0.0; keep.len()];
    // What each kept row hands to an entry of weight 1.
    let mut kept_rows: Vec<(RowRef<'_>, f64)> = Vec::new();
    for row in graph.rows().rev().filter(|row| keep[row.target.as_usize()]) {
        let per_unit = mass_at(graph, &node, row.target) / kept_sum(row, keep);
        for edge in row.edges().filter(|edge| keep[edge.source.as_usize()]) {
            node[edge.source.as_usize()] += score(edge, per_unit);
        }
        kept_rows.push((row, per_unit));
    }
    kept_rows.reverse();

    let candidates = || {
        kept_rows.iter().flat_map(|&(row, per_unit)| {
            let kept = row.edges().filter(|edge| keep[edge.source.as_usize()]);
            kept.map(move |edge| (edge, score(edge, per_unit)))
        })
    };
    let cut = threshold(|| candidates().map(|(_, score)| score), q);
    candidates().filter(|&(_, score)| score >= cut).map(|(edge, _)| edge).collect()
}

fn score(edge: Edge, per_unit: f64) -> f64 {
    f64::from(edge.weight).abs() * per_unit
}

/// Step 4, until nothing changes. A pass ends at least one chain of nodes, so there are at most
/// as many passes as layers, and some.
fn drop_loose_ends(
    graph: &AttributionGraph,
    always: &[bool],
    node_mask: &mut [bool],
    edges: &mut Vec<Edge>,
) {
    let nodes = graph.nodes();
    loop {
        let (mut feeds, mut is_fed) = (vec![false; node_mask.len()], vec![false; node_mask.len()]);
        for edge in edges.iter() {
            feeds[edge.source.as_usize()] = true;
            is_fed[edge.target.as_usize()] = true;
        }
        let mut changed = false;
        for place in 0..nodes.error_range().end {
            let needs_inputs = nodes.feature_range().contains(&place)
                && graph.is_expanded(NodeIdx::from_usize(place));
            let stays = always[place] || feeds[place] && (is_fed[place] || !needs_inputs);
            changed |= node_mask[place] && !stays;
            node_mask[place] &= stays;
        }
        if !changed {
            return;
        }
        edges.retain(|edge| node_mask[edge.source.as_usize()] && node_mask[edge.target.as_usize()]);
    }
}

/// Step 6 of the peer: each node's running share of all influence, the largest first. Nodes of
/// equal influence stand in node order.
fn cumulative(node: &[f64]) -> Vec<f32> {
    let mut order: Vec<usize> = (0..node.len()).collect();
    order.sort_by(|&a, &b| node[b].total_cmp(&node[a]).then(a.cmp(&b)));
    let total: f64 = node.iter().sum();
    let mut shares = vec![1.0; node.len()];
    let mut sum = 0.0;
    for place in order.into_iter().filter(|_| total > 0.0) {
        sum += node[place];
        shares[place] = (sum / total) as f32;
    }
    shares
}

/// What is certain of step 1; the module's header has the argument.
fn membership(nodes: &Nodes, influence: &Influence, q: f64) -> Vec<Membership> {
    let always = nodes.token_range().start;
    if influence.is_exact() {
        let kept = influential(nodes, &influence.node, q);
        let known = |keep| if keep { Membership::Kept } else { Membership::Dropped };
        return kept.into_iter().map(known).collect();
    }
    let total = influence.total();
    let margin = ROUNDING * total;
    let missing = influence.unresolved_visits + margin;
    let lower = &influence.node;
    let upper: Vec<f64> = influence.upper.iter().map(|hi| hi + margin).collect();
    let by_upper = SumsAbove::new(&upper, lower);
    let by_lower = SumsAbove::new(lower, lower);
    let of_node = |place: usize| {
        let (lo, hi) = (lower[place], upper[place]);
        if place >= always {
            return Membership::Kept;
        }
        // `hi > lo`, so the node is among those counted; but it is not above itself.
        let may_be_above = by_upper.above(lo) - lo;
        if (1.0 - q) * (may_be_above + missing) - q * (total - may_be_above) < 0.0 {
            return Membership::Kept;
        }
        let are_above = by_lower.above(hi);
        if (1.0 - q) * are_above - q * (total - are_above + missing) >= 0.0 {
            return Membership::Dropped;
        }
        Membership::Undetermined
    };
    (0..lower.len()).map(of_node).collect()
}

/// Sums of values over the nodes whose key is above a bound.
struct SumsAbove {
    /// Descending.
    keys: Vec<f64>,
    /// `sums[i]`: the values of the first `i` keys.
    sums: Vec<f64>,
}

impl SumsAbove {
    fn new(keys: &[f64], values: &[f64]) -> Self {
        let mut pairs: Vec<(f64, f64)> = keys.iter().copied().zip(values.iter().copied()).collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for &(_, value) in &pairs {
            sum += value;
            sums.push(sum);
        }
        Self { keys: pairs.into_iter().map(|(key, _)| key).collect(), sums }
    }

    fn above(&self, bound: f64) -> f64 {
        self.sums[self.keys.partition_point(|&key| key > bound)]
    }
}
