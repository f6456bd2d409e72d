//! Decoder norms: what penalties weigh activations by.

use rayon::prelude::*;

use super::kernels::dot;
use super::objective::DecoderNorm;
use super::params::LayerTables;
use crate::ops::simd::vectorized;

/// The decoder norms of a layer's features.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LayerNorms {
    kind: DecoderNorm,
    n_outputs: usize,
    /// Squared norm of every row, `[F × outputs]`.
    square_fo: Vec<f64>,
}

impl LayerNorms {
    /// From the decoder's rows.
    pub(super) fn new(tables: &LayerTables, kind: DecoderNorm) -> Self {
        let (n_features, n_outputs) = (tables.w_enc_fd.n_rows(), tables.w_dec_fd.len());
        let mut norms = Self { kind, n_outputs, square_fo: vec![0.0; n_features * n_outputs] };
        norms.square_fo.par_chunks_mut(n_outputs).enumerate().for_each(|(feature, squares)| {
            for (square, w_dec_fd) in squares.iter_mut().zip(&tables.w_dec_fd) {
                *square = square_of(w_dec_fd.row(feature));
            }
        });
        norms
    }

    /// The squared norms to be renewed when rows change: those of a feature lie together.
    pub(super) fn squares_mut(&mut self) -> (&mut [f64], usize) {
        (&mut self.square_fo, self.n_outputs)
    }

    /// A feature's norm.
    #[inline(always)]
    pub(super) fn of(&self, feature: usize) -> f32 {
        let squares = &self.square_fo[feature * self.n_outputs..(feature + 1) * self.n_outputs];
        let norm = match self.kind {
            DecoderNorm::Concatenated => squares.iter().sum::<f64>().sqrt(),
            DecoderNorm::Summed => squares.iter().map(|square| square.sqrt()).sum(),
        };
        norm as f32
    }

    /// The squared norm of one row.
    #[inline(always)]
    pub(super) fn square(&self, feature: usize, output: usize) -> f64 {
        self.square_fo[feature * self.n_outputs + output]
    }

    /// `c` of `∂n/∂row = c · row`; 0 where a norm is 0 and has no gradient.
    #[inline(always)]
    pub(super) fn by_row(&self, feature: usize, output: usize) -> f64 {
        let norm = match self.kind {
            DecoderNorm::Concatenated => f64::from(self.of(feature)),
            DecoderNorm::Summed => self.square(feature, output).sqrt(),
        };
        if norm > 0.0 { 1.0 / norm } else { 0.0 }
    }
}

/// The squared norm of a row.
pub(super) fn square_of(row: &[f32]) -> f64 {
    vectorized(
        #[inline(always)]
        || f64::from(dot(row, row)),
    )
}
