//! Rotary positions: angles in f64, rotation of half-split pairs.
//!
//! Source: Su et al. 2021, arXiv:2104.09864; the Llama 3.1 ramp as in transformers'
//! `_compute_llama3_parameters`.

use std::ops::Range;

use super::config::{Position, Rope, RopeScaling};
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
        let n_span = self.cos.n_rows();
        for row in 0..x.n_rows() {
            for head in x.row_mut(row).chunks_exact_mut(d_head) {
                self.apply_at(row % n_span, head);
            }
        }
    }

    /// Rotates one head at a position of the span, counted from its start.
    #[inline(always)]
    pub fn apply_at(&self, pos: usize, head: &mut [f32]) {
        self.turn(pos, 1.0, head);
    }

    /// The transpose of [`Rotation::apply_at`], which turns back.
    #[inline(always)]
    pub fn pull_back_at(&self, pos: usize, head: &mut [f32]) {
        self.turn(pos, -1.0, head);
    }

    #[inline(always)]
    fn turn(&self, pos: usize, direction: f32, head: &mut [f32]) {
        let (cos, sin) = (self.cos.row(pos), self.sin.row(pos));
        let (first, second) = head.split_at_mut(cos.len());
        for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
            let (x, y, sin) = (*a, *b, direction * sin);
            *a = x * cos - y * sin;
            *b = y * cos + x * sin;
        }
    }
}

/// The distinct rotation tables of a model and which layer uses which.
#[derive(Clone, Debug)]
pub struct Rotations {
    tables: Vec<Rotation>,
    of_layer: Vec<usize>,
}

impl Rotations {
    /// The tables of a span of positions; none for models with learned positions.
    #[must_use]
    pub fn new(position: &Position, span: Range<usize>) -> Self {
        let (mut tables, mut of_layer) = (Vec::new(), Vec::new());
        if let Position::Rope { n_rotary, per_layer } = position {
            let mut kinds = Vec::new();
            for rope in per_layer {
                let known = kinds.iter().position(|kind| kind == rope);
                of_layer.push(known.unwrap_or(kinds.len()));
                if known.is_none() {
                    kinds.push(*rope);
                    tables.push(Rotation::new(*rope, *n_rotary, span.clone()));
                }
            }
        }
        Self { tables, of_layer }
    }

    /// The table of a layer, if the model turns its heads.
    #[must_use]
    pub fn for_layer(&self, layer: usize) -> Option<&Rotation> {
        self.of_layer.get(layer).map(|&table| &self.tables[table])
    }
}
