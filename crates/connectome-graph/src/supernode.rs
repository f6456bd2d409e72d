//! Edges between groups of nodes.
//!
//! A group's input from another is the mean over its members of the signed share that comes
//! from the other group. Inputs that a member has from within its own group do not count as
//! inputs of the group, so shares are of what comes from outside:
//!
//! ```text
//! S → T  =  Σ_{t ∈ T} α_t · (Σ_{s ∈ S∖T} A_{s→t}) / O_t
//!
//! O_t = Σ |A_{s→t}| over s ∉ T,      α_t ∝ O_t / Σ_s |A_{s→t}|,      Σ_{t ∈ T} α_t = 1
//! ```
//!
//! A member that is fed mostly from within its group says little about the group's inputs and
//! counts little. What was cut from a sparse row is taken to come from outside.
//!
//! Source: anthropics/attribution-graphs-frontend, subgraph edges (their `α`); the papers'
//! appendix weighs members by influence instead, which [`Weighing::Influence`] gives.

use std::collections::BTreeSet;

use crate::influence::row_sum;
use crate::{AttributionGraph, GraphError, Influence, NodeIdx, Supernode};

/// How much each member of a group counts for its inputs.
#[derive(Clone, Copy, Debug)]
pub enum Weighing<'a> {
    /// By the share of its inputs that come from outside the group.
    OutsideInput,
    /// By its influence on the targets; a target by its weight.
    Influence(&'a Influence),
}

/// What one group gives another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SupernodeEdge {
    /// The group that contributes: its index in the given list.
    pub source: usize,
    /// The group that is explained.
    pub target: usize,
    /// The signed share of the target's outside inputs, from −1 to 1.
    pub share: f64,
}

/// The edges between groups, by target, then source; pairs without any edge are left out.
///
/// A node may stand in several groups; what it has in common with the target is never counted
/// as input from outside. Costs the rows of all members.
///
/// # Errors
///
/// [`GraphError::OutOfRange`] if a group has a member that the graph has not.
pub fn supernode_edges(
    graph: &AttributionGraph,
    groups: &[Supernode],
    weighing: Weighing<'_>,
) -> Result<Vec<SupernodeEdge>, GraphError> {
    let members = groups.iter().map(|group| checked_members(graph, group));
    let members: Vec<BTreeSet<NodeIdx>> = members.collect::<Result<_, _>>()?;
    let mut edges = Vec::new();
    for (target, inside) in members.iter().enumerate() {
        let inputs = outside_inputs(graph, inside, weighing);
        for (source, feeding) in members.iter().enumerate().filter(|&(source, _)| source != target)
        {
            let share = inputs.iter().map(|input| input.share_from(feeding)).sum();
            if share != 0.0 {
                edges.push(SupernodeEdge { source, target, share });
            }
        }
    }
    Ok(edges)
}

fn checked_members(
    graph: &AttributionGraph,
    group: &Supernode,
) -> Result<BTreeSet<NodeIdx>, GraphError> {
    let count = graph.nodes().len();
    match group.members.iter().find(|idx| idx.as_usize() >= count) {
        None => Ok(group.members.iter().copied().collect()),
        Some(idx) => {
            let (found, count) = (u64::from(idx.get()), count as u64);
            Err(GraphError::OutOfRange { what: "member of a supernode", found, count })
        }
    }
}

/// One member's inputs from outside its group.
struct Inputs {
    /// `α_t / O_t`.
    per_unit: f64,
    /// By source, ascending.
    edges: Vec<(NodeIdx, f64)>,
}

impl Inputs {
    fn share_from(&self, feeding: &BTreeSet<NodeIdx>) -> f64 {
        let fed = self.edges.iter().filter(|(source, _)| feeding.contains(source));
        fed.map(|(_, weight)| weight * self.per_unit).sum()
    }
}

fn outside_inputs(
    graph: &AttributionGraph,
    inside: &BTreeSet<NodeIdx>,
    weighing: Weighing<'_>,
) -> Vec<Inputs> {
    let mut inputs = Vec::new();
    let mut total = 0.0;
    for row in inside.iter().filter_map(|&idx| graph.row(idx)) {
        let outside = row.edges().filter(|edge| !inside.contains(&edge.source));
        let edges: Vec<_> = outside.map(|edge| (edge.source, f64::from(edge.weight))).collect();
        let stored: f64 = edges.iter().map(|(_, weight)| weight.abs()).sum();
        let outside = stored + f64::from(row.abs_remainder);
        if outside == 0.0 {
            continue;
        }
        let alpha = match weighing {
            Weighing::OutsideInput => outside / row_sum(row),
            Weighing::Influence(influence) => {
                crate::influence::mass_at(graph, &influence.node, row.target)
            }
        };
        total += alpha;
        inputs.push(Inputs { per_unit: alpha / outside, edges });
    }
    // Members that no influence passes through leave a group without a say.
    let norm = if total > 0.0 { total } else { 1.0 };
    inputs.iter_mut().for_each(|input| input.per_unit /= norm);
    inputs
}
