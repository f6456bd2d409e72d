//! What interventions in the model said of a graph's edges.
//!
//! A graph is a hypothesis; whoever tests it writes here what came out. This crate runs no
//! model: it keeps verdicts, with the numbers they were given for, and says nothing of how they
//! are reached (`docs/validation.md`).

use crate::{GraphError, NodeIdx};

/// Whether a measurement agrees with an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The source moves the target as predicted, and more than controls do.
    Supported,
    /// What was measured cannot be told from controls, or is much smaller than predicted.
    Weak,
    /// The source moves the target the other way, and more than controls do.
    Contradicted,
}

/// The verdict on one edge, and the numbers that it was given for. All of them are changes of
/// the target, in units of its pre-activation or logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeVerdict {
    /// The node that was changed in the model.
    pub source: NodeIdx,
    /// The node that was measured.
    pub target: NodeIdx,
    /// What came out.
    pub verdict: Verdict,
    /// What the graph said would happen, over all paths.
    pub predicted: f32,
    /// What happened.
    pub measured: f32,
    /// Where 95 % of the controls lie; `None` if there were too few.
    pub control: Option<ControlBand>,
}

/// The middle 95 % of what controls did to a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlBand {
    /// Its lower end.
    pub lo: f32,
    /// Its upper end.
    pub hi: f32,
}

/// The verdicts on a graph's edges. An edge that is not listed was not tested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts {
    /// The program and its version.
    pub tool: String,
    /// What was held still in the model, in one word.
    pub rung: String,
    /// What sources were multiplied by.
    pub dose: f32,
    /// Where the random choice of controls started.
    pub seed: u64,
    /// Whether the run was ended before all that was asked for was tested.
    pub partial: bool,
    /// By target, then source; each pair once.
    pub edges: Vec<EdgeVerdict>,
}

impl Verdicts {
    /// The verdict on an edge, if it was tested.
    pub fn of(&self, source: NodeIdx, target: NodeIdx) -> Option<&EdgeVerdict> {
        let key = |edge: &EdgeVerdict| (edge.target, edge.source);
        let found = self.edges.binary_search_by_key(&(target, source), key);
        found.ok().map(|at| &self.edges[at])
    }

    /// How many edges got a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.edges.iter().filter(|edge| edge.verdict == verdict).count()
    }

    /// Refuses verdicts on nodes that the graph does not have, and numbers that are none.
    pub(crate) fn check(&self, n_nodes: usize) -> Result<(), GraphError> {
        let order = |edge: &EdgeVerdict| (edge.target, edge.source);
        if !self.edges.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])) {
            return Err(GraphError::Unsorted { what: "edges with a verdict" });
        }
        for edge in &self.edges {
            for idx in [edge.source, edge.target] {
                if idx.as_usize() >= n_nodes {
                    let (found, count) = (u64::from(idx.get()), n_nodes as u64);
                    return Err(GraphError::OutOfRange { what: "node of a verdict", found, count });
                }
            }
            let band = edge.control.map_or([0.0; 2], |band| [band.lo, band.hi]);
            let numbers = [edge.predicted, edge.measured, band[0], band[1]];
            if !numbers.iter().all(|number| number.is_finite()) {
                return Err(GraphError::NotFinite { what: "number of a verdict" });
            }
        }
        if !self.dose.is_finite() {
            return Err(GraphError::NotFinite { what: "dose of the verdicts" });
        }
        Ok(())
    }
}
