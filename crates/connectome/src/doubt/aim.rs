//! [`Aims`]: the numbers that a doubt asks about, read from a run.
//!
//! A logit is read less the mean logit, before any softcap, as graphs define it. Raw logits have
//! a free constant: adding it to all of them changes nothing that the model says.

use connectome_graph::{AttributionGraph, FeatureId, Target, TargetKind};

use crate::error::RunError;
use crate::intervene::{Baseline, Outcome, Watch};
use crate::lm::{LogitsAt, Model};

/// One number of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    /// For people: the token, or the feature and its position.
    pub label: String,
    /// Its share where several are taken together.
    pub weight: f64,
    pos: usize,
    read: Read,
}

#[derive(Clone, Debug, PartialEq)]
enum Read {
    /// A direction at the last norm's output, `[D]`.
    Final(Vec<f32>),
    /// A feature's pre-activation.
    Feature(FeatureId),
}

impl Aim {
    /// A token's logit less the mean logit, at a position.
    ///
    /// # Errors
    ///
    /// [`RunError::TokenId`].
    pub fn logit(model: &Model, token: u32, pos: usize, label: &str) -> Result<Self, RunError> {
        let read = Read::Final(logit_direction(model, token)?);
        Ok(Self { label: label.to_owned(), weight: 1.0, pos, read })
    }

    /// A feature's pre-activation at a position, whether or not it fires there.
    #[must_use]
    pub fn feature(id: FeatureId, pos: usize) -> Self {
        Self { label: format!("{id}@{pos}"), weight: 1.0, pos, read: Read::Feature(id) }
    }

    /// The same with another weight.
    #[must_use]
    pub fn weighing(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// What a graph explains; its weight is the target's. `directions` are the vectors of its
    /// direction targets, which a graph does not hold.
    ///
    /// # Errors
    ///
    /// [`RunError::MissingDirection`], [`RunError::Width`], [`RunError::TokenId`].
    pub fn of_target(
        model: &Model,
        target: &Target,
        directions: &[Vec<f32>],
    ) -> Result<Self, RunError> {
        let read = match target.kind {
            TargetKind::Logit { token } => Read::Final(logit_direction(model, token)?),
            TargetKind::Contrast { plus, minus } => {
                let minus_d = logit_direction(model, minus)?;
                let mut direction_d = logit_direction(model, plus)?;
                direction_d.iter_mut().zip(&minus_d).for_each(|(x, y)| *x -= y);
                Read::Final(direction_d)
            }
            TargetKind::Direction { index } => {
                let name = target.label.clone();
                let given = directions.get(index as usize);
                let given = given.ok_or_else(|| RunError::MissingDirection { name: name.clone() });
                let given = given?;
                let (found, expected) = (given.len(), model.config().d_model);
                if found != expected {
                    return Err(RunError::Width { name, found, expected });
                }
                Read::Final(given.clone())
            }
            TargetKind::Feature(id) => Read::Feature(id),
        };
        let (label, weight) = (target.label.clone(), f64::from(target.weight));
        Ok(Self { label, weight, pos: target.pos as usize, read })
    }
}

fn logit_direction(model: &Model, token: u32) -> Result<Vec<f32>, RunError> {
    let vocab = model.config().n_vocab;
    if token as usize >= vocab {
        return Err(RunError::TokenId { found: token, vocab });
    }
    Ok(model.demeaned_unembedding(token))
}

/// Several numbers, and what must be watched to read them.
#[derive(Clone, Debug)]
pub struct Aims {
    list: Vec<Aim>,
    watch: Watch,
    positions: Vec<usize>,
    /// Of each, its place among the watched features or the positions.
    slots: Vec<usize>,
}

impl Aims {
    /// These.
    ///
    /// # Errors
    ///
    /// [`RunError::NoTargets`] for none, [`RunError::Position`], and those of [`Watch::new`].
    pub fn new(baseline: &Baseline<'_>, list: Vec<Aim>) -> Result<Self, RunError> {
        if list.is_empty() {
            return Err(RunError::NoTargets);
        }
        let n_tokens = baseline.n_tokens();
        let (mut positions, mut watched, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        for aim in &list {
            if aim.pos >= n_tokens {
                return Err(RunError::Position { found: aim.pos as i64, n_tokens });
            }
            match aim.read {
                Read::Feature(id) => {
                    slots.push(watched.len());
                    watched.push((id, aim.pos));
                }
                Read::Final(_) => {
                    let known = positions.iter().position(|pos| *pos == aim.pos);
                    slots.push(known.unwrap_or(positions.len()));
                    if known.is_none() {
                        positions.push(aim.pos);
                    }
                }
            }
        }
        let watch = Watch::new(baseline, watched)?;
        Ok(Self { list, watch, positions, slots })
    }

    /// All that a graph explains.
    ///
    /// # Errors
    ///
    /// As [`Aim::of_target`] and [`Aims::new`].
    pub fn of_graph(
        baseline: &Baseline<'_>,
        graph: &AttributionGraph,
        directions: &[Vec<f32>],
    ) -> Result<Self, RunError> {
        let model = baseline.replacement().model();
        let targets = graph.nodes().targets().iter();
        let aims = targets.map(|target| Aim::of_target(model, target, directions));
        Self::new(baseline, aims.collect::<Result<_, _>>()?)
    }

    /// In the order given.
    #[must_use]
    pub fn list(&self) -> &[Aim] {
        &self.list
    }

    /// What a run must watch.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Where a run's logits are wanted.
    #[must_use]
    pub fn logits_at(&self) -> LogitsAt {
        LogitsAt::Positions(self.positions.clone())
    }

    /// The numbers of a run that watched what it must.
    #[must_use]
    pub fn values(&self, outcome: &Outcome) -> Vec<f64> {
        let of = |(aim, slot): (&Aim, &usize)| match &aim.read {
            Read::Feature(_) => f64::from(outcome.readings[*slot].pre_activation),
            // NUMERICS: f64, since effects are small differences of two such sums.
            Read::Final(direction_d) => direction_d
                .iter()
                .zip(outcome.normed.row(*slot))
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .sum(),
        };
        self.list.iter().zip(&self.slots).map(of).collect()
    }

    /// The numbers of the unchanged run.
    ///
    /// # Errors
    ///
    /// None that a checked aim can cause.
    pub fn unchanged(&self, baseline: &Baseline<'_>) -> Result<Vec<f64>, RunError> {
        Ok(self.values(&baseline.unchanged(&self.watch, &self.logits_at())?))
    }

    /// Numbers taken together, each by its weight.
    #[must_use]
    pub fn mean(&self, values: &[f64]) -> f64 {
        let total: f64 = self.list.iter().map(|aim| aim.weight).sum();
        let sum: f64 = self.list.iter().zip(values).map(|(aim, value)| aim.weight * value).sum();
        if total > 0.0 { sum / total } else { 0.0 }
    }
}
