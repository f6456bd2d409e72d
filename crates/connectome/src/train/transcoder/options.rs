//! [`Options`]: everything about a run that is not the data or the model, checked once.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::activations::Sites;
use super::controller::TargetL0;
use super::export::{Lengths, Precision};
use super::net::Recipe;
use super::objective::{DecoderNorm, Gate, Objective, PulledUp, Scope, SteToPreact};
use super::params::{Presence, Shape};
use super::update::{Frozen, Optimiser};
use crate::lm::ModelConfig;
use crate::lm::config::Residual;
use crate::ops::matrix::Dtype;
use crate::replacement::PromptTokens;
use crate::train::TrainError;
use crate::train::schedule::{Decay, Ramp, Shape as Course};
use crate::transcoder::ReadSite;

/// A run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is made.
    pub dictionary: Dictionary,
    /// How it is trained.
    pub recipe: Recipe,
    /// An L0 to find the sparsity coefficient for.
    pub target_l0: Option<TargetL0>,
    /// What it is trained on.
    pub data: Data,
    /// How often things are done.
    pub every: Every,
    /// What it is measured on.
    pub evaluation: Evaluation,
    /// Of all random numbers.
    pub seed: u64,
}

/// The dictionary that a run makes.
#[derive(Clone, Debug)]
pub struct Dictionary {
    /// Features of one layer.
    pub n_features: usize,
    /// Layers that a feature writes to; all from its own up if `None`.
    pub window: Option<usize>,
    /// A linear map beside the features.
    pub skip: Presence,
    /// Where it reads and writes.
    pub sites: Sites,
    /// Type of the large tensors in the files.
    pub precision: Precision,
    /// Lengths of decoder rows in the files.
    pub lengths: Lengths,
    /// What frontends look its features up by.
    pub scan: Option<String>,
}

/// The data of a run.
#[derive(Clone, Debug)]
pub struct Data {
    /// Tokens of a step.
    pub batch_tokens: usize,
    /// Tokens of the shuffle buffer.
    pub buffer_tokens: usize,
    /// Tokens of the sample that scales, biases and thresholds come from.
    pub sample_tokens: usize,
    /// Longest sequence.
    pub context: usize,
    /// Share of the documents that is only measured on.
    pub held_out: f64,
    /// Tokens whose norm is so many times the mean at any site are left out.
    pub outlier_factor: Option<f64>,
    /// Activations on disk instead of the shuffle buffer.
    pub cache: Option<CacheOptions>,
}

/// A cache of activations.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// The file; made if it is not there.
    pub path: PathBuf,
    /// Tokens in it.
    pub tokens: usize,
    /// Type of its numbers.
    pub dtype: Dtype,
}

/// How often things are done, in steps; 0 for never.
#[derive(Clone, Copy, Debug)]
pub struct Every {
    /// A line of metrics.
    pub metrics: u64,
    /// Held-out reconstruction and the replacement model.
    pub evaluate: u64,
    /// Graphs of the prompts.
    pub graphs: u64,
    /// A checkpoint.
    pub checkpoint: u64,
}

/// What a dictionary is measured on.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Held-out sequences.
    pub sequences: usize,
    /// Prompts whose graphs are scored.
    pub prompts: Prompts,
}

/// Prompts whose graphs are scored.
#[derive(Clone, Debug)]
pub enum Prompts {
    /// These.
    Given(Vec<PromptTokens>),
    /// The beginnings of the first held-out sequences.
    HeldOut {
        /// How many.
        n: usize,
        /// Tokens of each, at most.
        length: usize,
    },
}

impl Options {
    /// Sizes of the dictionary for a model.
    #[must_use]
    pub fn shape(&self, model: &ModelConfig) -> Shape {
        Shape {
            n_layers: model.n_layers,
            n_features: self.dictionary.n_features,
            d_model: model.d_model,
            window: self.dictionary.window.unwrap_or(model.n_layers).min(model.n_layers),
        }
    }

    /// Checks the options against each other and the model.
    ///
    /// # Errors
    ///
    /// [`TrainError::Option`] names the first that cannot be.
    pub fn check(&self, model: &ModelConfig) -> Result<(), TrainError> {
        let data = &self.data;
        if self.dictionary.window == Some(0) {
            return Err(bad("window", &0, "at least 1"));
        }
        if self.dictionary.n_features == 0 {
            return Err(bad("features", &0, "at least 1"));
        }
        if data.batch_tokens == 0 || self.recipe.optimiser.n_steps == 0 {
            return Err(bad("steps", &0, "at least one step of at least one token"));
        }
        if data.buffer_tokens < 2 * data.batch_tokens {
            let expected = format!("at least two batches, {}", 2 * data.batch_tokens);
            return Err(bad("buffer", &data.buffer_tokens, expected));
        }
        if data.context < 2 || data.context > model.n_context {
            let expected = format!("2 to {}, the model's", model.n_context);
            return Err(bad("seq", &data.context, expected));
        }
        if !(0.0..1.0).contains(&data.held_out) {
            return Err(bad("held-out", &data.held_out, "a share below 1"));
        }
        let reads_mid = self.dictionary.sites.reads == ReadSite::ResidMid;
        if reads_mid && model.residual == Residual::Parallel {
            let expected = "ln2.hook_normalized or mlp.hook_in, as this model's MLP reads no other";
            return Err(bad("read", &"hook_resid_mid", expected));
        }
        self.check_cache()?;
        self.check_objective()
    }

    fn check_cache(&self) -> Result<(), TrainError> {
        match &self.data.cache {
            Some(cache) if cache.tokens < self.data.batch_tokens => {
                let expected = format!("at least a batch, {}", self.data.batch_tokens);
                Err(bad("cache-tokens", &cache.tokens, expected))
            }
            _ => Ok(()),
        }
    }

    fn check_objective(&self) -> Result<(), TrainError> {
        let Objective { gate, sparsity, pre_activation, .. } = self.recipe.objective;
        let chooses = matches!(gate, Gate::TopK { .. } | Gate::BatchTopK { .. });
        if let Gate::TopK { k } | Gate::BatchTopK { k, .. } = gate {
            let most = self.dictionary.n_features as f64;
            for k in [k.from, k.to] {
                if !(k > 0.0 && k <= most) {
                    return Err(bad("k", &k, format!("above 0, at most {most} features")));
                }
            }
        }
        if let Gate::BatchTopK { scope: Scope::Layer { tilt }, .. } = gate
            && !(tilt.is_finite() && tilt > 0.0)
        {
            return Err(bad("k-tilt", &tilt, "a number above 0"));
        }
        if let Gate::BatchTopK { scope: Scope::All { floor }, .. } = gate
            && !(0.0..=1.0).contains(&floor)
        {
            return Err(bad("k-floor", &floor, "a share of k, 0 to 1"));
        }
        if chooses && pre_activation.is_some() {
            return Err(bad("pre-loss", &"set", "none, as this activation has no threshold"));
        }
        if chooses && self.target_l0.is_some() {
            return Err(bad("target-l0", &"set", "none, as k is the L0 of this activation"));
        }
        if matches!(gate, Gate::TopK { .. }) {
            if sparsity.is_some() {
                return Err(bad("sparsity", &"set", "none, as topk lets negative ones through"));
            }
            if self.dictionary.lengths == Lengths::Unit {
                return Err(bad("unit-decoders", &"set", "not with topk, whose choice it changes"));
            }
        }
        if self.target_l0.is_some() && sparsity.is_none_or(|s| s.coefficient.to <= 0.0) {
            return Err(bad("target-l0", &"set", "a sparsity coefficient above 0 to begin with"));
        }
        let l0_most = self.dictionary.n_features as f64;
        match self.target_l0 {
            Some(target) if target.l0.is_nan() || target.l0 <= 0.0 => {
                Err(bad("target-l0", &target.l0, format!("above 0, far below {l0_most} a layer")))
            }
            _ => Ok(()),
        }
    }

    /// The options that the course of a run depends on, under the names of the command's flags.
    #[must_use]
    pub fn course(&self) -> Value {
        let Recipe { objective, optimiser, dead_after } = &self.recipe;
        let mut course = json!({
            "features": self.dictionary.n_features,
            "window": self.dictionary.window,
            "skip": self.dictionary.skip == Presence::Present,
            "read": self.dictionary.sites.reads.hook(),
            "write": self.dictionary.sites.writes.hook(),
            "dead-after": dead_after,
            "seed": self.seed,
        });
        let parts = [
            gate_json(objective.gate),
            penalties_json(objective, self.target_l0),
            optimiser_json(optimiser),
            data_json(&self.data),
        ];
        let all = course.as_object_mut().expect("it was just made as one");
        for part in parts {
            all.extend(part.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
        }
        course
    }
}

fn bad(
    key: &'static str,
    found: &dyn std::fmt::Display,
    expected: impl Into<String>,
) -> TrainError {
    TrainError::Option { key, found: found.to_string(), expected: expected.into() }
}

fn gate_json(gate: Gate) -> Value {
    match gate {
        Gate::Relu => json!({ "activation": "relu" }),
        Gate::JumpRelu(jump) => json!({
            "activation": "jumprelu",
            "bandwidth": jump.bandwidth,
            "ste-to-preact": match jump.ste_to_preact {
                SteToPreact::Off => "off",
                SteToPreact::Rect => "rect",
            },
            "threshold": jump.initial,
            "threshold-rate": jump.rate_factor,
        }),
        Gate::TopK { k } => json!({ "activation": "topk", "k": ramp_json(k) }),
        Gate::BatchTopK { k, scope } => json!({
            "activation": "batch-topk",
            "k": ramp_json(k),
            "k-scope": match scope { Scope::Layer { .. } => "layer", Scope::All { .. } => "all" },
            "k-tilt": if let Scope::Layer { tilt } = scope { Some(tilt) } else { None },
            "k-floor": if let Scope::All { floor } = scope { Some(floor) } else { None },
        }),
    }
}

fn penalties_json(objective: &Objective, target: Option<TargetL0>) -> Value {
    let Objective { sparsity, pre_activation, aux, .. } = objective;
    json!({
        "decoder-norm": match objective.norm {
            DecoderNorm::Concatenated => "concatenated",
            DecoderNorm::Summed => "summed",
        },
        "sparsity": sparsity.map(|sparsity| ramp_json(sparsity.coefficient)),
        "tanh-scale": sparsity.map(|sparsity| sparsity.stretch),
        "frequency-scale": sparsity.and_then(|sparsity| sparsity.frequency_scale),
        "target-l0": target.map(|target| target.l0),
        "l0-gain": target.map(|target| target.gain),
        "l0-start": target.map(|target| target.start),
        "pre-loss": pre_activation.map(|pre| pre.coefficient),
        "pre-loss-on": pre_activation.map(|pre| match pre.on {
            PulledUp::All => "all",
            PulledUp::Dead => "dead",
        }),
        "aux": aux.map(|aux| aux.coefficient),
        "aux-k": aux.map(|aux| aux.k),
    })
}

fn optimiser_json(optimiser: &Optimiser) -> Value {
    let Optimiser { adam, rate, n_steps, max_norm, frozen } = optimiser;
    json!({
        "steps": n_steps,
        "lr": rate.peak,
        "warm-up": rate.warm_up,
        "decay": match rate.decay {
            Decay::Constant => "constant",
            Decay::Linear => "linear",
            Decay::Cosine => "cosine",
        },
        "decay-steps": rate.decay_steps,
        "lr-floor": rate.floor,
        "beta1": adam.beta1,
        "beta2": adam.beta2,
        "epsilon": adam.epsilon,
        "weight-decay": adam.weight_decay,
        "clip": max_norm,
        "freeze-encoder": *frozen == Frozen::Encoder,
    })
}

fn data_json(data: &Data) -> Value {
    json!({
        "batch": data.batch_tokens,
        "buffer": data.buffer_tokens,
        "sample": data.sample_tokens,
        "seq": data.context,
        "held-out": data.held_out,
        "outliers": data.outlier_factor,
        "cache-tokens": data.cache.as_ref().map(|cache| cache.tokens),
        "cache-dtype": data.cache.as_ref().map(|cache| match cache.dtype {
            Dtype::F32 => "f32",
            Dtype::Bf16 | Dtype::F16 => "bf16",
        }),
    })
}

fn ramp_json(ramp: Ramp) -> Value {
    json!({
        "from": ramp.from,
        "to": ramp.to,
        "start": ramp.start,
        "steps": ramp.steps,
        "shape": match ramp.shape {
            Course::Linear => "linear",
            Course::Cosine => "cosine",
            Course::Exponential => "exponential",
        },
    })
}
