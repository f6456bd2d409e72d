//! Normalization, as the model runs it and as the local replacement model freezes it.
//!
//! Both kinds are a diagonal map once their denominator is held still: `n(x) = gain · s · x`
//! with one number `s` per position; a layer norm also subtracts the mean first, which is
//! linear and stays.

use super::config::Norm;
use crate::ops::Mat;
use crate::ops::dense::add_to;

/// A norm with its weights.
#[derive(Clone, Debug)]
pub struct NormLayer {
    kind: Norm,
    /// `1 + w` already added where the family means that.
    gain_d: Vec<f32>,
    bias_d: Option<Vec<f32>>,
}

impl NormLayer {
    /// A norm from its stored gain and bias, both of width `D`.
    #[must_use]
    pub fn new(kind: Norm, mut gain_d: Vec<f32>, bias_d: Option<Vec<f32>>) -> Self {
        if let Norm::Rms { unit_offset: true, .. } = kind {
            gain_d.iter_mut().for_each(|gain| *gain += 1.0);
        }
        Self { kind, gain_d, bias_d }
    }

    /// The constant term, if the norm has one.
    #[must_use]
    pub fn bias(&self) -> Option<&[f32]> {
        self.bias_d.as_deref()
    }

    fn centres(&self) -> bool {
        matches!(self.kind, Norm::Layer { .. })
    }

    /// `1 / sqrt(mean square + eps)` of each (centred) row: `[T, D]` to `[T, 1]`.
    #[must_use]
    pub fn scales(&self, x_td: &Mat) -> Mat {
        let (Norm::Layer { eps } | Norm::Rms { eps, .. }) = self.kind;
        let width = x_td.n_cols() as f64;
        let scale = |row: &[f32]| {
            // NUMERICS: sums in f64; the mean of a wide row in f32 loses three digits.
            let mean = if self.centres() { mean(row) } else { 0.0 };
            let square = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / width;
            (1.0 / (square + f64::from(eps)).sqrt()) as f32
        };
        Mat::from_vec(x_td.rows().map(scale).collect(), x_td.n_rows(), 1)
    }

    /// Divides (and centres) without gain: `[T, D]`, scales `[T, 1]`.
    #[must_use]
    pub fn normalized(&self, x_td: &Mat, scale_t: &Mat) -> Mat {
        let mut out = x_td.clone();
        for (row, &scale) in out.data_mut().chunks_exact_mut(x_td.n_cols()).zip(scale_t.data()) {
            if self.centres() {
                centre(row);
            }
            row.iter_mut().for_each(|x| *x *= scale);
        }
        out
    }

    /// Gain and bias on normalized rows.
    pub fn gain_and_bias(&self, x_td: &mut Mat) {
        for row in x_td.data_mut().chunks_exact_mut(self.gain_d.len()) {
            self.times_gain(row);
            if let Some(bias) = &self.bias_d {
                add_to(row, bias);
            }
        }
    }

    /// `row *= gain`.
    pub fn times_gain(&self, row: &mut [f32]) {
        row.iter_mut().zip(&self.gain_d).for_each(|(x, gain)| *x *= gain);
    }

    /// The frozen map on one row, without bias: `row ← gain · scale · centre(row)`.
    pub fn push_row(&self, row: &mut [f32], scale: f32) {
        if self.centres() {
            centre(row);
        }
        row.iter_mut().zip(&self.gain_d).for_each(|(x, gain)| *x *= gain * scale);
    }

    /// [`NormLayer::push_row`] of every position: `x_td [T, D]` in place, one scale each.
    pub fn push(&self, x_td: &mut Mat, scale_t: &[f32]) {
        for (row, &scale) in x_td.data_mut().chunks_exact_mut(self.gain_d.len()).zip(scale_t) {
            self.push_row(row, scale);
        }
    }

    /// The transpose of [`NormLayer::push_row`].
    pub fn pull_row(&self, row: &mut [f32], scale: f32) {
        row.iter_mut().zip(&self.gain_d).for_each(|(x, gain)| *x *= gain * scale);
        if self.centres() {
            centre(row);
        }
    }

    /// The transpose of [`NormLayer::normalized`] on one row: the frozen map without gain.
    pub fn pull_row_without_gain(&self, row: &mut [f32], scale: f32) {
        row.iter_mut().for_each(|x| *x *= scale);
        if self.centres() {
            centre(row);
        }
    }

    /// [`NormLayer::normalized`] on one row, in place.
    pub fn push_row_without_gain(&self, row: &mut [f32], scale: f32) {
        // Diagonal with one number: the map is its own transpose.
        self.pull_row_without_gain(row, scale);
    }
}

fn mean(row: &[f32]) -> f64 {
    row.iter().map(|x| f64::from(*x)).sum::<f64>() / row.len() as f64
}

fn centre(row: &mut [f32]) {
    let mean = mean(row) as f32;
    row.iter_mut().for_each(|x| *x -= mean);
}
