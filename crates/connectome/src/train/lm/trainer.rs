//! [`Trainer`]: parameters, moments and the step that changes them.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::gradient::{Cut, Gradient};
use super::layout::Role;
use super::net::Net;
use super::rows::Rows;
use crate::ops::matmul::Arithmetic;
use crate::train::TrainError;
use crate::train::adam::{Adam, Moments, Slot};
use crate::train::checkpoint::{Checkpoint, Part};
use crate::train::clip;
use crate::train::schedule::{Decay, LearningRate};

/// Which parameters weight decay pulls at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decayed {
    /// Linear maps; no embeddings, norms or biases.
    Linear,
    /// All.
    All,
}

/// What the course of a run depends on, besides model and data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Steps of the whole run.
    pub n_steps: u64,
    /// Rows of a step.
    pub batch_rows: usize,
    /// Tokens of a row, of which all but the first are predicted.
    pub n_tokens: usize,
    /// How a step is cut.
    pub cut: Cut,
    /// The learning rate.
    pub rate: LearningRate,
    /// The optimiser.
    pub adam: Adam,
    /// What weight decay pulls at.
    pub decayed: Decayed,
    /// Weight decay of the maps of queries, keys and values, if it is another.
    pub qkv_decay: Option<f64>,
    /// The gradient's norm is brought down to this.
    pub max_norm: Option<f64>,
    /// Documents start at this token and do not see each other.
    pub isolate: Option<u32>,
    /// In which numbers linear maps multiply; weights, sums and everything else are `f32`.
    pub arithmetic: Arithmetic,
}

impl Options {
    /// The options as a run's config holds them.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "steps": self.n_steps,
            "batch": self.batch_rows,
            "tokens_a_row": self.n_tokens,
            "part_rows": self.cut.part_rows,
            "lanes": self.cut.n_lanes,
            "learning_rate": self.rate.peak,
            "warm_up": self.rate.warm_up,
            "decay": match self.rate.decay {
                Decay::Constant => "constant",
                Decay::Linear => "linear",
                Decay::Cosine => "cosine",
            },
            "decay_steps": self.rate.decay_steps,
            "learning_rate_floor": self.rate.floor,
            "beta1": self.adam.beta1,
            "beta2": self.adam.beta2,
            "epsilon": self.adam.epsilon,
            "weight_decay": self.adam.weight_decay,
            "decay_all": self.decayed == Decayed::All,
            "qkv_decay": self.qkv_decay,
            "max_norm": self.max_norm,
            "isolate": self.isolate,
            "products": match self.arithmetic {
                Arithmetic::F32 => "f32",
                Arithmetic::Bf16 => "bf16",
            },
        })
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Steps done, this one included.
    pub step: u64,
    /// Mean loss over all weights, before the step, in nats.
    pub loss: f64,
    /// Norm of the gradient before it was clipped.
    pub norm: f64,
    /// The learning rate.
    pub rate: f64,
    /// Tokens that rows have held so far, filling included.
    pub tokens: u64,
}

/// A run's state.
#[derive(Debug)]
pub struct Trainer {
    net: Net,
    options: Options,
    params: Vec<f32>,
    moments: Moments,
    gradient: Gradient,
    step: u64,
}

impl Trainer {
    /// A run at its start.
    #[must_use]
    pub fn new(net: Net, params: Vec<f32>, options: Options) -> Self {
        let moments = Moments::zeros(params.len());
        let gradient = Gradient::new(&net, options.cut, options.arithmetic);
        Self { net, options, params, moments, gradient, step: 0 }
    }

    /// The decoder.
    #[must_use]
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// All parameters, in the order of the layout.
    #[must_use]
    pub fn params(&self) -> &[f32] {
        &self.params
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// One step on `rows`.
    ///
    /// # Errors
    ///
    /// [`TrainError::NotFinite`] if the loss or the gradient is; nothing has changed then. The
    /// error names no checkpoint: the caller knows which there are.
    pub fn train(&mut self, rows: &Rows) -> Result<Step, TrainError> {
        let Self { net, options, params, .. } = self;
        let loss = self.gradient.compute(net, params, rows, options.isolate);
        let norm = clip::sum_of_squares(self.gradient.values()).sqrt();
        if !loss.is_finite() || !norm.is_finite() {
            return Err(self.not_finite(rows, loss, norm));
        }
        let rate = options.rate.at(self.step, options.n_steps);
        let factor = clip::factor(norm, options.max_norm) as f32;
        self.update(rate, factor);
        self.step += 1;
        let tokens = self.step * (self.options.batch_rows * self.options.n_tokens) as u64;
        Ok(Step { step: self.step, loss, norm, rate, tokens })
    }

    fn update(&mut self, rate: f64, factor: f32) {
        let Options { adam, decayed, qkv_decay, .. } = self.options;
        let with = |weight_decay| Adam { weight_decay, ..adam }.update(self.step, rate);
        let (pulled, free) = (with(adam.weight_decay), with(0.0));
        let qkv = with(qkv_decay.unwrap_or(adam.weight_decay));
        for tensor in self.net.layout().tensors() {
            let update = match tensor.role {
                Role::Qkv => qkv,
                Role::Linear | Role::ResidualOut => pulled,
                Role::Embedding | Role::Gain | Role::Bias => match decayed {
                    Decayed::All => pulled,
                    Decayed::Linear => free,
                },
            };
            let slot = Slot {
                values: tensor.slot.of_mut(&mut self.params),
                first: tensor.slot.of_mut(&mut self.moments.first),
                second: tensor.slot.of_mut(&mut self.moments.second),
            };
            update.apply(slot, tensor.slot.of(self.gradient.values()), factor);
        }
    }

    /// Finds out what went wrong, and where.
    fn not_finite(&self, rows: &Rows, loss: f64, norm: f64) -> TrainError {
        let step = self.step + 1;
        let error = |what: String, value: f64| TrainError::NotFinite {
            what,
            value,
            step,
            last_good: None,
            path: PathBuf::new(),
        };
        if !loss.is_finite() {
            let place = self.net.first_not_finite(&self.params, rows, self.options.isolate);
            let place = place.map_or_else(String::new, |place| format!(" (first {place})"));
            return error(format!("the loss{place}"), loss);
        }
        let gradient = self.gradient.values();
        let bad =
            |slot: &&super::layout::Tensor| slot.slot.of(gradient).iter().any(|x| !x.is_finite());
        match self.net.layout().tensors().iter().find(bad) {
            Some(tensor) => error(format!("the gradient of `{}`", tensor.name), norm),
            None => error("the gradient's norm".to_owned(), norm),
        }
    }

    /// Parameters and moments, for a checkpoint.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        let groups = [
            ("model", &self.params),
            ("first", &self.moments.first),
            ("second", &self.moments.second),
        ];
        let tensors = self.net.layout().tensors();
        let parts = groups.into_iter().flat_map(|(group, values)| {
            tensors.iter().map(move |tensor| {
                let name = format!("{group}/{}", tensor.name);
                Part::f32(name, &tensor.shape, tensor.slot.of(values))
            })
        });
        parts.collect()
    }

    /// Goes where a checkpoint was made.
    ///
    /// # Errors
    ///
    /// [`TrainError::Damaged`] if a tensor is missing or of another shape.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let groups = [
            ("model", &mut self.params),
            ("first", &mut self.moments.first),
            ("second", &mut self.moments.second),
        ];
        for (group, values) in groups {
            for tensor in self.net.layout().tensors() {
                let name = format!("{group}/{}", tensor.name);
                checkpoint.read_f32(&name, &tensor.shape, tensor.slot.of_mut(values))?;
            }
        }
        self.step = checkpoint.step();
        Ok(())
    }
}
