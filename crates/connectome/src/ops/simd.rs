//! Loops over `f32` compiled for wide vectors, and the functions they need most.
//!
//! [`vectorized`] runs a closure compiled once for each instruction set and picks at run time.
//! Sums go through [`LANES`] running sums in a fixed order, and no multiplication is fused with
//! an addition, so the bits do not depend on the machine.

/// Running sums of a reduction: two AVX2 registers, or one of AVX-512.
pub const LANES: usize = 16;

/// Runs `work` with the widest vectors that the machine has. What it calls must be
/// `#[inline(always)]`, or it is compiled for the oldest machine.
#[inline]
pub fn vectorized<Out>(work: impl FnOnce() -> Out) -> Out {
    pulp::Arch::new().dispatch(work)
}

/// `eˣ` to two units in the last place: 0 below -87, where `f32` runs out of normal numbers,
/// and `e⁸⁸` above 88. NaN stays NaN.
///
/// Source: Moshier, Cephes, `expf.c`.
#[expect(clippy::excessive_precision, reason = "as in the source")]
#[inline(always)]
#[must_use]
pub fn exp(x: f32) -> f32 {
    // 1.5 · 2²³: adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let bounded = if x > 88.0 { 88.0 } else { x };
    let shifted = bounded * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // NUMERICS: ln 2 in two parts, so that `x - n ln 2` keeps its digits.
    let r = bounded - n * 0.693359375 - n * -2.12194440e-4;
    let mut poly = 1.9875691500e-4;
    poly = poly * r + 1.3981999507e-3;
    poly = poly * r + 8.3334519073e-3;
    poly = poly * r + 4.1665795894e-2;
    poly = poly * r + 1.6666665459e-1;
    poly = poly * r + 5.0000001201e-1;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    let value = (poly * (r * r) + r + 1.0) * power;
    if x < -87.0 { 0.0 } else { value }
}

/// `tanh x` to four units in the last place.
///
/// Source: Eigen, `generic_fast_tanh_float`, a rational of degrees 13 and 6.
#[expect(clippy::excessive_precision, reason = "as in the source")]
#[inline(always)]
#[must_use]
pub fn tanh(x: f32) -> f32 {
    const LIMIT: f32 = 7.90531110763549805;
    let low = if x < -LIMIT { -LIMIT } else { x };
    let x = if low > LIMIT { LIMIT } else { low };
    let square = x * x;
    let mut above = -2.76076847742355e-16;
    above = above * square + 2.00018790482477e-13;
    above = above * square + -8.60467152213735e-11;
    above = above * square + 5.12229709037114e-08;
    above = above * square + 1.48572235717979e-05;
    above = above * square + 6.37261928875436e-04;
    above = above * square + 4.89352455891786e-03;
    let mut below = 1.19825839466702e-06;
    below = below * square + 1.18534705686654e-04;
    below = below * square + 2.26843463243900e-03;
    below = below * square + 4.89352518554385e-03;
    x * above / below
}

/// `outs ← f(ins)` element by element, over slices of one length.
///
/// PERF: results are gathered in registers before any is stored. A plain loop over several
/// slices stays scalar where the compiler cannot tell that they do not overlap, and then takes a
/// tenth of a training step (`examples/train_speed.rs`).
#[inline(always)]
pub fn map<const I: usize, const O: usize>(
    ins: [&[f32]; I],
    outs: [&mut [f32]; O],
    f: impl Fn([f32; I]) -> [f32; O],
) {
    let ins = ins.map(|values| values.as_chunks::<LANES>());
    let outs = outs.map(|values| values.as_chunks_mut::<LANES>());
    for chunk in 0..ins[0].0.len() {
        let mut made = [[0.0; LANES]; O];
        for lane in 0..LANES {
            let each = f(std::array::from_fn(|at| ins[at].0[chunk][lane]));
            made.iter_mut().zip(each).for_each(|(made, each)| made[lane] = each);
        }
        for at in 0..O {
            outs[at].0[chunk] = made[at];
        }
    }
    for lane in 0..ins[0].1.len() {
        let each = f(std::array::from_fn(|at| ins[at].1[lane]));
        for at in 0..O {
            outs[at].1[lane] = each[at];
        }
    }
}

/// `Σ f(xᵢ)` over a row, in [`LANES`] running sums.
#[inline(always)]
pub fn sum_of(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (chunks, tail) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += f(chunk[lane]);
        }
    }
    for (sum, x) in sums.iter_mut().zip(tail) {
        *sum += f(*x);
    }
    fold(sums)
}

/// `Σ f(xᵢ, yᵢ)` over two rows of one length, in [`LANES`] running sums.
#[inline(always)]
pub fn sum_of_two(xs: &[f32], ys: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let ((x_chunks, x_tail), (y_chunks, y_tail)) =
        (xs.as_chunks::<LANES>(), ys.as_chunks::<LANES>());
    for (x, y) in x_chunks.iter().zip(y_chunks) {
        for lane in 0..LANES {
            sums[lane] += f(x[lane], y[lane]);
        }
    }
    for ((sum, x), y) in sums.iter_mut().zip(x_tail).zip(y_tail) {
        *sum += f(*x, *y);
    }
    fold(sums)
}

/// The largest number of a row; NaN is passed over.
#[inline(always)]
#[must_use]
pub fn max_of(row: &[f32]) -> f32 {
    let mut best = [f32::NEG_INFINITY; LANES];
    let (chunks, tail) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            best[lane] = if chunk[lane] > best[lane] { chunk[lane] } else { best[lane] };
        }
    }
    for (best, x) in best.iter_mut().zip(tail) {
        *best = if *x > *best { *x } else { *best };
    }
    best.into_iter().fold(f32::NEG_INFINITY, f32::max)
}

/// `x ← exp(x − shift)` over a row, and the sum of the results.
#[inline(always)]
pub fn exp_and_sum(row: &mut [f32], shift: f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (chunks, tail) = row.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = exp(chunk[lane] - shift);
            sums[lane] += chunk[lane];
        }
    }
    for (sum, x) in sums.iter_mut().zip(tail) {
        *x = exp(*x - shift);
        *sum += *x;
    }
    fold(sums)
}

/// Pairwise, so that no sum gets more than its share of rounding.
#[inline(always)]
fn fold(mut sums: [f32; LANES]) -> f32 {
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, from: f32, to: f32) -> f64 {
        let n = 20_000;
        let points = (0..=n).map(|i| from + (to - from) * i as f32 / n as f32);
        points
            .map(|x| {
                let expected = exact(f64::from(x));
                (f64::from(f(x)) - expected).abs() / expected.abs().max(f64::MIN_POSITIVE)
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn exp_and_tanh_are_right_to_their_last_digits() {
        let ulp = f64::from(f32::EPSILON);
        assert!(worst(exp, f64::exp, -87.0, 88.0) < 2.0 * ulp);
        assert!(worst(tanh, f64::tanh, 1e-4, 7.9) < 4.0 * ulp);
        assert!((tanh(-30.0) + 1.0).abs() < 1e-6 && (tanh(30.0) - 1.0).abs() < 1e-6);
        assert_eq!((exp(f32::NEG_INFINITY), exp(-88.0), exp(0.0)), (0.0, 0.0, 1.0));
        assert_eq!(exp(f32::INFINITY), exp(88.0));
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
    }

    #[test]
    fn reductions_see_every_element_of_any_length() {
        for len in [0, 1, 15, 16, 17, 40] {
            let row: Vec<f32> = (0..len).map(|i| (i as f32 * 0.7).sin()).collect();
            let plain: f64 = row.iter().map(|x| f64::from(*x)).sum();
            assert!((f64::from(sum_of(&row, |x| x)) - plain).abs() < 1e-5);
            let dot: f64 = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
            assert!((f64::from(sum_of_two(&row, &row, |x, y| x * y)) - dot).abs() < 1e-5);
            let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(max_of(&row), max);
            let mut copy = row.clone();
            let sum = exp_and_sum(&mut copy, 0.5);
            let plain: f64 = row.iter().map(|x| (f64::from(*x) - 0.5).exp()).sum();
            assert!((f64::from(sum) - plain).abs() < 1e-5 * plain.max(1.0));
        }
    }
}
