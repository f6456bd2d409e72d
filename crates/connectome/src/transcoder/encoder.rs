//! The encoder of one layer: reading directions where they lie in the file, biases in memory.
//!
//! Features are taken in spans, so that neither the widened numbers nor the resident part of a
//! map grows with the dictionary. What a pre-activation leads to is `encode`'s business.

use std::ops::Range;

use rayon::prelude::*;

use super::place::Place;
use crate::error::LoadError;
use crate::ops::dense::{add_to, first_not_finite};
use crate::ops::matrix::Layout;
use crate::ops::{Mat, Matrix};

/// Rows gathered before their pages are given back.
const GATHER_BATCH: usize = 256;

/// Rows of a transposed encoder that one thread gathers from: few enough that their pages are
/// soon given back.
const GATHER_ROWS: usize = 64;

/// The encoder of one layer.
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    weight: Matrix,
    layout: Layout,
    b_enc_f: Vec<f32>,
    place: Place,
}

impl Encoder {
    /// `weight` is `[F, D]` ([`Layout::OutIn`]) or `[D, F]` ([`Layout::InOut`]).
    pub(super) fn new(weight: Matrix, layout: Layout, b_enc_f: Vec<f32>, place: Place) -> Self {
        let encoder = Self { weight, layout, b_enc_f, place };
        assert_eq!(encoder.b_enc_f.len(), encoder.n_features(), "one bias a feature");
        encoder
    }

    pub(super) fn n_features(&self) -> usize {
        match self.layout {
            Layout::OutIn => self.weight.n_rows(),
            Layout::InOut => self.weight.n_cols(),
        }
    }

    pub(super) fn d_model(&self) -> usize {
        match self.layout {
            Layout::OutIn => self.weight.n_cols(),
            Layout::InOut => self.weight.n_rows(),
        }
    }

    pub(super) fn b_enc(&self) -> &[f32] {
        &self.b_enc_f
    }

    /// Pre-activations of a span of features: `x [T, D]` to `[T, span]`, all finite.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotFinite`] names the encoder's element if it is the cause.
    pub(super) fn pre_activations(&self, span: Range<usize>, x: &Mat) -> Result<Mat, LoadError> {
        let mut pre_tf = match self.layout {
            Layout::OutIn => self.weight.row_block(span.start, span.len()).times_transpose(x),
            Layout::InOut => self.weight.col_block(span.start, span.len()).times(x),
        };
        for row in 0..pre_tf.n_rows() {
            add_to(pre_tf.row_mut(row), &self.b_enc_f[span.clone()]);
        }
        match pre_tf.first_not_finite() {
            None => Ok(pre_tf),
            Some((at, value)) => {
                let (row, feature) = (at / span.len(), span.start + at % span.len());
                Err(self.cause(feature, x.row(row), value))
            }
        }
    }

    /// Why a pre-activation is not finite.
    fn cause(&self, feature: usize, input_d: &[f32], value: f32) -> LoadError {
        let index = u32::try_from(feature).expect("the formats admit no more features than u32");
        if let Some((component, value)) = self.rows(&[index]).first_not_finite() {
            let at = match self.layout {
                Layout::OutIn => feature * self.d_model() + component,
                Layout::InOut => component * self.n_features() + feature,
            };
            return self.place.not_finite(at, value);
        }
        let of = |what: &str| Place {
            tensor: format!("{what} of {}", self.place.tensor),
            path: self.place.path.clone(),
        };
        match first_not_finite(input_d) {
            Some((at, value)) => of("input").not_finite(at, value),
            None => of("output").not_finite(feature, value),
        }
    }

    /// Reading directions of these features, `[n, D]`.
    pub(super) fn rows(&self, indices: &[u32]) -> Mat {
        let mut out = Mat::zeros(indices.len(), self.d_model());
        match self.layout {
            Layout::OutIn => {
                let d_model = self.d_model();
                let slots = out.data_mut().chunks_mut(GATHER_BATCH * d_model);
                for (batch, slots) in indices.chunks(GATHER_BATCH).zip(slots) {
                    let rows = slots.par_chunks_exact_mut(d_model).zip(batch.par_iter());
                    rows.for_each(|(row, index)| self.weight.read_row(*index as usize, row));
                    let ends = (batch.iter().min(), batch.iter().max());
                    let (Some(first), Some(last)) = ends else { continue };
                    self.release_span(*first as usize..*last as usize + 1);
                }
            }
            Layout::InOut => self.gather_columns(indices, &mut out),
        }
        out
    }

    /// Rows of a transposed encoder lie one number a page: blocks of stored rows are visited in
    /// file order and given back.
    fn gather_columns(&self, indices: &[u32], out: &mut Mat) {
        let (n_features, d_model) = (self.n_features(), self.d_model());
        let stored = self.weight.stored();
        let blocks: Vec<Vec<f32>> = (0..d_model.div_ceil(GATHER_ROWS))
            .into_par_iter()
            .map(|block| {
                let rows = block * GATHER_ROWS..d_model.min((block + 1) * GATHER_ROWS);
                let mut part = Vec::with_capacity(rows.len() * indices.len());
                for row in rows.clone() {
                    for index in indices {
                        let mut x = 0.0;
                        let at = row * n_features + *index as usize;
                        stored.widen(at, std::slice::from_mut(&mut x));
                        part.push(x);
                    }
                }
                stored.release(rows.start * n_features, rows.len() * n_features);
                part
            })
            .collect();
        for (component, part_a) in
            blocks.iter().flat_map(|part| part.chunks_exact(indices.len().max(1))).enumerate()
        {
            for (row, x) in part_a.iter().enumerate() {
                out.row_mut(row)[component] = *x;
            }
        }
    }

    /// Asks for a span of features before it is read.
    pub(super) fn will_need(&self, span: Range<usize>) {
        let (start, len) = self.extent(span);
        self.weight.stored().will_need(start, len);
    }

    /// Gives the pages of a span of features back, if they lie together.
    pub(super) fn release_span(&self, span: Range<usize>) {
        if self.layout == Layout::OutIn {
            let (start, len) = self.extent(span);
            self.weight.stored().release(start, len);
        }
    }

    /// Gives all pages back. No thread should be about to read them again.
    pub(super) fn release_all(&self) {
        self.weight.stored().release(0, self.weight.stored().len());
    }

    /// First element and number of elements that a span touches. Every row of a transposed
    /// encoder holds a part of every span.
    fn extent(&self, span: Range<usize>) -> (usize, usize) {
        match self.layout {
            Layout::OutIn => (span.start * self.d_model(), span.len() * self.d_model()),
            Layout::InOut => (0, self.weight.stored().len()),
        }
    }
}
