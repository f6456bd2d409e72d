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
    /// [`RunError::Alignment`] for prompts of different lengths that are to be matched from the
    /// start, [`RunError::NoCounterpart`] for a position that has none.
    fn there(&self, pos: usize, here_len: usize, there_len: usize) -> Result<usize, RunError> {
        let there = match self {
            Self::Same if here_len == there_len => Some(pos),
            Self::Same => {
                return Err(RunError::Alignment { found: there_len, expected: here_len });
            }
            Self::FromEnd => (pos + there_len).checked_sub(here_len),
            Self::Pairs(pairs) => {
                pairs.iter().find(|(here, _)| *here == pos).map(|(_, there)| *there)
            }
        };
        let there = there.filter(|there| *there < there_len);
        there.ok_or(RunError::NoCounterpart { pos, n_tokens: there_len })
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
    /// [`RunError::EmptySet`] without nodes; [`RunError::Alignment`], [`RunError::Position`],
    /// [`RunError::NoCounterpart`].
    pub fn features(
        &self,
        nodes: &[(FeatureId, usize)],
        factor: f32,
    ) -> Result<Vec<Edit>, RunError> {
        if nodes.is_empty() {
            return Err(RunError::EmptySet { what: "the set of features to swap" });
        }
        let edit = |&(feature, pos): &(FeatureId, usize)| {
            self.here.check_feature(feature)?;
            let value = factor * self.there.activation(feature, self.counterpart(pos)?);
            Ok(Edit { feature, positions: Positions::At(pos), change: Change::Set(value) })
        };
        nodes.iter().map(edit).collect()
    }

    /// Replaces the stream before a block at a position here by that of the other prompt.
    ///
    /// # Errors
    ///
    /// [`RunError::Alignment`], [`RunError::Position`], [`RunError::NoCounterpart`],
    /// [`RunError::Layer`].
    pub fn residual(&self, before_layer: usize, pos: usize) -> Result<ResidualPatch, RunError> {
        let n_layers = self.there.n_layers();
        if before_layer > n_layers {
            let found = u32::try_from(before_layer).unwrap_or(u32::MAX);
            return Err(RunError::Layer { found, n_layers });
        }
        let there = self.counterpart(pos)?;
        let resid_d = self.there.stream().resid(before_layer).row(there).to_vec();
        Ok(ResidualPatch { before_layer, pos, resid_d })
    }

    /// The position of the other prompt that stands for one here.
    ///
    /// # Errors
    ///
    /// [`RunError::Position`], [`RunError::Alignment`], [`RunError::NoCounterpart`].
    pub fn counterpart(&self, pos: usize) -> Result<usize, RunError> {
        self.here.check_pos(pos)?;
        self.alignment.there(pos, self.here.n_tokens(), self.there.n_tokens())
    }
}
