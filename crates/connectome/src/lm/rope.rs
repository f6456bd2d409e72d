//! Rotary positions: angles in f64, rotation of half-split pairs.
//!
//! Source: Su et al. 2021, arXiv:2104.09864; the Llama 3.1 ramp as in transformers'
//! `_compute_llama3_parameters`.

use std::ops::Range;

use super::config::{Rope, RopeScaling};
use crate::ops::Mat;

/// Cosines and sines of a span of positions, `[T, n_rotary / 2]` each.
#[derive(Clone, Debug)]
pub struct Rotation {
    cos: Mat,
    sin: Mat,
}

fn frequencies(rope: Rope, n_rotary: usize) -> Vec<f64> {
    let scaled = |frequency: f64| match rope.scaling {
        RopeScaling::Unscaled => frequency,
        RopeScaling::Linear { factor } => frequency / factor,
        RopeScaling::Llama3 { factor, low, high, original_context } => {
            let wavelength = 2.0 * std::f64::consts::PI / frequency;
            if wavelength < original_context / high {
                frequency
            } else if wavelength > original_context / low {
                frequency / factor
            } else {
                let smooth = (original_context / wavelength - low) / (high - low);
                (1.0 - smooth) * frequency / factor + smooth * frequency
            }
        }
    };
    let exponent = |pair: usize| (2 * pair) as f64 / n_rotary as f64;
    (0..n_rotary / 2).map(|pair| scaled(rope.theta.powf(-exponent(pair)))).collect()
}

impl Rotation {
    /// The rotations of a span of positions.
    #[must_use]
    pub fn new(rope: Rope, n_rotary: usize, span: Range<usize>) -> Self {
        let frequencies = frequencies(rope, n_rotary);
        let mut cos = Mat::zeros(span.len(), frequencies.len());
        let mut sin = Mat::zeros(span.len(), frequencies.len());
        for (row, pos) in span.enumerate() {
            for (pair, frequency) in frequencies.iter().enumerate() {
                // NUMERICS: the angle in f64; in f32 position 100,000 is off by a percent.
                let angle = pos as f64 * frequency;
                cos.row_mut(row)[pair] = angle.cos() as f32;
                sin.row_mut(row)[pair] = angle.sin() as f32;
            }
        }
        Self { cos, sin }
    }

    /// Rotates the heads in `x [R, heads · d_head]` in place; pairs are `(i, i + n_rotary / 2)`.
    /// Rows go through the span again and again, run by run.
    pub fn apply(&self, x: &mut Mat, d_head: usize) {
        let (half, n_span) = (self.cos.n_cols(), self.cos.n_rows());
        for row in 0..x.n_rows() {
            let (cos, sin) = (self.cos.row(row % n_span), self.sin.row(row % n_span));
            for head in x.row_mut(row).chunks_exact_mut(d_head) {
                for pair in 0..half {
                    let (a, b) = (head[pair], head[pair + half]);
                    head[pair] = a * cos[pair] - b * sin[pair];
                    head[pair + half] = b * cos[pair] + a * sin[pair];
                }
            }
        }
    }
}
