//! Clipping a gradient by its global norm.

/// Sum of squares in f64.
///
/// NUMERICS: a dictionary's gradient has 10⁸ numbers; f32 sums lose the small ones. Sixteen
/// running sums let the compiler use vector registers, and their order does not depend on the
/// machine.
#[must_use]
pub fn sum_of_squares(values: &[f32]) -> f64 {
    let mut sums = [0.0_f64; 16];
    let (chunks, tail) = values.as_chunks::<16>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(*x) * f64::from(*x);
        }
    }
    let tail: f64 = tail.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    sums.iter().sum::<f64>() + tail
}

/// The factor that brings a gradient of norm `norm` down to `max_norm`; 1 if it is below, or if
/// there is no limit.
///
/// PyTorch's `clip_grad_norm_` divides by `norm + 1e-6`; so does this, so that one step agrees
/// with it.
#[must_use]
pub fn factor(norm: f64, max_norm: Option<f64>) -> f64 {
    max_norm.map_or(1.0, |max_norm| (max_norm / (norm + 1e-6)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_exact_where_f32_is_not() {
        let values = vec![1e-4_f32; 1_000_003];
        let expected = 1_000_003.0 * f64::from(1e-4_f32).powi(2);
        assert!((sum_of_squares(&values) - expected).abs() < 1e-10 * expected);
        assert!((factor(10.0, Some(1.0)) - 0.1).abs() < 1e-6);
        assert!(factor(0.5, Some(1.0)) == 1.0 && factor(9.0, None) == 1.0);
    }
}
