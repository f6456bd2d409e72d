//! Values taken from another prompt: of features, or of the residual stream.

use connectome_graph::FeatureId;

use super::baseline::Baseline;
use super::edit::{Change, Edit, Positions, ResidualPatch};
use crate::error::RunError;

/// Which position of another prompt stands for one of this prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// The same one: the prompts must have the same length.
    Same,
    /// The one as far from the end.
    FromEnd,
    /// These pairs: here, there.
    Pairs(Vec<(usize, usize)>),
}

impl Alignment {
    /// The position there of a position here.
    ///
    /// # Errors
    ///
    /// [`RunError::Alignment`] for prompts of different lengths without pairs or of which one
    /// is too short, [`RunError::Position`] for a position without a partner.
    fn there(&self, pos: usize, here_len: usize, there_len: usize) -> Result<usize, RunError> {
        let unaligned = RunError::Alignment { found: there_len, expected: here_len };
        match self {
            Self::Same if here_len == there_len => Ok(pos),
            Self::Same => Err(unaligned),
            Self::FromEnd => (pos + there_len).checked_sub(here_len).ok_or(unaligned),
            Self::Pairs(pairs) => {
                let partner = pairs.iter().find(|(here, _)| *here == pos);
                let missing = RunError::Position { found: pos as i64, n_tokens: here_len };
                partner.map(|(_, there)| *there).ok_or(missing)
            }
        }
    }
}

/// Takes values from another prompt.
#[derive(Clone, Copy, Debug)]
pub struct Swap<'a> {
    /// The prompt that is changed.
    pub here: &'a Baseline<'a>,
    /// The prompt that values come from.
    pub there: &'a Baseline<'a>,
    /// How their positions belong together.
    pub alignment: &'a Alignment,
}

impl Swap<'_> {
    /// Sets features at positions here to `factor` times what they are there: those that do not
    /// fire there are turned off.
    ///
    /// # Errors
    ///
    /// [`RunError::EmptySet`] without nodes; [`RunError::Alignment`], [`RunError::Position`].
    pub fn features(
        &self,
        nodes: &[(FeatureId, usize)],
        factor: f32,
    ) -> Result<Vec<Edit>, RunError> {
        if nodes.is_empty() {
            return Err(RunError::EmptySet { what: "the set of features to swap" });
        }
        let edit = |&(feature, pos): &(FeatureId, usize)| {
            self.here.check_pos(pos)?;
            let there = self.there(pos)?;
            let value = factor * self.there.activation(feature, there);
            Ok(Edit { feature, positions: Positions::At(pos), change: Change::Set(value) })
        };
        nodes.iter().map(edit).collect()
    }

    /// Replaces the stream before a block at a position here by that of the other prompt.
    ///
    /// # Errors
    ///
    /// [`RunError::Alignment`], [`RunError::Position`], [`RunError::Layer`].
    pub fn residual(&self, before_layer: usize, pos: usize) -> Result<ResidualPatch, RunError> {
        self.here.check_pos(pos)?;
        let n_layers = self.there.n_layers();
        if before_layer > n_layers {
            let found = u32::try_from(before_layer).unwrap_or(u32::MAX);
            return Err(RunError::Layer { found, n_layers });
        }
        let there = self.there(pos)?;
        let resid_d = self.there.stream().resid(before_layer).row(there).to_vec();
        Ok(ResidualPatch { before_layer, pos, resid_d })
    }

    fn there(&self, pos: usize) -> Result<usize, RunError> {
        let there = self.alignment.there(pos, self.here.n_tokens(), self.there.n_tokens())?;
        self.there.check_pos(there)?;
        Ok(there)
    }
}
