//! [`Ragged`]: cotangents of a batch of targets, cut to their causal cones.
//!
//! An effect at position `p` has causes at positions `0..=p` only, so a target keeps `p + 1`
//! rows, packed one target after the other. Nothing above the cone is ever stored or computed,
//! and all rows together are still one matrix for the products.

use rayon::prelude::*;

use crate::ops::Mat;

/// Rows of several targets: target `b` at position `p` has `p + 1` rows of one width.
#[derive(Clone, Debug, PartialEq)]
pub struct Ragged {
    extents: Vec<usize>,
    offsets: Vec<usize>,
    rows: Mat,
}

impl Ragged {
    /// No targets yet.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { extents: Vec::new(), offsets: Vec::new(), rows: Mat::zeros(0, width) }
    }

    /// Adds a target with `extent` rows of zeros and returns its number.
    pub fn push_zeros(&mut self, extent: usize) -> usize {
        self.offsets.push(self.rows.n_rows());
        self.extents.push(extent);
        self.rows.push_zeros(extent);
        self.extents.len() - 1
    }

    /// Adds a target that is `vector_d` at position `pos` and zero before it.
    pub fn push_point(&mut self, pos: usize, vector_d: &[f32]) {
        let target = self.push_zeros(pos + 1);
        let row = self.offsets[target] + pos;
        self.rows.row_mut(row).copy_from_slice(vector_d);
    }

    /// Adds all targets of another batch.
    pub fn append(&mut self, other: &Self) {
        let shift = self.rows.n_rows();
        self.extents.extend(&other.extents);
        self.offsets.extend(other.offsets.iter().map(|offset| offset + shift));
        self.rows.append(&other.rows);
    }

    /// Number of targets.
    #[must_use]
    pub fn n_targets(&self) -> usize {
        self.extents.len()
    }

    /// Rows of a target: its position plus one.
    #[must_use]
    pub fn extent(&self, target: usize) -> usize {
        self.extents[target]
    }

    /// The row of a target at a position.
    #[must_use]
    pub fn row(&self, target: usize, pos: usize) -> &[f32] {
        debug_assert!(pos < self.extents[target], "position above the causal cone");
        self.rows.row(self.offsets[target] + pos)
    }

    /// All rows as one matrix.
    #[must_use]
    pub fn rows(&self) -> &Mat {
        &self.rows
    }

    /// The same targets with other rows, possibly of another width.
    #[must_use]
    pub fn with_rows(&self, rows: Mat) -> Self {
        debug_assert_eq!(rows.n_rows(), self.rows.n_rows());
        Self { extents: self.extents.clone(), offsets: self.offsets.clone(), rows }
    }

    /// The same targets with zeros of another width.
    #[must_use]
    pub fn zeros_like(&self, width: usize) -> Self {
        self.with_rows(Mat::zeros(self.rows.n_rows(), width))
    }

    /// Adds the rows of another batch of the same targets.
    pub fn add(&mut self, other: &Self) {
        debug_assert_eq!(self.extents, other.extents);
        self.rows.add(&other.rows);
    }

    /// Changes every row in place, given its position.
    pub fn for_each_row(&mut self, change: impl Fn(usize, &mut [f32]) + Sync) {
        let width = self.rows.n_cols();
        self.par_targets_mut().for_each(|rows| {
            rows.chunks_exact_mut(width).enumerate().for_each(|(pos, row)| change(pos, row));
        });
    }

    /// The rows of each target as one slice, in parallel.
    pub fn par_targets(&self) -> impl IndexedParallelIterator<Item = &[f32]> {
        let width = self.rows.n_cols();
        let data = self.rows.data();
        self.offsets
            .par_iter()
            .zip(&self.extents)
            .map(move |(&offset, &extent)| &data[offset * width..(offset + extent) * width])
    }

    /// The rows of each target as one slice to change, in parallel.
    pub fn par_targets_mut(&mut self) -> impl IndexedParallelIterator<Item = &mut [f32]> {
        let width = self.rows.n_cols();
        let mut rest = self.rows.data_mut();
        let mut parts = Vec::with_capacity(self.extents.len());
        for extent in &self.extents {
            let (part, after) = rest.split_at_mut(extent * width);
            parts.push(part);
            rest = after;
        }
        parts.into_par_iter()
    }
}
