//! Predicted against measured: what a graph says would happen, and what happens in the model.
//!
//! ```text
//! graph ─► cases      strongest features, supernodes; controls like each of them
//!      └─► paths      what the graph says each case does to every later node
//! model ─► rungs      what it does in the model, with more and more left free to answer
//!                └─► Validation    agreement, controls, verdicts on edges, disagreements
//! ```
//!
//! A case is ablated and inverted ([`Options::doses`]) in the original model. Every later
//! feature of the pruned graph and every target is measured and compared with the sum over all
//! signed paths (`paths`). What is held still meanwhile is a [`Rung`]; the same runs are made
//! on each, so that a disagreement can be traced to what answered.
//!
//! # Invariants
//!
//! - Predictions come from the graph's prompt and the frozen map alone, measurements from the
//!   original model alone: neither is fitted to the other.
//! - What was measured when a run is ended early is what the whole run has of those cases.
//! - All changes are in units of the target's pre-activation or logit unless a name says
//!   `relative`.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", evaluating mechanistic faithfulness;
//! `docs/validation.md` has every definition.

mod cases;
mod forecast;
mod paths;
mod run;
mod rung;
pub mod statistics;
mod subject;
mod targets;
mod validation;
mod verdict;

use std::ops::ControlFlow;

use connectome_graph::{AttributionGraph, NodeIdx, Thresholds};

pub use cases::{Case, CaseKind, Member, Skipped};
pub use forecast::{Answering, Forecast, Readout};
pub use rung::Rung;
pub use targets::{Class, Target};
pub use validation::{By, Disagreement, Effect, Scale, StoredPaths, Validation};
pub use verdict::{Band, is_as_predicted, judge};

use self::subject::Subject;
use crate::error::RunError;
use crate::intervene::Baseline;

/// What to test, and against what.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// So many features, those of largest influence.
    pub n_features: usize,
    /// These nodes, too; those that are no features are left out.
    pub nodes: Vec<NodeIdx>,
    /// Which supernodes, by their places among the annotations; all if `None`.
    pub supernodes: Option<Vec<usize>>,
    /// What activations are multiplied by.
    pub doses: Vec<f32>,
    /// What of the graph is watched, and gets verdicts.
    pub thresholds: Thresholds,
    /// Vectors `[D]` of the graph's direction targets, which a graph does not hold.
    pub directions: Vec<Vec<f32>>,
    /// Where the random choice of controls starts.
    pub seed: u64,
}

impl Default for Options {
    /// Fifty features and all supernodes, ablated and inverted.
    fn default() -> Self {
        Self {
            n_features: 50,
            nodes: Vec::new(),
            supernodes: None,
            doses: vec![0.0, -1.0],
            thresholds: Thresholds::default(),
            directions: Vec::new(),
            seed: 0,
        }
    }
}

/// How far a validation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Cases that are measured on every rung.
    pub cases: usize,
    /// Cases there are.
    pub n_cases: usize,
    /// Runs of the model so far.
    pub runs: usize,
    /// Runs there will be.
    pub n_runs: usize,
}

/// Holds a graph to account in the model that it speaks of.
///
/// `baseline` is the graph's prompt in that model. `progress` is told how far the work is and
/// may end it; what was measured by then is returned, marked [`Validation::partial`].
///
/// # Errors
///
/// - [`RunError::NoFeatures`] if nothing of the graph can be changed, [`RunError::EmptySet`] if
///   nothing is to be, [`RunError::NullDose`] for a dose that changes nothing.
/// - [`RunError::OtherLayers`], [`RunError::OtherFeatures`], [`RunError::Graph`] if the graph is not of this model and prompt.
/// - [`RunError::MissingDirection`], [`RunError::Width`] for direction targets.
/// - [`RunError::Cancelled`] if `progress` ended it before a case was measured.
/// - As [`Baseline::measure_all`].
pub fn validate(
    baseline: &Baseline<'_>,
    graph: &AttributionGraph,
    options: &Options,
    progress: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<Validation, RunError> {
    let subject = Subject::new(baseline, graph, options)?;
    run::run(subject, options, progress)
}
