//! The ladder: what answers to a change in the model, one thing more at each rung.

use std::ops::Range;

use crate::intervene::{AttentionPatterns, Edit, Intervention, Mode, NormScales};

/// What answers when a set of features is changed in the model.
///
/// A graph predicts with everything held but the features themselves, which answer in
/// proportion. Each rung of the ladder lets one thing more answer than the one before, so the
/// step at which a measurement leaves its prediction says why it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// The dictionary's features, each with its gate: they switch on and off. It stands for the
    /// MLPs; attention patterns and norm denominators are held.
    Gates,
    /// The model's own MLPs; attention patterns and norm denominators are held, as in the graph.
    #[default]
    Mlps,
    /// Norm denominators too.
    Norms,
    /// Attention patterns too: the model as it is.
    Attention,
    /// Beside the ladder, the papers' protocol: MLP outputs are held from the first changed
    /// layer up to the last layer but one, and norm denominators answer. What moves a feature
    /// then is the direct edge alone; of logits it says nothing of its own.
    Constrained,
}

impl Rung {
    /// The ladder from the bottom up.
    pub const LADDER: [Self; 4] = [Self::Gates, Self::Mlps, Self::Norms, Self::Attention];

    /// All of them: the ladder, and what stands beside it.
    pub const ALL: [Self; 5] =
        [Self::Gates, Self::Mlps, Self::Norms, Self::Attention, Self::Constrained];

    /// Its place in [`Rung::ALL`].
    #[must_use]
    pub fn place(self) -> usize {
        self as usize
    }

    /// One word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gates => "gates",
            Self::Mlps => "mlps",
            Self::Norms => "norms",
            Self::Attention => "attention",
            Self::Constrained => "constrained",
        }
    }

    /// Whether what is measured here answers to the sum over all paths; else to the direct edge.
    #[must_use]
    pub fn sees_paths(self) -> bool {
        self != Self::Constrained
    }

    /// The run of edits whose first layer is `layers.start`, in a model of `layers.end` layers.
    pub(super) fn intervention(self, edits: Vec<Edit>, layers: Range<usize>) -> Intervention {
        let open = |attention| Mode::Open { attention };
        let (mode, norms) = match self {
            Self::Gates => (Mode::Iterative { layers }, NormScales::Frozen),
            Self::Mlps => (open(AttentionPatterns::Frozen), NormScales::Frozen),
            Self::Norms => (open(AttentionPatterns::Frozen), NormScales::Free),
            Self::Attention => (open(AttentionPatterns::Free), NormScales::Free),
            Self::Constrained => {
                // The first layer is held in any case, or its own change would not be written.
                let end = (layers.end - 1).max(layers.start + 1);
                (Mode::Constrained { layers: layers.start..end }, NormScales::Free)
            }
        };
        Intervention { norms, ..Intervention::of_features(edits, mode) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_list() {
        for (place, rung) in Rung::ALL.into_iter().enumerate() {
            assert_eq!(rung.place(), place);
        }
        assert_eq!(Rung::ALL[..4], Rung::LADDER);
    }
}
