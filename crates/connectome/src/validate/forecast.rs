//! [`Forecast`]: what a prompt's linear map says of any change, and [`Readout`]: a graph's targets
//! as they are measured.
//!
//! `validate` itself asks the same of its cases; this is for whoever edits features otherwise.

use connectome_graph::{ActiveFeature, AttributionGraph, FeatureId, NodeIdx, TargetKind};

use super::cases::Member;
use super::paths::{self, Between, Moved};
use crate::error::RunError;
use crate::intervene::{Baseline, Outcome};
use crate::lm::LogitsAt;
use crate::ops::matmul::dot;

/// What becomes of features and targets when some features gain activation, over all paths of the
/// frozen map.
#[derive(Debug)]
pub struct Forecast<'a> {
    baseline: &'a Baseline<'a>,
    moved: Moved,
}

/// Who answers to a change in a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// Every feature that fires, in proportion.
    Features,
    /// Nobody: the direct edges alone.
    Nobody,
}

impl<'a> Forecast<'a> {
    /// The forecast of adding to each feature's activation its amount.
    ///
    /// # Errors
    ///
    /// [`RunError::InactiveFeature`] for a feature that does not fire there: the graph knows
    /// nothing of it.
    pub fn new(
        baseline: &'a Baseline<'a>,
        gains: &[(FeatureId, usize, f32)],
        answering: Answering,
    ) -> Result<Self, RunError> {
        let features = baseline.local().features();
        let mut members = Vec::new();
        for &(id, pos, amount) in gains {
            let pos = u32::try_from(pos).unwrap_or(u32::MAX);
            let place = features.find(id, pos)?;
            let feature: ActiveFeature = features.list()[place];
            members.push(Member { feature, node: None, amount, push: 0.0, place });
        }
        members.sort_by_key(|member| member.place);
        members.dedup_by_key(|member| member.place);
        let between = match answering {
            Answering::Features => Between::Answers,
            Answering::Nobody => Between::Still,
        };
        Ok(Self { baseline, moved: paths::push(baseline.local(), &members, between) })
    }

    /// How much a feature's pre-activation changes; `None` where it does not fire.
    #[must_use]
    pub fn feature(&self, id: FeatureId, pos: usize) -> Option<f64> {
        let place = self.baseline.local().features().find(id, u32::try_from(pos).ok()?).ok()?;
        Some(f64::from(self.moved.pre_a[place]))
    }
}

/// A graph's target that is a direction at the last norm's output: a logit less the mean, or a
/// difference of two logits.
#[derive(Clone, Debug)]
pub struct Readout {
    /// Its node.
    pub node: NodeIdx,
    /// Its position.
    pub pos: usize,
    direction_d: Vec<f32>,
}

impl Readout {
    /// Those of a graph; features and directions, which a graph does not hold, are left out.
    ///
    /// # Errors
    ///
    /// [`RunError::TokenId`] if the graph speaks of a token that the model does not have.
    pub fn all(baseline: &Baseline<'_>, graph: &AttributionGraph) -> Result<Vec<Self>, RunError> {
        let model = baseline.replacement().model();
        let vocab = model.config().n_vocab;
        let logit = |token: u32| {
            if token as usize >= vocab {
                return Err(RunError::TokenId { found: token, vocab });
            }
            Ok(model.demeaned_unembedding(token))
        };
        let mut all = Vec::new();
        for (k, target) in graph.nodes().targets().iter().enumerate() {
            let direction_d = match target.kind {
                TargetKind::Logit { token } => logit(token)?,
                TargetKind::Contrast { plus, minus } => {
                    let (mut plus_d, minus_d) = (logit(plus)?, logit(minus)?);
                    plus_d.iter_mut().zip(&minus_d).for_each(|(x, y)| *x -= y);
                    plus_d
                }
                TargetKind::Direction { .. } | TargetKind::Feature(_) => continue,
            };
            all.push(Self { node: graph.nodes().target(k), pos: target.pos as usize, direction_d });
        }
        Ok(all)
    }

    /// Where a run must be read to measure targets, each position once, ascending.
    #[must_use]
    pub fn positions(all: &[Self]) -> LogitsAt {
        let mut positions: Vec<usize> = all.iter().map(|one| one.pos).collect();
        positions.sort_unstable();
        positions.dedup();
        LogitsAt::Positions(positions)
    }

    /// What it is in a run that was read at `positions`; `None` if its own is not among them.
    #[must_use]
    pub fn value(&self, outcome: &Outcome, positions: &[usize]) -> Option<f64> {
        let row = positions.iter().position(|pos| *pos == self.pos)?;
        let normed_d = outcome.normed.row(row);
        // NUMERICS: f64, since a change is a small difference of two such sums.
        let terms = self.direction_d.iter().zip(normed_d);
        Some(terms.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum())
    }

    /// How much a forecast changes it.
    #[must_use]
    pub fn predicted(&self, forecast: &Forecast<'_>) -> f64 {
        let pulled_d = forecast.baseline.local().map().pull_final(self.pos, &self.direction_d);
        f64::from(dot(&pulled_d, forecast.moved.final_td.row(self.pos)))
    }
}
