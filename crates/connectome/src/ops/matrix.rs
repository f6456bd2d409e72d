//! Weights as they lie in a file, and the two products a linear map needs.
//!
//! A [`Matrix`] is a strided view of mapped bytes in f32, bf16 or f16. f32 is multiplied where
//! it lies. Half precision is widened block by block inside the product, so a model in bf16
//! needs no copy and no load time; all arithmetic is f32.
//!
//! Source: measurements of the fused widening product against whole-storage casts are in
//! `docs/benchmarks.md`.

use half::{bf16, f16};
use rayon::prelude::*;

use super::dense::{Mat, add_to};
use super::matmul::{Into, Threads, View, sgemm};
use crate::files::FileBytes;

/// Element type of stored weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// 32-bit.
    F32,
    /// 16-bit, 8 bits of exponent.
    Bf16,
    /// 16-bit, 5 bits of exponent.
    F16,
}

impl Dtype {
    /// Bytes of one element.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }
}

/// Numbers in a file: `len` elements of `dtype` from byte `start`.
#[derive(Clone, Debug)]
pub struct Stored {
    bytes: FileBytes,
    start: usize,
    len: usize,
    dtype: Dtype,
}

impl Stored {
    /// A checked slice of a file. f32 that lies unaligned is copied, so that
    /// [`Stored::as_f32`] holds for all f32.
    ///
    /// # Panics
    ///
    /// If the file is shorter: the readers check lengths first.
    #[must_use]
    pub fn new(bytes: FileBytes, start: usize, len: usize, dtype: Dtype) -> Self {
        let stored = Self::in_place(bytes, start, len, dtype);
        if dtype == Dtype::F32 && stored.as_f32().is_none() {
            // Rare: an f32 tensor whose file offset is not a multiple of four.
            return Self::from_f32(&stored.to_vec());
        }
        stored
    }

    /// A checked slice of a file that is never copied: unaligned f32 is widened in the product
    /// like half precision. For archives of arrays, where most members are unaligned.
    ///
    /// # Panics
    ///
    /// As [`Stored::new`].
    #[must_use]
    pub fn in_place(bytes: FileBytes, start: usize, len: usize, dtype: Dtype) -> Self {
        assert!(start + len * dtype.bytes() <= bytes.len(), "stored slice past the file's end");
        Self { bytes, start, len, dtype }
    }

    /// Owned numbers.
    #[must_use]
    pub fn from_f32(values: &[f32]) -> Self {
        let bytes: Vec<u8> = bytemuck::cast_slice(values).to_vec();
        // A `Vec<u8>` of this size comes from the allocator with at least 8-byte alignment; the
        // readers below fall back to unaligned loads if it ever did not.
        Self { len: values.len(), bytes: bytes.into(), start: 0, dtype: Dtype::F32 }
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Element type in the file.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Tells the kernel that reads will jump about.
    pub fn random_access(&self) {
        self.bytes.random_access(self.start, self.len * self.dtype.bytes());
    }

    /// Gives the pages of elements `start..start + len` back.
    pub fn release(&self, start: usize, len: usize) {
        let size = self.dtype.bytes();
        self.bytes.release(self.start + start * size, len * size);
    }

    /// Asks the kernel to fetch elements `start..start + len` soon.
    pub fn will_need(&self, start: usize, len: usize) {
        let size = self.dtype.bytes();
        self.bytes.will_need(self.start + start * size, len * size);
    }

    /// The bytes of elements `start..start + len`, little-endian.
    #[must_use]
    pub fn raw(&self, start: usize, len: usize) -> &[u8] {
        let size = self.dtype.bytes();
        &self.bytes[self.start + start * size..self.start + (start + len) * size]
    }

    /// The numbers where they lie, if they are aligned f32.
    #[must_use]
    pub fn as_f32(&self) -> Option<&[f32]> {
        match self.dtype {
            Dtype::F32 => bytemuck::try_cast_slice(self.raw(0, self.len)).ok(),
            Dtype::Bf16 | Dtype::F16 => None,
        }
    }

    /// Widens elements `start..start + out.len()` into `out`.
    pub fn widen(&self, start: usize, out: &mut [f32]) {
        let raw = self.raw(start, out.len());
        match self.dtype {
            Dtype::F32 => match bytemuck::try_cast_slice::<u8, f32>(raw) {
                Ok(values) => out.copy_from_slice(values),
                Err(_) => {
                    for (x, bytes) in out.iter_mut().zip(raw.as_chunks::<4>().0) {
                        *x = f32::from_le_bytes(*bytes);
                    }
                }
            },
            Dtype::Bf16 => {
                for (x, bytes) in out.iter_mut().zip(raw.as_chunks::<2>().0) {
                    *x = bf16::from_le_bytes(*bytes).to_f32();
                }
            }
            Dtype::F16 => {
                for (x, bytes) in out.iter_mut().zip(raw.as_chunks::<2>().0) {
                    *x = f16::from_le_bytes(*bytes).to_f32();
                }
            }
        }
    }

    /// All numbers, widened.
    #[must_use]
    pub fn to_vec(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.len];
        self.widen(0, &mut out);
        out
    }
}

/// A row-major matrix inside stored numbers; rows may be further apart than they are long.
#[derive(Clone, Debug)]
pub struct Matrix {
    stored: Stored,
    offset: usize,
    n_rows: usize,
    n_cols: usize,
    row_stride: usize,
}

/// Columns widened at a time: enough for the product's own blocking, and a few MiB a thread at
/// most.
const WIDEN_BLOCK: usize = 192;

impl Matrix {
    /// All of `stored` as `n_rows × n_cols`.
    ///
    /// # Panics
    ///
    /// If the count is another: the readers check shapes first.
    #[must_use]
    pub fn new(stored: Stored, n_rows: usize, n_cols: usize) -> Self {
        assert_eq!(stored.len(), n_rows * n_cols, "element count does not match the shape");
        Self { stored, offset: 0, n_rows, n_cols, row_stride: n_cols }
    }

    /// Owned numbers.
    #[must_use]
    pub fn from_f32(values: &[f32], n_rows: usize, n_cols: usize) -> Self {
        Self::new(Stored::from_f32(values), n_rows, n_cols)
    }

    /// Rows `start..start + len`.
    #[must_use]
    pub fn row_block(&self, start: usize, len: usize) -> Self {
        assert!(start + len <= self.n_rows, "row block past the matrix");
        Self { offset: self.offset + start * self.row_stride, n_rows: len, ..self.clone() }
    }

    /// Columns `start..start + len`, without a copy.
    #[must_use]
    pub fn col_block(&self, start: usize, len: usize) -> Self {
        assert!(start + len <= self.n_cols, "column block past the matrix");
        Self { offset: self.offset + start, n_cols: len, ..self.clone() }
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

    /// The numbers it is a view of.
    #[must_use]
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Widens one row into `out` (`n_cols` numbers).
    pub fn read_row(&self, row: usize, out: &mut [f32]) {
        assert!(row < self.n_rows && out.len() == self.n_cols, "row or buffer does not fit");
        self.stored.widen(self.offset + row * self.row_stride, out);
    }

    /// Asks the kernel to fetch one row soon.
    pub fn will_need_row(&self, row: usize) {
        self.stored.will_need(self.offset + row * self.row_stride, self.n_cols);
    }

    /// The whole matrix, widened.
    #[must_use]
    pub fn to_mat(&self) -> Mat {
        let mut out = Mat::zeros(self.n_rows, self.n_cols);
        for row in 0..self.n_rows {
            self.read_row(row, out.row_mut(row));
        }
        out
    }

    /// `x · Wᵀ`: `x [M, n_cols]` to `[M, n_rows]`.
    #[must_use]
    pub fn times_transpose(&self, x: &Mat) -> Mat {
        assert_eq!(x.n_cols(), self.n_cols, "width of the input");
        let mut out = Mat::zeros(x.n_rows(), self.n_rows);
        if let Some(values) = self.stored.as_f32() {
            let weights = View::transposed(&values[self.offset..], self.row_stride);
            let sizes = [x.n_rows(), self.n_rows, self.n_cols];
            let input = View::rows(x.data(), x.n_cols());
            let stride = self.n_rows;
            sgemm(sizes, input, weights, (out.data_mut(), stride), Into::Overwrite, Threads::All);
            return out;
        }
        self.by_blocks(x, &mut out, self.n_rows, |start, len, buffer| {
            for (row, slot) in buffer.chunks_exact_mut(self.n_cols.max(1)).take(len).enumerate() {
                self.stored.widen(self.offset + (start + row) * self.row_stride, slot);
            }
            (1, self.n_cols)
        });
        out
    }

    /// `x · W`: `x [M, n_rows]` to `[M, n_cols]`.
    #[must_use]
    pub fn times(&self, x: &Mat) -> Mat {
        assert_eq!(x.n_cols(), self.n_rows, "width of the input");
        let mut out = Mat::zeros(x.n_rows(), self.n_cols);
        if let Some(values) = self.stored.as_f32() {
            let weights = View::rows(&values[self.offset..], self.row_stride);
            let sizes = [x.n_rows(), self.n_cols, self.n_rows];
            let input = View::rows(x.data(), x.n_cols());
            let stride = self.n_cols;
            sgemm(sizes, input, weights, (out.data_mut(), stride), Into::Overwrite, Threads::All);
            return out;
        }
        self.by_blocks(x, &mut out, self.n_cols, |start, len, buffer| {
            for row in 0..self.n_rows {
                let slot = &mut buffer[row * len..(row + 1) * len];
                self.stored.widen(self.offset + row * self.row_stride + start, slot);
            }
            (len, 1)
        });
        out
    }

    /// The product by blocks of output columns: `widen(start, len, buffer)` fills the weights of
    /// a block and returns its strides along the inner dimension and along the outputs. Blocks
    /// do not depend on the number of threads, so neither do the results.
    fn by_blocks(
        &self,
        x: &Mat,
        out: &mut Mat,
        n_out: usize,
        widen: impl Fn(usize, usize, &mut [f32]) -> (usize, usize) + Sync,
    ) {
        let (m, k) = (x.n_rows(), x.n_cols());
        let blocks: Vec<(usize, Mat)> = (0..n_out.div_ceil(WIDEN_BLOCK))
            .into_par_iter()
            .map(|block| {
                let start = block * WIDEN_BLOCK;
                let len = WIDEN_BLOCK.min(n_out - start);
                let mut buffer = vec![0.0; len * k];
                let (row_stride, col_stride) = widen(start, len, &mut buffer);
                let weights = View { data: &buffer, row_stride, col_stride };
                let mut part = Mat::zeros(m, len);
                let input = View::rows(x.data(), k);
                let sizes = [m, len, k];
                let sink = (part.data_mut(), len);
                sgemm(sizes, input, weights, sink, Into::Overwrite, Threads::One);
                (start, part)
            })
            .collect();
        for (start, part) in blocks {
            for row in 0..m {
                let cols = start..start + part.n_cols();
                out.row_mut(row)[cols].copy_from_slice(part.row(row));
            }
        }
    }
}

/// How a weight matrix lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `[out, in]`, as `torch.nn.Linear`.
    OutIn,
    /// `[in, out]`, as GPT-2's `Conv1D`.
    InOut,
}

/// An affine map `y = W x + b`.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Matrix,
    layout: Layout,
    bias: Option<Vec<f32>>,
}

impl Linear {
    /// A map from its stored parts.
    #[must_use]
    pub fn new(weight: Matrix, layout: Layout, bias: Option<Vec<f32>>) -> Self {
        Self { weight, layout, bias }
    }

    /// Width of the input.
    #[must_use]
    pub fn n_in(&self) -> usize {
        match self.layout {
            Layout::OutIn => self.weight.n_cols(),
            Layout::InOut => self.weight.n_rows(),
        }
    }

    /// Width of the output.
    #[must_use]
    pub fn n_out(&self) -> usize {
        match self.layout {
            Layout::OutIn => self.weight.n_rows(),
            Layout::InOut => self.weight.n_cols(),
        }
    }

    /// The weights as they are stored, and which way.
    #[must_use]
    pub fn weight(&self) -> (&Matrix, Layout) {
        (&self.weight, self.layout)
    }

    /// The constant term.
    #[must_use]
    pub fn bias(&self) -> Option<&[f32]> {
        self.bias.as_deref()
    }

    /// The affine map: `x [M, in]` to `[M, out]`.
    #[must_use]
    pub fn forward(&self, x: &Mat) -> Mat {
        let mut out = self.linear(x);
        if let Some(bias) = &self.bias {
            for row in out.data_mut().chunks_exact_mut(bias.len()) {
                add_to(row, bias);
            }
        }
        out
    }

    /// The map without its bias: `x [M, in]` to `[M, out]`.
    #[must_use]
    pub fn linear(&self, x: &Mat) -> Mat {
        match self.layout {
            Layout::OutIn => self.weight.times_transpose(x),
            Layout::InOut => self.weight.times(x),
        }
    }

    /// The transpose: a cotangent `g [M, out]` to `[M, in]`.
    #[must_use]
    pub fn pull_back(&self, g: &Mat) -> Mat {
        match self.layout {
            Layout::OutIn => self.weight.times(g),
            Layout::InOut => self.weight.times_transpose(g),
        }
    }

    /// The weights of inputs `start..start + len` alone, without bias.
    #[must_use]
    pub fn input_block(&self, start: usize, len: usize) -> Self {
        let weight = match self.layout {
            Layout::OutIn => self.weight.col_block(start, len),
            Layout::InOut => self.weight.row_block(start, len),
        };
        Self { weight, layout: self.layout, bias: None }
    }

    /// The weights of outputs `start..start + len` alone, with their biases.
    #[must_use]
    pub fn output_block(&self, start: usize, len: usize) -> Self {
        let weight = match self.layout {
            Layout::OutIn => self.weight.row_block(start, len),
            Layout::InOut => self.weight.col_block(start, len),
        };
        let bias = self.bias.as_ref().map(|bias| bias[start..start + len].to_vec());
        Self { weight, layout: self.layout, bias }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(n: usize) -> Vec<f32> {
        (0..n).map(|i| bf16::from_f32((i as f32 * 0.37).sin()).to_f32()).collect()
    }

    fn in_bf16(values: &[f32]) -> Stored {
        let bytes: Vec<u8> = values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect();
        Stored::new(bytes.into(), 0, values.len(), Dtype::Bf16)
    }

    #[test]
    fn half_precision_products_equal_those_of_the_widened_matrix() {
        let (rows, cols) = (WIDEN_BLOCK + 9, 31);
        let values = sample(rows * cols);
        let wide = Matrix::from_f32(&values, rows, cols);
        let half = Matrix::new(in_bf16(&values), rows, cols);
        let x = Mat::from_vec(sample(4 * cols), 4, cols);
        let g = Mat::from_vec(sample(4 * rows), 4, rows);
        for (a, b) in [
            (wide.times_transpose(&x), half.times_transpose(&x)),
            (wide.times(&g), half.times(&g)),
            (wide.col_block(3, 20).times(&g), half.col_block(3, 20).times(&g)),
        ] {
            let worst =
                a.data().iter().zip(b.data()).map(|(p, q)| (p - q).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-4, "{worst}");
        }
    }

    // A file may hold a matrix without columns or rows; products with it are zeros or nothing.
    #[test]
    fn products_of_empty_matrices_are_zeros() {
        let empty = |rows: usize, cols: usize| Matrix::new(in_bf16(&[]), rows, cols);
        assert_eq!(empty(5, 0).times_transpose(&Mat::zeros(2, 0)), Mat::zeros(2, 5));
        assert_eq!(empty(0, 5).times(&Mat::zeros(2, 0)), Mat::zeros(2, 5));
        assert_eq!(empty(0, 5).times_transpose(&Mat::zeros(2, 5)), Mat::zeros(2, 0));
        assert_eq!(empty(5, 0).times(&Mat::zeros(2, 5)), Mat::zeros(2, 0));
    }

    #[test]
    fn pull_back_is_the_transpose_for_both_layouts() {
        for layout in [Layout::OutIn, Layout::InOut] {
            let map = Linear::new(Matrix::from_f32(&sample(30), 5, 6), layout, None);
            let x = Mat::from_vec(sample(2 * map.n_in()), 2, map.n_in());
            let g = Mat::from_vec(sample(2 * map.n_out() + 7)[7..].to_vec(), 2, map.n_out());
            let forward = crate::ops::matmul::dot(map.linear(&x).data(), g.data());
            let backward = crate::ops::matmul::dot(x.data(), map.pull_back(&g).data());
            assert!((forward - backward).abs() < 1e-4);
        }
    }
}
