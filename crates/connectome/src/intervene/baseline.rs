//! [`Baseline`]: the unchanged run of a prompt.

use connectome_graph::FeatureId;

use crate::error::RunError;
use crate::ops::Mat;
use crate::replacement::{LocalReplacement, PromptTokens, ReplacementModel, Stream};

/// One prompt, run once through the original model, with everything that a changed run starts
/// from.
#[derive(Debug)]
pub struct Baseline<'m> {
    local: LocalReplacement<'m>,
    stream: Stream,
    logits_tv: Mat,
}

impl<'m> Baseline<'m> {
    /// Runs the model over a prompt.
    ///
    /// # Errors
    ///
    /// As [`ReplacementModel::on`].
    pub fn new(replacement: &'m ReplacementModel, prompt: &PromptTokens) -> Result<Self, RunError> {
        let (local, stream) = replacement.on_with_stream(prompt)?;
        let logits_tv = replacement.model().logits(local.final_norm_output())?;
        Ok(Self { local, stream, logits_tv })
    }

    /// The local replacement model of the same pass.
    #[must_use]
    pub fn local(&self) -> &LocalReplacement<'m> {
        &self.local
    }

    /// What the pass computed.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The model and the dictionary.
    #[must_use]
    pub fn replacement(&self) -> &'m ReplacementModel {
        self.local.replacement()
    }

    /// The prompt.
    #[must_use]
    pub fn prompt(&self) -> &PromptTokens {
        self.local.prompt()
    }

    /// Positions of the prompt.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.local.n_tokens()
    }

    /// Blocks of the model.
    #[must_use]
    pub fn n_layers(&self) -> usize {
        self.replacement().model().config().n_layers
    }

    /// Logits of every position, `[T, V]`, softcapped if the model does that.
    #[must_use]
    pub fn logits(&self) -> &Mat {
        &self.logits_tv
    }

    /// What a feature is at a position: zero where it does not fire.
    #[must_use]
    pub fn activation(&self, feature: FeatureId, pos: usize) -> f32 {
        let pos = u32::try_from(pos).expect("positions are tokens");
        let found = self.local.features().find(feature, pos);
        found.map_or(0.0, |place| self.local.features().list()[place].activation)
    }

    /// Checks that a position is one of the prompt's.
    pub(super) fn check_pos(&self, pos: usize) -> Result<(), RunError> {
        let n_tokens = self.n_tokens();
        if pos < n_tokens {
            return Ok(());
        }
        Err(RunError::Position { found: pos as i64, n_tokens })
    }

    /// Checks that the dictionary has a feature.
    pub(super) fn check_feature(&self, feature: FeatureId) -> Result<(), RunError> {
        let (n_layers, n_features) =
            (self.n_layers(), self.replacement().transcoder().card().n_features);
        let FeatureId { layer, index } = feature;
        if layer as usize >= n_layers {
            return Err(RunError::Layer { found: layer, n_layers });
        }
        if index as usize >= n_features {
            return Err(RunError::FeatureIndex { layer, index, n_features });
        }
        Ok(())
    }
}
