//! Which sources stand where: the columns of an attribution row.
//!
//! A sweep scores one position at a time, so features are listed by position and, within one,
//! by layer: whatever writes at a layer is then a contiguous run of columns.

use std::ops::Range;

use crate::replacement::LocalReplacement;
use crate::transcoder::Kind;

/// The active features of a prompt by position.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// `[T]` active features at each position, ascending by `(layer, index)`.
    features_at: Vec<Vec<u32>>,
    /// `[T][L + 1]` how many of them stand below each layer.
    below: Vec<Vec<usize>>,
    kind: Kind,
}

impl Sources {
    pub(super) fn new(local: &LocalReplacement<'_>) -> Self {
        let n_layers = local.map().n_layers();
        let mut features_at = vec![Vec::new(); local.n_tokens()];
        // The list ascends by layer first, so each position's part does, too.
        for (place, feature) in local.features().list().iter().enumerate() {
            features_at[feature.pos as usize].push(place as u32);
        }
        let list = local.features().list();
        let below = features_at
            .iter()
            .map(|features: &Vec<u32>| {
                (0..=n_layers as u32)
                    .map(|layer| features.partition_point(|&f| list[f as usize].id.layer < layer))
                    .collect()
            })
            .collect();
        Self { features_at, below, kind: local.replacement().transcoder().card().kind }
    }

    /// The features at a position, in column order.
    pub(super) fn at(&self, pos: usize) -> &[u32] {
        &self.features_at[pos]
    }

    /// The columns of a position's features that write at a layer.
    pub(super) fn writing_at(&self, pos: usize, layer: usize) -> Range<usize> {
        let below = &self.below[pos];
        match self.kind {
            Kind::CrossLayer => 0..below[layer + 1],
            Kind::PerLayer => below[layer]..below[layer + 1],
        }
    }
}
