//! Where to cut: the score above which lies a given share of all scores.
//!
//! The peer sorts all `N²` edge scores, which is what runs out of memory on long prompts
//! (circuit-tracer issue 92). Finite scores that are not negative are ordered as their bits
//! are, so the cut is found like a word in a dictionary: sum by the leading 16 bits, find the
//! bucket in which the running sum crosses the share, look at the next 16 bits of what is in
//! it. Four passes over the scores, which are never stored, and half a megabyte.

/// Bits resolved in a pass.
const DIGIT_BITS: u32 = 16;

/// The score of the entry that completes a share `q` of the sum of all scores, counted from
/// the largest down. Keep what is not below it.
///
/// `scores` is called once a pass and must give the same finite scores, none negative, each
/// time. The result is 0 if there is nothing to cut: `q` is 1 or more, or all scores are 0.
/// Zeros can complete no share, so they may be left out.
///
/// Source: circuit-tracer 0.4.1 `find_threshold`: the first entry whose cumulative share
/// reaches `q` is kept, and so are its ties. (The paper's pseudocode drops it.) For `q = 1` the
/// peer's result depends on rounding; ours keeps everything.
pub(crate) fn threshold<I>(scores: impl Fn() -> I, q: f64) -> f64
where
    I: Iterator<Item = f64>,
{
    if q >= 1.0 {
        return 0.0;
    }
    let mut prefix = 0_u64;
    let mut above = 0.0;
    let mut wanted = None;
    for shift in (0..u64::BITS).step_by(DIGIT_BITS as usize).rev() {
        let sums = digit_sums(scores(), prefix, shift);
        let wanted = *wanted.get_or_insert_with(|| q * sums.iter().sum::<f64>());
        match crossing(&sums, above, wanted) {
            Some((digit, sum_above)) => {
                prefix |= (digit as u64) << shift;
                above = sum_above;
            }
            None => return 0.0,
        }
    }
    f64::from_bits(prefix)
}

/// Sums of the scores that share the bits of `prefix` above `shift + DIGIT_BITS`, by the digit
/// at `shift`.
fn digit_sums(scores: impl Iterator<Item = f64>, prefix: u64, shift: u32) -> Vec<f64> {
    let mut sums = vec![0.0; 1 << DIGIT_BITS];
    let known = |bits: u64| bits.checked_shr(shift + DIGIT_BITS).unwrap_or(0);
    for score in scores.filter(|&score| score > 0.0) {
        let bits = score.to_bits();
        if known(bits) == known(prefix) {
            sums[(bits >> shift) as usize & ((1 << DIGIT_BITS) - 1)] += score;
        }
    }
    sums
}

/// The digit in which the running sum reaches `wanted`, and the sum above it. Rounding may
/// leave the sum of a bucket's parts short of the bucket: then it is the lowest part.
fn crossing(sums: &[f64], mut above: f64, wanted: f64) -> Option<(usize, f64)> {
    let mut lowest = None;
    for (digit, &sum) in sums.iter().enumerate().rev().filter(|&(_, &sum)| sum > 0.0) {
        lowest = Some((digit, above));
        if above + sum >= wanted {
            break;
        }
        above += sum;
    }
    lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scores: &[f64], q: f64, expected: f64) {
        assert_eq!(threshold(|| scores.iter().copied(), q), expected, "{scores:?} at {q}");
    }

    #[test]
    fn the_entry_that_completes_the_share_is_the_cut() {
        let scores = [1.0, 4.0, 0.0, 2.0, 3.0];
        check(&scores, 0.0, 4.0);
        check(&scores, 0.4, 4.0);
        check(&scores, 0.41, 3.0);
        check(&scores, 0.9, 2.0);
        check(&scores, 0.91, 1.0);
        check(&scores, 1.0, 0.0);
        check(&[], 0.5, 0.0);
        check(&[0.0, 0.0], 0.5, 0.0);
    }

    #[test]
    fn neighbours_in_the_last_bit_are_told_apart() {
        let low = 0.1_f64;
        let high = f64::from_bits(low.to_bits() + 1);
        check(&[low, high], 0.5, high);
        check(&[low, high], 0.75, low);
    }

    #[test]
    fn it_is_what_sorting_finds() {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let scores: Vec<f64> = (0..500).map(|_| next().powi(9)).collect();
        let mut sorted = scores.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let total: f64 = scores.iter().sum();
        for q in [0.1, 0.5, 0.8, 0.98, 0.999] {
            let mut sum = 0.0;
            let sorts_to = sorted.iter().find(|&&score| {
                sum += score;
                sum >= q * total
            });
            check(&scores, q, *sorts_to.unwrap());
        }
    }
}
