//! The inner loops over rows of width D.
//!
//! They are compiled once for each instruction set by whoever calls them in
//! [`vectorized`](crate::ops::simd::vectorized); what they compute does not depend on which: sums
//! run in [`LANES`] parts in a fixed order, and nothing is fused.

/// Running sums of a dot product.
///
/// PERF: the compiler keeps sixteen in two AVX2 registers, if they are added up by `sum` and the
/// tail has a sum of its own: 48 ns for two rows of 768. With a tree of additions at the end it
/// makes half of it scalar code, 109 ns.
const LANES: usize = 16;

/// `⟨a, b⟩`.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let ((a_chunks, a_tail), (b_chunks, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail: f32 = a_tail.iter().zip(b_tail).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + tail
}

/// `target += factor · source`.
#[inline(always)]
pub(super) fn add_scaled(target: &mut [f32], factor: f32, source: &[f32]) {
    for (x, y) in target.iter_mut().zip(source) {
        *x += factor * y;
    }
}

/// `target += factor · source`, and `⟨row, source⟩`: one pass over `source` for both.
#[inline(always)]
pub(super) fn add_scaled_and_dot(
    target: &mut [f32],
    factor: f32,
    source: &[f32],
    row: &[f32],
) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (target_chunks, target_tail) = target.as_chunks_mut::<LANES>();
    let ((chunks, tail), (row_chunks, row_tail)) =
        (source.as_chunks::<LANES>(), row.as_chunks::<LANES>());
    for ((target, source), row) in target_chunks.iter_mut().zip(chunks).zip(row_chunks) {
        for lane in 0..LANES {
            sums[lane] += row[lane] * source[lane];
            target[lane] += factor * source[lane];
        }
    }
    let mut rest = 0.0_f32;
    for ((target, source), row) in target_tail.iter_mut().zip(tail).zip(row_tail) {
        rest += row * source;
        *target += factor * source;
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_gives_the_definition() {
        for len in [0, 1, 31, 32, 33, 64, 100, 768] {
            let a: Vec<f32> = (0..len).map(|i| (i as f32 * 0.37).sin()).collect();
            let b: Vec<f32> = (0..len).map(|i| (i as f32 * 0.71).cos()).collect();
            let expected: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(x * y)).sum();
            assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-4, "length {len}");
            let (mut target, mut other) = (a.clone(), a.clone());
            let found = add_scaled_and_dot(&mut target, 0.5, &b, &a);
            add_scaled(&mut other, 0.5, &b);
            assert_eq!(target, other);
            assert_eq!(found, dot(&a, &b));
        }
    }
}
