//! The one call site of the matrix-product library.
//!
//! `gemm` gives the same bits for every number of threads, so results depend on the shapes
//! asked for and on nothing else.

use std::sync::atomic::{AtomicU64, Ordering};

use super::bf16;

/// See [`flops`].
static FLOPS: AtomicU64 = AtomicU64::new(0);

/// Floating-point operations that products have taken since the program started, two for each
/// multiplication and addition: what benchmarks divide by time.
#[must_use]
pub fn flops() -> u64 {
    FLOPS.load(Ordering::Relaxed)
}

/// Counts a product in [`flops`].
pub(super) fn count(sizes: [usize; 3]) {
    FLOPS.fetch_add(2 * sizes.into_iter().product::<usize>() as u64, Ordering::Relaxed);
}

/// A strided read-only view of `f32`: element `(i, j)` is `data[i * rows + j * cols]`.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// Distance between rows, in elements.
    pub row_stride: usize,
    /// Distance between columns, in elements.
    pub col_stride: usize,
}

impl<'a> View<'a> {
    /// Row-major with `row_stride` elements a row.
    #[must_use]
    pub fn rows(data: &'a [f32], row_stride: usize) -> Self {
        Self { data, row_stride, col_stride: 1 }
    }

    /// The transpose of a row-major matrix with `row_stride` elements a row.
    #[must_use]
    pub fn transposed(data: &'a [f32], row_stride: usize) -> Self {
        Self { data, row_stride: 1, col_stride: row_stride }
    }

    /// Whether all elements of `rows × cols` are there.
    pub(super) fn covers(&self, rows: usize, cols: usize) -> bool {
        rows == 0
            || cols == 0
            || (rows - 1) * self.row_stride + (cols - 1) * self.col_stride < self.data.len()
    }
}

/// Whether a product may use all threads or must stay on this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Inside a parallel loop.
    One,
    /// At top level.
    All,
}

/// What happens to the numbers already in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    /// They are replaced.
    Overwrite,
    /// The product is added to them.
    Add,
}

/// In which numbers a product multiplies; it adds in `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// `f32`.
    #[default]
    F32,
    /// bfloat16: faster where the processor has a unit for it, see [`super::bf16`].
    Bf16,
}

/// How the products of a computation are made.
#[derive(Clone, Copy, Debug)]
pub struct Products {
    /// On how many threads.
    pub threads: Threads,
    /// In which numbers.
    pub arithmetic: Arithmetic,
}

impl Products {
    /// In `f32`.
    #[must_use]
    pub fn f32(threads: Threads) -> Self {
        Self { threads, arithmetic: Arithmetic::F32 }
    }

    /// As [`sgemm`], in this way.
    ///
    /// # Panics
    ///
    /// As [`sgemm`].
    pub fn run(
        self,
        sizes: [usize; 3],
        a: View<'_>,
        b: View<'_>,
        out: (&mut [f32], usize),
        into: Into,
    ) {
        match self.arithmetic {
            Arithmetic::F32 => sgemm(sizes, a, b, out, into, self.threads),
            Arithmetic::Bf16 => bf16::product(sizes, a, b, out, into, self.threads),
        }
    }
}

/// `out (m × n, row stride `out_stride`) = or += a (m × k) · b (k × n)`, all `f32`.
///
/// # Panics
///
/// If a view is smaller than the sizes say: an error of this crate, never of input.
pub fn sgemm(
    [m, n, k]: [usize; 3],
    a: View<'_>,
    b: View<'_>,
    (out, out_stride): (&mut [f32], usize),
    into: Into,
    threads: Threads,
) {
    if m == 0 || n == 0 {
        return;
    }
    check([m, n, k], a, b, (out, out_stride));
    let parallelism = match threads {
        Threads::One => gemm::Parallelism::None,
        Threads::All => gemm::Parallelism::Rayon(0),
    };
    let add = into == Into::Add;
    count([m, n, k]);
    // SAFETY: `check` keeps every access `i * row_stride + j * col_stride` inside
    // the three slices, and `out` is borrowed mutably, so it overlaps neither operand.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_stride as isize,
            add,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            1.0_f32,
            1.0_f32,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Holds views to the sizes of a product that has at least one row and column.
///
/// # Panics
///
/// If one of them is smaller.
pub(super) fn check(
    [m, n, k]: [usize; 3],
    a: View<'_>,
    b: View<'_>,
    (out, out_stride): (&[f32], usize),
) {
    assert!(a.covers(m, k) && b.covers(k, n), "operand smaller than its sizes");
    assert!(out_stride >= n && (m - 1) * out_stride + n <= out.len(), "output too small");
}

/// Dot product with sixteen running sums, so that the compiler can use vector registers and the
/// order of additions does not depend on the machine.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (a_chunks, b_chunks) = (a.chunks_exact(16), b.chunks_exact(16));
    let tail: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..16 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_matches_the_definition_for_every_layout() {
        let (m, n, k) = (3, 4, 5);
        let a: Vec<f32> = (0..m * k).map(|i| i as f32 * 0.5 - 2.0).collect();
        let b: Vec<f32> = (0..n * k).map(|i| (i as f32 * 0.7).sin()).collect();
        let mut out = vec![1.0; m * n];
        let sizes = [m, n, k];
        let (left, right) = (View::rows(&a, k), View::transposed(&b, k));
        sgemm(sizes, left, right, (&mut out, n), Into::Add, Threads::One);
        for i in 0..m {
            for j in 0..n {
                let expected: f32 = (0..k).map(|x| a[i * k + x] * b[j * k + x]).sum();
                assert!((out[i * n + j] - 1.0 - expected).abs() < 1e-5);
            }
        }
    }
}
