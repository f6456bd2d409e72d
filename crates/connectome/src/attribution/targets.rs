//! What a graph explains: salient logits, named tokens, contrasts, directions, features.
//!
//! A target is a direction at the last norm's output (or at the site a feature reads), a
//! position, and a weight: its share of the influence that starts at the targets.
//!
//! Source: the peer's rule for salient logits and weights, `docs/method.md`.

use connectome_graph::{FeatureId, Target, TargetKind};

use crate::error::RunError;
use crate::lm::model::{probabilities, top_probabilities};
use crate::ops::dense::add_scaled;
use crate::ops::matmul::dot;
use crate::replacement::LocalReplacement;

/// A request for one target.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TargetSpec {
    /// The logit of a token.
    Token(u32),
    /// The logit of one token minus that of another.
    Contrast {
        /// Added.
        plus: u32,
        /// Subtracted.
        minus: u32,
    },
    /// An arbitrary direction at the output of the last norm, used as given.
    Direction {
        /// For people.
        name: String,
        /// `[D]`.
        vector_d: Vec<f32>,
        /// Share of the influence; not negative.
        weight: f32,
    },
    /// A feature that fires at the position.
    Feature(FeatureId),
}

/// Which targets a graph explains.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// The most probable tokens: the fewest whose probability reaches `probability`, at most
    /// `max`.
    Salient {
        /// At most so many.
        max: usize,
        /// Cumulative probability to reach.
        probability: f32,
    },
    /// These, in this order.
    Given(Vec<TargetSpec>),
}

impl Default for Targets {
    fn default() -> Self {
        Self::Salient { max: 10, probability: 0.95 }
    }
}

/// A target made ready: where its cotangent starts, and the number it should add up to.
#[derive(Clone, Debug)]
pub(super) struct Seed {
    pub(super) target: Target,
    pub(super) start: Start,
    /// Pre-activation, or the direction's product with the last norm's output.
    pub(super) value: f32,
}

/// Where a cotangent starts.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// At the last norm's output.
    Final(Vec<f32>),
    /// Where this active feature (its place in the list) reads.
    Feature(usize),
}

/// The seeds of a request at a position; `token_text` names tokens in labels.
pub(super) fn seeds(
    local: &LocalReplacement<'_>,
    targets: &Targets,
    pos: usize,
    token_text: &dyn Fn(u32) -> String,
) -> Result<Vec<Seed>, RunError> {
    let logits_v = local.logits(pos)?;
    let vocab = logits_v.len();
    let specs = match targets {
        Targets::Salient { max, .. } if *max > vocab => {
            return Err(RunError::TooManyLogits { found: *max, vocab });
        }
        Targets::Salient { max, probability } => salient(&logits_v, *max, *probability),
        Targets::Given(specs) => specs.clone(),
    };
    if specs.is_empty() {
        return Err(RunError::NoTargets);
    }
    let maker = Maker { local, pos, probabilities_v: probabilities(&logits_v), token_text };
    let mut n_directions = 0;
    let seeds = specs.iter().map(|spec| maker.seed(spec, &mut n_directions));
    let seeds: Vec<Seed> = seeds.collect::<Result<_, _>>()?;
    check(&seeds)?;
    Ok(seeds)
}

/// The largest number in a direction: squares of it still fit `f32`.
const MAX_SIZE: f32 = 1e18;

/// What no graph could be made of.
fn check(seeds: &[Seed]) -> Result<(), RunError> {
    for (place, seed) in seeds.iter().enumerate() {
        let label = || seed.target.label.clone();
        if seeds[..place].iter().any(|earlier| earlier.target.kind == seed.target.kind) {
            return Err(RunError::DuplicateTarget { label: label() });
        }
        let Start::Final(direction_d) = &seed.start else { continue };
        let too_large = |x: &&f32| !x.is_finite() || x.abs() > MAX_SIZE;
        if let Some(&found) = direction_d.iter().find(too_large) {
            return Err(RunError::DirectionSize { label: label(), found });
        }
        if direction_d.iter().all(|x| *x == 0.0) {
            return Err(RunError::ZeroDirection { label: label() });
        }
    }
    if seeds.iter().all(|seed| seed.target.weight == 0.0) {
        return Err(RunError::NoWeight);
    }
    Ok(())
}

/// The peer's rule: of the `max` most probable tokens, those up to and including the one at
/// which their cumulative probability reaches `probability`.
fn salient(logits_v: &[f32], max: usize, probability: f32) -> Vec<TargetSpec> {
    let mut cumulative = 0.0_f32;
    let mut specs = Vec::new();
    for (token, p) in top_probabilities(logits_v, max) {
        specs.push(TargetSpec::Token(token));
        cumulative += p;
        if cumulative >= probability {
            break;
        }
    }
    specs
}

struct Maker<'a, 'm> {
    local: &'a LocalReplacement<'m>,
    pos: usize,
    probabilities_v: Vec<f32>,
    token_text: &'a dyn Fn(u32) -> String,
}

impl Maker<'_, '_> {
    fn probability(&self, token: u32) -> Result<f32, RunError> {
        let vocab = self.probabilities_v.len();
        let found = self.probabilities_v.get(token as usize).copied();
        found.ok_or(RunError::TokenId { found: token, vocab })
    }

    fn seed(&self, spec: &TargetSpec, n_directions: &mut u32) -> Result<Seed, RunError> {
        let model = self.local.replacement().model();
        match spec {
            TargetSpec::Token(token) => {
                let weight = self.probability(*token)?;
                let direction_d = model.demeaned_unembedding(*token);
                let kind = TargetKind::Logit { token: *token };
                Ok(self.at_final(kind, weight, (self.token_text)(*token), direction_d))
            }
            TargetSpec::Contrast { plus, minus } => {
                // Checked as ids; the weight is 1, since a difference has no probability.
                self.probability(*plus)?;
                self.probability(*minus)?;
                let mut direction_d = model.demeaned_unembedding(*plus);
                add_scaled(&mut direction_d, -1.0, &model.demeaned_unembedding(*minus));
                let kind = TargetKind::Contrast { plus: *plus, minus: *minus };
                let name = |token: u32| (self.token_text)(token);
                let label = format!("{} − {}", name(*plus), name(*minus));
                Ok(self.at_final(kind, 1.0, label, direction_d))
            }
            TargetSpec::Direction { name, vector_d, weight } => {
                let (found, expected) = (vector_d.len(), model.config().d_model);
                if found != expected {
                    return Err(RunError::Width { name: name.clone(), found, expected });
                }
                let kind = TargetKind::Direction { index: *n_directions };
                *n_directions += 1;
                Ok(self.at_final(kind, *weight, name.clone(), vector_d.clone()))
            }
            TargetSpec::Feature(id) => self.at_feature(*id),
        }
    }

    fn at_final(
        &self,
        kind: TargetKind,
        weight: f32,
        label: String,
        direction_d: Vec<f32>,
    ) -> Seed {
        let value = dot(&direction_d, self.local.final_norm_output().row(self.pos));
        let target = Target { kind, pos: self.pos as u32, weight, label };
        Seed { target, start: Start::Final(direction_d), value }
    }

    fn at_feature(&self, id: FeatureId) -> Result<Seed, RunError> {
        let features = self.local.features();
        let pos = self.pos as u32;
        let feature = features.find(id, pos)?;
        let kind = TargetKind::Feature(id);
        let target = Target { kind, pos, weight: 1.0, label: id.to_string() };
        let value = features.pre_activation(feature);
        Ok(Seed { target, start: Start::Feature(feature), value })
    }
}
