//! [`Request`]: an intervention whose numbers, places and layers can still be varied, and
//! [`Sweep`], which varies one of them.
//!
//! ```text
//! Request ─┬─ as asked ──► Intervention
//!          └─ Sweep ─────► a Variation each ──► Intervention each ──► Baseline::measure_all
//! ```
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", who sweep steering factors and the end of the
//! patched range. A sweep is reported whole: its best point alone says how hard one has looked.

use connectome_graph::FeatureId;

use super::baseline::Baseline;
use super::edit::{Change, Edit, Intervention, Mode, NormScales, Positions};
use super::swap::Swap;
use crate::error::RunError;

/// What is to be taken from another prompt.
#[derive(Clone, Debug)]
pub struct Borrowed<'a> {
    /// The two prompts.
    pub swap: Swap<'a>,
    /// Features whose value there is set here.
    pub features: Vec<(FeatureId, usize)>,
    /// So many times.
    pub times: f32,
    /// Layers and positions here before which the residual stream is that of the other prompt.
    pub residuals: Vec<(usize, usize)>,
}

/// What is asked of a run, before it is bound to the prompt.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Features that are changed.
    pub edits: Vec<Edit>,
    /// What is taken from another prompt.
    pub borrowed: Option<Borrowed<'a>>,
    /// What answers.
    pub mode: Mode,
    /// Whether norms answer.
    pub norms: NormScales,
}

/// One way to vary a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variation {
    /// As asked.
    Asked,
    /// Every edit's number, and how many times a swap takes its value, is this.
    Dose(f32),
    /// The layers that the mode holds end before this one.
    EndLayer(usize),
    /// Every edit, swap and replacement is at this position.
    Position(usize),
}

/// What a sweep varies.
#[derive(Clone, Debug, PartialEq)]
pub enum Sweep {
    /// The number of every edit.
    Dose(Vec<f32>),
    /// The end of the layers that the mode holds, from one after their start to the last.
    EndLayer,
    /// The position, over the whole prompt; where values come from another prompt, over those
    /// that have a counterpart there.
    Position,
}

impl Sweep {
    /// Its points, in order.
    ///
    /// # Errors
    ///
    /// [`RunError::NoDose`] or [`RunError::NoEndLayer`] if the request has nothing to vary,
    /// [`RunError::EmptySet`] without a point, [`RunError::Alignment`].
    pub fn variations(
        &self,
        request: &Request<'_>,
        baseline: &Baseline<'_>,
    ) -> Result<Vec<Variation>, RunError> {
        let points: Vec<Variation> = match self {
            Self::Dose(doses) => {
                let swaps = request.borrowed.as_ref().is_some_and(|b| !b.features.is_empty());
                if request.edits.is_empty() && !swaps {
                    return Err(RunError::NoDose);
                }
                doses.iter().map(|dose| Variation::Dose(*dose)).collect()
            }
            Self::EndLayer => {
                let (Mode::Constrained { layers } | Mode::Iterative { layers }) = &request.mode
                else {
                    return Err(RunError::NoEndLayer);
                };
                (layers.start + 1..=baseline.n_layers()).map(Variation::EndLayer).collect()
            }
            Self::Position => {
                let mut points = Vec::new();
                for pos in 0..baseline.n_tokens() {
                    let counterpart = request.borrowed.as_ref().map(|b| b.swap.counterpart(pos));
                    match counterpart.transpose() {
                        Ok(_) => points.push(Variation::Position(pos)),
                        Err(RunError::NoCounterpart { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                points
            }
        };
        if points.is_empty() {
            return Err(RunError::EmptySet { what: "the sweep" });
        }
        Ok(points)
    }
}

impl Request<'_> {
    /// The intervention that is meant.
    ///
    /// # Errors
    ///
    /// Those of [`Swap::features`] and [`Swap::residual`]; [`RunError::NoEndLayer`].
    pub fn intervention(&self, variation: Variation) -> Result<Intervention, RunError> {
        let mut edits: Vec<Edit> = self.edits.iter().map(|edit| varied(edit, variation)).collect();
        let mut residuals = Vec::new();
        if let Some(borrowed) = &self.borrowed {
            if !borrowed.features.is_empty() {
                let nodes = moved(&borrowed.features, variation);
                let times = match variation {
                    Variation::Dose(dose) => dose,
                    _ => borrowed.times,
                };
                edits.extend(borrowed.swap.features(&nodes, times)?);
            }
            for (layer, pos) in moved(&borrowed.residuals, variation) {
                residuals.push(borrowed.swap.residual(layer, pos)?);
            }
        }
        let mode = match variation {
            Variation::EndLayer(end) => ending_at(&self.mode, end)?,
            _ => self.mode.clone(),
        };
        Ok(Intervention { edits, residuals, norms: self.norms, ..Intervention::nothing(mode) })
    }
}

fn varied(edit: &Edit, variation: Variation) -> Edit {
    let mut edit = edit.clone();
    match variation {
        Variation::Dose(dose) => {
            edit.change = match edit.change {
                Change::Set(_) => Change::Set(dose),
                Change::Scale(_) => Change::Scale(dose),
                Change::Add(_) => Change::Add(dose),
            };
        }
        Variation::Position(pos) => edit.positions = Positions::At(pos),
        Variation::Asked | Variation::EndLayer(_) => {}
    }
    edit
}

/// The same things, all at one position if that is what is varied, each once.
fn moved<T: Copy + Ord>(places: &[(T, usize)], variation: Variation) -> Vec<(T, usize)> {
    let Variation::Position(pos) = variation else { return places.to_vec() };
    let mut places: Vec<(T, usize)> = places.iter().map(|(what, _)| (*what, pos)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn ending_at(mode: &Mode, end: usize) -> Result<Mode, RunError> {
    match mode {
        Mode::Constrained { layers } => Ok(Mode::Constrained { layers: layers.start..end }),
        Mode::Iterative { layers } => Ok(Mode::Iterative { layers: layers.start..end }),
        Mode::Direct | Mode::Open { .. } => Err(RunError::NoEndLayer),
    }
}
