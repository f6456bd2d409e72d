//! What passes from some nodes to others, and what of it avoids a third set.
//!
//! Two quantities, which answer different questions:
//!
//! - *Share* ([`share_flow`]): the walker of [`crate::influence()`], started at nodes of the
//!   caller's choice. Never negative; paths that cancel each other both count.
//! - *Effect* ([`effect_flow`]): how much the starting nodes would change if a node's whole
//!   output went away and every feature on the way answered in proportion. Signed; paths that
//!   cancel do so. It is what the graph predicts of an ablation, in units of the starting nodes:
//!
//! ```text
//! E(s) = Σ_t A_{s→t} · E(t) / h_t,     E(start) / h_start = its weight
//! ```
//!
//! with `h_t` the pre-activation that the row adds up to. (Rows of an imported graph may lack
//! parts of it; there the activation stands for it, which is the same for every published gate.)
//!
//! A *blocked* node is reached and counted, and nothing is passed on from it. So the flow that
//! arrives somewhere with a set blocked is what travels without passing through that set.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", node influence and validation by ablation.

use crate::influence::row_sum;
use crate::{AttributionGraph, GraphError, Node, NodeIdx};

/// What arrived where.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// `[N]`. Starting nodes have what arrives from others only.
    pub node: Vec<f64>,
    /// The part of a share flow that stopped where the graph does not say how it goes on; zero
    /// for effects, whose missing part has no bound.
    pub unresolved: f64,
}

/// Where a flow starts and how much of it, and `[N]` the nodes that it does not leave again.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// Nodes and weights.
    pub starts: &'a [(NodeIdx, f64)],
    /// One entry a node.
    pub blocked: &'a [bool],
}

impl Route<'_> {
    fn check(&self, graph: &AttributionGraph) -> Result<(), GraphError> {
        let count = graph.nodes().len();
        let (found, expected) = (self.blocked.len(), count);
        if found != expected {
            return Err(GraphError::Length { what: "mask of blocked nodes", found, expected });
        }
        match self.starts.iter().find(|(idx, _)| idx.as_usize() >= count) {
            None => Ok(()),
            Some((idx, _)) => {
                let (found, count) = (u64::from(idx.get()), count as u64);
                Err(GraphError::OutOfRange { what: "start of a flow", found, count })
            }
        }
    }
}

/// The share of walks from the starts that pass or end at each node.
///
/// # Errors
///
/// [`GraphError::OutOfRange`] for a start that the graph has not, [`GraphError::Length`] if
/// `blocked` has not one entry a node.
pub fn share_flow(graph: &AttributionGraph, route: Route<'_>) -> Result<Flow, GraphError> {
    route.check(graph)?;
    let mut seeds = vec![0.0; graph.nodes().len()];
    route.starts.iter().for_each(|(idx, weight)| seeds[idx.as_usize()] += weight);
    let mut node = vec![0.0; seeds.len()];
    let mut unresolved = 0.0;
    for row in graph.rows().rev() {
        let place = row.target.as_usize();
        let passed = if route.blocked[place] { 0.0 } else { node[place] };
        let per_unit = (passed + seeds[place]) / row_sum(row);
        if per_unit == 0.0 {
            continue;
        }
        for (&source, &weight) in row.sources.iter().zip(row.weights) {
            node[source as usize] += f64::from(weight).abs() * per_unit;
        }
        unresolved += f64::from(row.abs_remainder) * per_unit;
    }
    for idx in graph.unexpanded() {
        let place = idx.as_usize();
        unresolved += seeds[place] + if route.blocked[place] { 0.0 } else { node[place] };
    }
    Ok(Flow { node, unresolved })
}

/// What each node gives the starts over all paths, in their units times their weights.
///
/// # Errors
///
/// As [`share_flow`].
pub fn effect_flow(graph: &AttributionGraph, route: Route<'_>) -> Result<Flow, GraphError> {
    route.check(graph)?;
    let mut seeds = vec![0.0; graph.nodes().len()];
    route.starts.iter().for_each(|(idx, weight)| seeds[idx.as_usize()] += weight);
    let mut node = vec![0.0; seeds.len()];
    let is_imported = graph.provenance().imported.is_some();
    for row in graph.rows().rev() {
        let place = row.target.as_usize();
        let whole = match graph.nodes().node(row.target) {
            Node::Feature(feature) if is_imported => feature.activation,
            Node::Feature(_) => row.value,
            _ => 0.0,
        };
        let passes = !route.blocked[place] && whole != 0.0;
        let own = if passes { node[place] / f64::from(whole) } else { 0.0 };
        let per_unit = own + seeds[place];
        if per_unit == 0.0 {
            continue;
        }
        for (&source, &weight) in row.sources.iter().zip(row.weights) {
            node[source as usize] += f64::from(weight) * per_unit;
        }
    }
    Ok(Flow { node, unresolved: 0.0 })
}
