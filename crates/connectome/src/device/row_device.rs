//! [`RowDevice`]: the operations that attribution rows are made of, on buffers that may lie
//! anywhere.
//!
//! What an operation means is said here and in [`super::Host`], which is written to be read.
//! Every other implementation is held to it by tests.
//!
//! # Invariants
//!
//! - Rows are contiguous and of one width, so a buffer of `n` rows begins with them; what stands
//!   behind the rows asked for is neither read nor changed.
//! - Index lists hold rows of the buffer they index. Callers are this crate alone, so a list that
//!   does not is a mistake of ours and may panic.

use std::fmt::Debug;
use std::ops::Range;

use super::error::DeviceError;
use super::format::Table;
use crate::ops::matmul::Into;

/// Source positions that [`RowDevice::pull_pattern`] may treat together: tiles of a target are so
/// many rows, the last one fewer.
pub const TILE: usize = 8;

/// How many rows of which width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub n_rows: usize,
    /// Numbers in each.
    pub width: usize,
}

/// A strided operand of a product: element `(i, j)` stands at
/// `offset + i * row_stride + j * col_stride`. One of the strides is 1.
#[derive(Debug)]
pub struct Slab<'a, F> {
    /// Where it lies.
    pub data: &'a F,
    /// Its first element.
    pub offset: usize,
    /// Distance between rows.
    pub row_stride: usize,
    /// Distance between columns.
    pub col_stride: usize,
}

impl<'a, F> Slab<'a, F> {
    /// Row-major, from `offset` on.
    #[must_use]
    pub fn rows(data: &'a F, offset: usize, row_stride: usize) -> Self {
        Self { data, offset, row_stride, col_stride: 1 }
    }

    /// The transpose of a row-major matrix.
    #[must_use]
    pub fn transposed(data: &'a F, offset: usize, row_stride: usize) -> Self {
        Self { data, offset, row_stride: 1, col_stride: row_stride }
    }
}

/// The row-major result of a product.
#[derive(Debug)]
pub struct SlabMut<'a, F> {
    /// Where it lies.
    pub data: &'a mut F,
    /// Its first element.
    pub offset: usize,
    /// Distance between rows.
    pub row_stride: usize,
}

/// The transpose of a frozen norm: rows times gain times the scale of their position, and
/// centred if the norm subtracts the mean.
#[derive(Debug)]
pub struct NormPull<'a, F, W> {
    /// `[D]`.
    pub gain_d: &'a F,
    /// `[T]`.
    pub scale_t: &'a F,
    /// Position of each row.
    pub pos_r: &'a W,
    /// `Σ_d x · gain` of each row, if the norm centres.
    pub sums_r: Option<&'a F>,
}

/// Vectors that rows are multiplied with.
#[derive(Debug)]
pub struct Vectors<'a, F, W> {
    /// Row-major, of the rows' width.
    pub data: &'a F,
    /// Which of them for each row; the first for all if `None`.
    pub which_r: Option<&'a W>,
}

/// One head's attention pattern: what target position `t` takes from `s` stands at
/// `offset + t * t_stride + s * s_stride`, zero for `s > t`.
#[derive(Debug)]
pub struct PatternView<'a, F> {
    /// Where it lies.
    pub data: &'a F,
    /// Its first element.
    pub offset: usize,
    /// Distance between target positions.
    pub t_stride: usize,
    /// Distance between source positions.
    pub s_stride: usize,
}

/// A pattern, and the rows that go back through it: of each target, all positions up to its own.
#[derive(Debug)]
pub struct PatternPull<'a, F, W> {
    /// The pattern.
    pub pattern: PatternView<'a, F>,
    /// First row of each tile.
    pub first_row: &'a W,
    /// Last row of the target that each tile belongs to.
    pub last_row: &'a W,
    /// Position of each row.
    pub pos_r: &'a W,
    /// Tiles.
    pub n_tiles: usize,
}

/// The columns of one head in rows of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadColumns {
    /// First column in the rows that go in.
    pub first_in: usize,
    /// Width of the rows that go in.
    pub stride_in: usize,
    /// First column in the rows that come out.
    pub first_out: usize,
    /// Width of the rows that come out.
    pub stride_out: usize,
    /// Columns of the head.
    pub width: usize,
}

/// From scores to an attention pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softmax {
    /// Positions.
    pub n_tokens: usize,
    /// Factor on scores.
    pub scale: f32,
    /// `c` of `c · tanh(score / c)`.
    pub cap: Option<f32>,
    /// A position sees so many, itself included; all up to itself if `None`.
    pub window: Option<usize>,
}

/// Buffers on a device and what can be done with them.
///
/// # Errors
///
/// Every operation returns what the device reports. Operations may run later than they are
/// called, in order; [`RowDevice::download`] waits for them.
#[expect(clippy::missing_errors_doc, reason = "the same for every operation, said above")]
pub trait RowDevice: Debug {
    /// f32 numbers.
    type Floats: Debug;
    /// 32-bit words: index lists, and weights in the type of their file.
    type Words: Debug;

    /// What to call it.
    fn name(&self) -> String;

    /// Bytes that can still be allocated; `None` if that is not known.
    fn free_bytes(&self) -> Result<Option<u64>, DeviceError>;

    /// `len` zeros.
    fn zeros(&self, len: usize) -> Result<Self::Floats, DeviceError>;

    /// A copy of `values`.
    fn upload(&self, values: &[f32]) -> Result<Self::Floats, DeviceError>;

    /// `len` words of zero.
    fn words(&self, len: usize) -> Result<Self::Words, DeviceError>;

    /// Copies `values` to `into`, from word `offset` on.
    fn write_words(
        &self,
        into: &mut Self::Words,
        offset: usize,
        values: &[u32],
    ) -> Result<(), DeviceError>;

    /// A copy of an index list.
    fn upload_words(&self, values: &[u32]) -> Result<Self::Words, DeviceError> {
        let mut words = self.words(values.len())?;
        self.write_words(&mut words, 0, values)?;
        Ok(words)
    }

    /// Copies numbers back, and waits for everything asked for before.
    fn download(&self, x: &Self::Floats, range: Range<usize>) -> Result<Vec<f32>, DeviceError>;

    /// Sets the first `len` numbers to zero.
    fn clear(&self, x: &mut Self::Floats, len: usize) -> Result<(), DeviceError>;

    /// `into += x`, the first `len` numbers.
    fn add(&self, x: &Self::Floats, len: usize, into: &mut Self::Floats)
    -> Result<(), DeviceError>;

    /// `out (m × n) = or += a (m × k) · b (k × n)`, as [`crate::ops::matmul::sgemm`].
    fn sgemm(
        &self,
        sizes: [usize; 3],
        a: Slab<'_, Self::Floats>,
        b: Slab<'_, Self::Floats>,
        out: SlabMut<'_, Self::Floats>,
        into: Into,
    ) -> Result<(), DeviceError>;

    /// `out[r] = gain · scale · x[r]`, less its mean if `norm` centres.
    fn pull_norm(
        &self,
        x: &Self::Floats,
        shape: Shape,
        norm: NormPull<'_, Self::Floats, Self::Words>,
        out: &mut Self::Floats,
    ) -> Result<(), DeviceError>;

    /// `out[offset + r] = or += x[r] · vector`.
    fn dot_rows(
        &self,
        x: &Self::Floats,
        shape: Shape,
        vectors: Vectors<'_, Self::Floats, Self::Words>,
        out: (&mut Self::Floats, usize),
        into: Into,
    ) -> Result<(), DeviceError>;

    /// `out[i] = x[rows[i]]`.
    fn gather_rows(
        &self,
        x: &Self::Floats,
        rows: &Self::Words,
        shape: Shape,
        out: &mut Self::Floats,
    ) -> Result<(), DeviceError>;

    /// `out[rows[i]] = x[i]`; no row twice.
    fn scatter_rows(
        &self,
        x: &Self::Floats,
        rows: &Self::Words,
        shape: Shape,
        out: &mut Self::Floats,
    ) -> Result<(), DeviceError>;

    /// `out[i] = table[rows[range.start + i]]`, widened to f32.
    fn widen_rows(
        &self,
        table: &Table<Self::Words>,
        rows: &Self::Words,
        range: Range<usize>,
        out: &mut Self::Floats,
    ) -> Result<(), DeviceError>;

    /// One head's values from what they were mixed into: with `s` the position of row `r` of a
    /// target, `values[r] = or += Σ_{t ≥ s} pattern[t, s] · mixed[r + t − s]`.
    fn pull_pattern(
        &self,
        pull: &PatternPull<'_, Self::Floats, Self::Words>,
        columns: HeadColumns,
        mixed: &Self::Floats,
        values: &mut Self::Floats,
        into: Into,
    ) -> Result<(), DeviceError>;

    /// Scores `[T, T]`, row = source position, to a pattern in their place: a softmax down each
    /// column over the positions that its target sees, zero elsewhere.
    fn soften(&self, scores_st: &mut Self::Floats, softmax: Softmax) -> Result<(), DeviceError>;
}
