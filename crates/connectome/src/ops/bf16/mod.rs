//! Products of `f32` matrices whose operands are rounded to bfloat16.
//!
//! Sums are kept in `f32`. Where the processor has a matrix unit for it ([`is_native`]: AMX,
//! in Xeons since 2023) a product takes a fourth to a ninth of the time that one in `f32` does.
//! Elsewhere operands are rounded and multiplied in `f32`, so that a run can be repeated
//! anywhere: with the same roundings, in another order of additions, and more slowly.
//!
//! # Invariants
//!
//! - Rounding is to the nearest, ties to even; operands below the smallest normal number are 0.
//! - On one kind of processor the bits depend on sizes and numbers only, not on threads.
//!
//! Only training multiplies like this: what is measured, traced or compared is `f32`.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod pack;

use super::matmul::{Into, Threads, View, count, sgemm};

/// Whether this processor multiplies bfloat16 by itself.
#[must_use]
pub fn is_native() -> bool {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    {
        amx::is_present()
    }
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    {
        false
    }
}

/// As [`sgemm`], with both operands rounded to bfloat16.
///
/// # Panics
///
/// As [`sgemm`].
pub fn product(
    sizes: [usize; 3],
    a: View<'_>,
    b: View<'_>,
    out: (&mut [f32], usize),
    into: Into,
    threads: Threads,
) {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    if is_native() && pack::takes(a) && pack::takes(b) {
        count(sizes);
        amx::product(sizes, a, b, out, into, threads);
        return;
    }
    let [m, n, k] = sizes;
    let (a, b) = (rounded(a, [m, k]), rounded(b, [k, n]));
    sgemm(sizes, View::rows(&a, k), View::rows(&b, n), out, into, threads);
}

/// The elements of a view, row by row, as bfloat16 holds them.
fn rounded(view: View<'_>, [n_rows, n_cols]: [usize; 2]) -> Vec<f32> {
    let element = |row, col| view.data[row * view.row_stride + col * view.col_stride];
    let row = |row| (0..n_cols).map(move |col| round(element(row, col)));
    (0..n_rows).flat_map(row).collect()
}

/// A number as bfloat16 holds it: the upper half of its bits.
#[must_use]
fn round(x: f32) -> f32 {
    let bits = x.to_bits();
    if x.is_nan() {
        return f32::from_bits((bits | 0x0040_0000) & 0xffff_0000);
    }
    if x.is_subnormal() {
        return f32::from_bits(bits & 0x8000_0000);
    }
    let to_even = 0x7fff + (bits >> 16 & 1);
    f32::from_bits(bits.wrapping_add(to_even) & 0xffff_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that bfloat16 does not hold.
    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1_u32 << 24) as f32 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn rounding_keeps_eight_bits_and_ties_go_to_even() {
        let of = |bits: u32| round(f32::from_bits(bits)).to_bits();
        assert_eq!(of(0x3f80_7fff), 0x3f80_0000);
        assert_eq!(of(0x3f80_8000), 0x3f80_0000, "a tie goes to the even one");
        assert_eq!(of(0x3f81_8000), 0x3f82_0000, "a tie goes to the even one");
        assert_eq!(of(0xbf80_8001), 0xbf81_0000);
        assert_eq!(round(f32::MIN_POSITIVE / 2.0), 0.0);
        assert_eq!((round(f32::INFINITY), round(f32::MAX)), (f32::INFINITY, f32::INFINITY));
        assert!(round(f32::NAN).is_nan());
    }

    // Sizes that are no multiple of a tile, both orders of both operands, and every thread.
    #[test]
    fn a_product_is_that_of_the_rounded_operands() {
        for sizes @ [m, n, k] in [[64, 96, 64], [33, 17, 95], [5, 100, 31], [100, 40, 300]] {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            for case in 0..8 {
                let a = if case & 1 == 0 { View::rows(&a, k) } else { View::transposed(&a, m) };
                let b = if case & 2 == 0 { View::rows(&b, n) } else { View::transposed(&b, k) };
                let into = if case & 4 == 0 { Into::Overwrite } else { Into::Add };
                let expected = definition(sizes, a, b, into);
                for threads in [Threads::One, Threads::All] {
                    // Rows of the output are further apart than they are long.
                    let stride = n + 3;
                    let mut out = vec![1.0; m * stride];
                    product(sizes, a, b, (&mut out, stride), into, threads);
                    for (row, expected) in out.chunks(stride).zip(expected.chunks(n)) {
                        for (x, y) in row.iter().zip(expected) {
                            assert!((f64::from(*x) - y).abs() < 2e-5, "{sizes:?} {case}: {x} {y}");
                        }
                        assert_eq!(row[n..], [1.0; 3], "written beyond the row");
                    }
                }
            }
        }
    }

    fn definition([m, n, k]: [usize; 3], a: View<'_>, b: View<'_>, into: Into) -> Vec<f64> {
        let (a, b) = (rounded(a, [m, k]), rounded(b, [k, n]));
        let before = if into == Into::Add { 1.0 } else { 0.0 };
        let cell = |at: usize| {
            let (i, j) = (at / n, at % n);
            let terms = (0..k).map(|x| f64::from(a[i * k + x]) * f64::from(b[x * n + j]));
            before + terms.sum::<f64>()
        };
        (0..m * n).map(cell).collect()
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let sizes @ [m, n, k] = [300, 64, 200];
        let (a, b) = (numbers(m * k, 3), numbers(k * n, 4));
        let run = |threads| {
            let mut out = vec![0.0; m * n];
            let (a, b) = (View::rows(&a, k), View::rows(&b, n));
            product(sizes, a, b, (&mut out, n), Into::Overwrite, threads);
            out
        };
        assert_eq!(run(Threads::One), run(Threads::All));
    }
}
