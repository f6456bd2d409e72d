//! [`Mat`]: an owned row-major `f32` matrix, and the arithmetic done on it in place.

use super::matmul::{Into, Threads, View, sgemm};

/// An owned row-major matrix of `f32`; higher ranks fold their leading axes into rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Mat {
    data: Vec<f32>,
    n_rows: usize,
    n_cols: usize,
}

impl Mat {
    /// All zeros.
    #[must_use]
    pub fn zeros(n_rows: usize, n_cols: usize) -> Self {
        Self { data: vec![0.0; n_rows * n_cols], n_rows, n_cols }
    }

    /// Takes `n_rows * n_cols` numbers in row-major order.
    ///
    /// # Panics
    ///
    /// If the count is another: an error of this crate, never of input.
    #[must_use]
    pub fn from_vec(data: Vec<f32>, n_rows: usize, n_cols: usize) -> Self {
        assert_eq!(data.len(), n_rows * n_cols, "element count does not match the shape");
        Self { data, n_rows, n_cols }
    }

    /// Rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Columns.
    #[must_use]
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// All numbers, row by row.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// All numbers, to change.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// One row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.n_cols..(row + 1) * self.n_cols]
    }

    /// One row, to change.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.data[row * self.n_cols..(row + 1) * self.n_cols]
    }

    /// Rows in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.data.chunks_exact(self.n_cols.max(1))
    }

    /// The numbers, row by row.
    #[must_use]
    pub fn into_vec(self) -> Vec<f32> {
        self.data
    }

    /// Columns `start..start + len` as a matrix of their own.
    #[must_use]
    pub fn col_block(&self, start: usize, len: usize) -> Self {
        let mut out = Self::zeros(self.n_rows, len);
        for row in 0..self.n_rows {
            out.row_mut(row).copy_from_slice(&self.row(row)[start..start + len]);
        }
        out
    }

    /// Adds `n_rows` rows of zeros below.
    pub fn push_zeros(&mut self, n_rows: usize) {
        self.n_rows += n_rows;
        self.data.resize(self.n_rows * self.n_cols, 0.0);
    }

    /// Adds the rows of another matrix of the same width below.
    pub fn append(&mut self, other: &Self) {
        debug_assert_eq!(self.n_cols, other.n_cols);
        self.n_rows += other.n_rows;
        self.data.extend_from_slice(&other.data);
    }

    /// Adds another matrix of the same shape.
    pub fn add(&mut self, other: &Self) {
        debug_assert_eq!((self.n_rows, self.n_cols), (other.n_rows, other.n_cols));
        add_to(&mut self.data, &other.data);
    }

    /// `self · other`.
    #[must_use]
    pub fn matmul(&self, other: &Self) -> Self {
        let mut out = Self::zeros(self.n_rows, other.n_cols);
        let sizes = [self.n_rows, other.n_cols, self.n_cols];
        let (a, b) = (View::rows(&self.data, self.n_cols), View::rows(&other.data, other.n_cols));
        sgemm(sizes, a, b, (&mut out.data, other.n_cols), Into::Overwrite, Threads::All);
        out
    }

    /// The first number that is NaN or infinite, if any.
    #[must_use]
    pub fn first_not_finite(&self) -> Option<(usize, f32)> {
        first_not_finite(&self.data)
    }
}

/// The first NaN or infinity and its place.
#[must_use]
pub fn first_not_finite(values: &[f32]) -> Option<(usize, f32)> {
    // A whole block is tested without an early exit, which vectorises; only a bad block is
    // searched.
    values.chunks(4096).enumerate().find_map(|(block, chunk)| {
        if !chunk.iter().fold(false, |bad, x| bad | !x.is_finite()) {
            return None;
        }
        chunk.iter().position(|x| !x.is_finite()).map(|at| (block * 4096 + at, chunk[at]))
    })
}

/// `target += source`.
pub fn add_to(target: &mut [f32], source: &[f32]) {
    for (x, y) in target.iter_mut().zip(source) {
        *x += y;
    }
}

/// `target += factor * source`.
pub fn add_scaled(target: &mut [f32], factor: f32, source: &[f32]) {
    for (x, y) in target.iter_mut().zip(source) {
        *x += factor * y;
    }
}
