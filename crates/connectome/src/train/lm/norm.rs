//! Norms of a batch and their backward pass, on whole rows or on one head's columns.
//!
//! ```text
//! x̂ = (x − mean) / σ      y = gain · x̂ + bias
//! dx = (g − mean(g) − x̂ · mean(g · x̂)) / σ      with g = dy · gain
//! ```
//!
//! A root-mean-square norm has no means: neither of `x` nor of `g`.

use super::layout::NormSlots;
use crate::lm::config::Norm;
use crate::ops::simd::{sum_of, sum_of_two, vectorized};

/// Which columns of a row-major array a norm reads: `offset..offset + width` of every row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cols {
    pub(super) stride: usize,
    pub(super) offset: usize,
    pub(super) width: usize,
}

impl Cols {
    /// Whole rows.
    pub(super) fn all(width: usize) -> Self {
        Self { stride: width, offset: 0, width }
    }
}

/// Mean and 1/σ of one row: all that the backward pass needs besides the input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    mean: f32,
    scale: f32,
}

/// One norm of the model.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormOf<'a> {
    pub(super) kind: Norm,
    pub(super) slots: NormSlots,
    pub(super) params: &'a [f32],
}

impl NormOf<'_> {
    /// The gain is stored as its distance from 1.
    fn offset(self) -> f32 {
        match self.kind {
            Norm::Rms { unit_offset: true, .. } => 1.0,
            Norm::Rms { .. } | Norm::Layer { .. } => 0.0,
        }
    }

    /// Numbers of a row.
    pub(super) fn width(self) -> usize {
        self.slots.gain.of(self.params).len()
    }

    fn centres(self) -> bool {
        matches!(self.kind, Norm::Layer { .. })
    }

    /// `y` and the moments of every row from `x`.
    pub(super) fn forward(
        self,
        cols: Cols,
        x_b: &[f32],
        y_b: &mut [f32],
        moments_b: &mut [Moments],
    ) {
        let (Norm::Layer { eps } | Norm::Rms { eps, .. }) = self.kind;
        let (offset, centres) = (self.offset(), self.centres());
        let gain = self.slots.gain.of(self.params);
        let bias = self.slots.bias.map(|bias| bias.of(self.params));
        let range = cols.offset..cols.offset + cols.width;
        let n = cols.width as f32;
        vectorized(
            #[inline(always)]
            || {
                let rows = x_b.chunks_exact(cols.stride).zip(y_b.chunks_exact_mut(cols.stride));
                for ((x, y), moments) in rows.zip(moments_b) {
                    let (x, y) = (&x[range.clone()], &mut y[range.clone()]);
                    // NUMERICS: f32 in sixteen running sums; a row is a few hundred numbers, so
                    // that each sum has a few dozen terms.
                    let mean = if centres { sum_of(x, |x| x) / n } else { 0.0 };
                    let square = sum_of(x, |x| (x - mean) * (x - mean)) / n;
                    let scale = 1.0 / (square + eps).sqrt();
                    *moments = Moments { mean, scale };
                    for ((y, x), gain) in y.iter_mut().zip(x).zip(gain) {
                        *y = (x - mean) * scale * (offset + gain);
                    }
                    if let Some(bias) = bias {
                        y.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
                    }
                }
            },
        );
    }

    /// Turns `dy` into `dx` where it stands, and adds to the gradients of gain and bias.
    pub(super) fn backward(
        self,
        cols: Cols,
        x_b: &[f32],
        moments_b: &[Moments],
        d_b: &mut [f32],
        grads: &mut [f32],
    ) {
        let (offset, centres) = (self.offset(), self.centres());
        let gain = self.slots.gain.of(self.params);
        let range = cols.offset..cols.offset + cols.width;
        if let Some(bias) = self.slots.bias {
            let bias = bias.of_mut(grads);
            vectorized(
                #[inline(always)]
                || {
                    for d in d_b.chunks_exact(cols.stride) {
                        bias.iter_mut().zip(&d[range.clone()]).for_each(|(sum, d)| *sum += d);
                    }
                },
            );
        }
        let gain_grad = self.slots.gain.of_mut(grads);
        let n = cols.width as f32;
        vectorized(
            #[inline(always)]
            || {
                let rows = x_b.chunks_exact(cols.stride).zip(d_b.chunks_exact_mut(cols.stride));
                for ((x, d), &Moments { mean, scale }) in rows.zip(moments_b) {
                    let (x, d) = (&x[range.clone()], &mut d[range.clone()]);
                    let sums = gain_grad.iter_mut().zip(gain);
                    for (((grad, gain), x), d) in sums.zip(x).zip(d.iter_mut()) {
                        *grad += *d * (x - mean) * scale;
                        *d *= offset + gain;
                    }
                    let along = sum_of_two(d, x, |d, x| d * (x - mean)) * scale / n;
                    let centre = if centres { sum_of(d, |d| d) / n } else { 0.0 };
                    for (d, x) in d.iter_mut().zip(x) {
                        *d = (*d - centre - (x - mean) * scale * along) * scale;
                    }
                }
            },
        );
    }
}
