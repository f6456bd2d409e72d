//! The replacement model: a language model and the dictionary that stands in for its MLPs.
//!
//! [`ReplacementModel`] checks once that the two fit. On a prompt it makes a
//! [`LocalReplacement`]: attention patterns, norm denominators and errors held at the values
//! that the original model computed, so that what is left is a linear map
//! ([`frozen::FrozenMap`]).
//!
//! # Invariants
//!
//! - The local replacement model reproduces the original model's activations and logits on its
//!   prompt exactly: errors are defined as what is missing.
//! - Nothing here knows what a graph is; [`crate::attribution`] turns rows into edges.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", local replacement model.

pub mod device_map;
mod direct;
pub mod frozen;
pub mod local;
pub mod pattern;
pub mod ragged;
mod recorder;
pub(crate) mod sites;
mod stream;

pub use frozen::FrozenMap;
pub use local::{LocalReplacement, PromptTokens};
pub use ragged::Ragged;
pub use stream::Stream;

use crate::error::{LoadError, RunError};
use crate::lm::Model;
use crate::lm::config::Residual;
use crate::transcoder::{NeuronLayer, Transcoder};

/// A model and its dictionary, proven to fit.
#[derive(Debug)]
pub struct ReplacementModel {
    model: Model,
    transcoder: Transcoder,
}

impl ReplacementModel {
    /// Checks the dictionary against the model: widths, layers, sites.
    ///
    /// # Errors
    ///
    /// [`LoadError::Mismatch`] names the property, both values and the dictionary.
    pub fn new(model: Model, transcoder: Transcoder) -> Result<Self, LoadError> {
        let config = model.config();
        let has_resid_mid = config.residual != Residual::Parallel;
        transcoder.check_fits(config.n_layers, config.d_model, model.name(), has_resid_mid)?;
        Ok(Self { model, transcoder })
    }

    /// The model with its own MLP neurons as the dictionary: of each position all that are not
    /// zero, or the `strongest` that write most. See [`NeuronLayer`].
    #[must_use]
    pub fn of_neurons(model: Model, strongest: Option<usize>) -> Self {
        let layers = (0..model.config().n_layers).map(|layer| {
            let mlp = &model.block(layer).mlp;
            NeuronLayer {
                gate: mlp.gate.clone(),
                up: mlp.up.clone(),
                down: mlp.down.clone(),
                act: mlp.function(),
            }
        });
        let transcoder = Transcoder::of_neurons(layers.collect(), strongest, model.fingerprint());
        Self { model, transcoder }
    }

    /// The language model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The dictionary.
    #[must_use]
    pub fn transcoder(&self) -> &Transcoder {
        &self.transcoder
    }

    /// Runs the model once over a prompt and freezes what the local replacement model holds
    /// still.
    ///
    /// # Errors
    ///
    /// As [`Model::forward`]; [`LoadError::NotFinite`] if the dictionary holds NaN.
    pub fn on(&self, prompt: &PromptTokens) -> Result<LocalReplacement<'_>, RunError> {
        LocalReplacement::new(self, prompt)
    }

    /// As [`ReplacementModel::on`], and keeps the stream of that pass, for interventions.
    ///
    /// # Errors
    ///
    /// As [`ReplacementModel::on`].
    pub fn on_with_stream(
        &self,
        prompt: &PromptTokens,
    ) -> Result<(LocalReplacement<'_>, Stream), RunError> {
        LocalReplacement::record(self, prompt, local::Keep::Stream)
    }
}
