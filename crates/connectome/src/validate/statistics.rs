//! How well predictions agree with measurements: correlations, signs, quantiles.
//!
//! A statistic of too few points, or of points that do not vary, is `None`: it is not known,
//! which is not the same as zero. Sums are in double precision and in the order given.

use std::cmp::Ordering;

/// Fewer points than this have no correlation that means anything.
const FEWEST: usize = 3;

/// A prediction, and what came of it, in the same units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// What was expected.
    pub predicted: f64,
    /// What was found.
    pub measured: f64,
}

/// How points agree.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// How many points.
    pub n: usize,
    /// Correlation of the numbers.
    pub pearson: Option<f64>,
    /// Correlation of their ranks.
    pub spearman: Option<f64>,
    /// What is measured for each unit predicted: the slope of the line through the origin that
    /// fits best.
    pub slope: Option<f64>,
    /// Of the points that predict something, the share with the sign predicted.
    pub sign: Option<f64>,
    /// The same, each point by the size of what it predicts.
    pub sign_weighted: Option<f64>,
}

impl Agreement {
    /// Of these points.
    #[must_use]
    pub fn of(points: &[Point]) -> Self {
        Self {
            n: points.len(),
            pearson: pearson(points),
            spearman: spearman(points),
            slope: slope(points),
            sign: sign_agreement(points, |_| 1.0),
            sign_weighted: sign_agreement(points, |point| point.predicted.abs()),
        }
    }
}

/// Pearson's correlation; `None` of fewer than three points, or if either side does not vary.
#[must_use]
pub fn pearson(points: &[Point]) -> Option<f64> {
    if points.len() < FEWEST {
        return None;
    }
    let n = points.len() as f64;
    let mean_p = points.iter().map(|point| point.predicted).sum::<f64>() / n;
    let mean_m = points.iter().map(|point| point.measured).sum::<f64>() / n;
    let (mut both, mut of_p, mut of_m) = (0.0, 0.0, 0.0);
    for point in points {
        let (p, m) = (point.predicted - mean_p, point.measured - mean_m);
        both += p * m;
        of_p += p * p;
        of_m += m * m;
    }
    let size = (of_p * of_m).sqrt();
    (size > 0.0).then(|| (both / size).clamp(-1.0, 1.0))
}

/// Spearman's correlation: Pearson's of the ranks, equal numbers sharing the mean of theirs.
#[must_use]
pub fn spearman(points: &[Point]) -> Option<f64> {
    let predicted = ranks(&points.iter().map(|point| point.predicted).collect::<Vec<_>>());
    let measured = ranks(&points.iter().map(|point| point.measured).collect::<Vec<_>>());
    let ranked = predicted.into_iter().zip(measured);
    let ranked = ranked.map(|(predicted, measured)| Point { predicted, measured });
    pearson(&ranked.collect::<Vec<_>>())
}

/// The place of each number among all, from 0; equal numbers share the mean of their places.
fn ranks(numbers: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    // −0 and 0 are equal, whatever `total_cmp` says of them.
    let equal = |a: &usize, b: &usize| numbers[*a] == numbers[*b];
    let mut ranks = vec![0.0; numbers.len()];
    let mut first = 0;
    for tied in order.chunk_by(equal) {
        let mean = first as f64 + (tied.len() - 1) as f64 / 2.0;
        tied.iter().for_each(|at| ranks[*at] = mean);
        first += tied.len();
    }
    ranks
}

fn slope(points: &[Point]) -> Option<f64> {
    let of_p: f64 = points.iter().map(|point| point.predicted.powi(2)).sum();
    let both: f64 = points.iter().map(|point| point.predicted * point.measured).sum();
    (points.len() >= FEWEST && of_p > 0.0).then(|| both / of_p)
}

fn sign_agreement(points: &[Point], weight: impl Fn(&Point) -> f64) -> Option<f64> {
    let says = || points.iter().filter(|point| point.predicted != 0.0);
    let total: f64 = says().map(&weight).sum();
    let agree: f64 = says().filter(|point| agree_in_sign(point)).map(&weight).sum();
    (total > 0.0).then(|| agree / total)
}

/// Whether both sides are above zero, or both below.
#[must_use]
pub fn agree_in_sign(point: &Point) -> bool {
    (point.predicted > 0.0 && point.measured > 0.0)
        || (point.predicted < 0.0 && point.measured < 0.0)
}

/// Where numbers lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, of a sample (n − 1); 0 of one number.
    pub sd: f64,
    /// The 2.5 % quantile.
    pub lo: f64,
    /// The 97.5 % quantile.
    pub hi: f64,
}

impl Spread {
    /// Of these numbers; `None` of none.
    #[must_use]
    pub fn of(numbers: &[f64]) -> Option<Self> {
        let n = numbers.len();
        let mean = numbers.iter().sum::<f64>() / n as f64;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let sd = if n > 1 { (squares / (n - 1) as f64).sqrt() } else { 0.0 };
        let [lo, hi] = [0.025, 0.975].map(|q| quantile(numbers, q));
        Some(Self { n, mean, sd, lo: lo?, hi: hi? })
    }
}

/// The number below which a share `q` of all lie, between two of them in proportion (R's type 7,
/// numpy's default); `None` of no numbers.
#[must_use]
pub fn quantile(numbers: &[f64], q: f64) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor();
    let (at, part) = (below as usize, place - below);
    let above = sorted[(at + 1).min(last)];
    Some(sorted[at] + part * (above - sorted[at]))
}

/// Points that predict nearly the same, and what came of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// How many.
    pub n: usize,
    /// The mean of what they predict.
    pub predicted: f64,
    /// The median of what was measured.
    pub measured: f64,
    /// The lower quartile of what was measured.
    pub lo: f64,
    /// The upper quartile.
    pub hi: f64,
}

/// Points in `n` groups of equal number, or one more, by what they predict, ascending.
#[must_use]
pub fn bins(points: &[Point], n: usize) -> Vec<Bin> {
    let mut sorted = points.to_vec();
    let order = |a: &Point, b: &Point| -> Ordering {
        a.predicted.total_cmp(&b.predicted).then(a.measured.total_cmp(&b.measured))
    };
    sorted.sort_by(order);
    let n = n.min(sorted.len()).max(1);
    let edge = |at: usize| at * sorted.len() / n;
    let bin = |at: usize| {
        let group = &sorted[edge(at)..edge(at + 1)];
        let measured: Vec<f64> = group.iter().map(|point| point.measured).collect();
        let mean = group.iter().map(|point| point.predicted).sum::<f64>() / group.len() as f64;
        Some(Bin {
            n: group.len(),
            predicted: mean,
            measured: quantile(&measured, 0.5)?,
            lo: quantile(&measured, 0.25)?,
            hi: quantile(&measured, 0.75)?,
        })
    };
    (0..n).filter_map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(pairs: &[(f64, f64)]) -> Vec<Point> {
        pairs.iter().map(|&(predicted, measured)| Point { predicted, measured }).collect()
    }

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} against {expected}");
    }

    // Means 2.5 and 3; deviations (−1.5, −.5, .5, 1.5) and (−1, −2, 2, 1); products
    // 1.5 + 1 + 1 + 1.5 = 5, squares 5 and 10.
    #[test]
    fn pearson_by_hand() {
        let four = points(&[(1.0, 2.0), (2.0, 1.0), (3.0, 5.0), (4.0, 4.0)]);
        near(pearson(&four), 5.0 / 50.0_f64.sqrt());
        near(pearson(&points(&[(1.0, -1.0), (2.0, -2.0), (5.0, -5.0)])), -1.0);
        near(pearson(&points(&[(0.0, 1.0), (1.0, 0.0), (2.0, 1.0)])), 0.0);
    }

    // Ranks (0, 1.5, 1.5, 3) and (0, 1, 2, 3): deviations (−1.5, 0, 0, 1.5) and
    // (−1.5, −.5, .5, 1.5); products 4.5, squares 4.5 and 5.
    #[test]
    fn spearman_with_ties_by_hand() {
        let tied = points(&[(-7.0, 0.1), (2.0, 0.2), (2.0, 30.0), (9.0, 31.0)]);
        near(spearman(&tied), 4.5 / 22.5_f64.sqrt());
        // What keeps the order keeps the ranks.
        near(spearman(&points(&[(1.0, 1.0), (2.0, 8.0), (3.0, 27.0), (4.0, 640.0)])), 1.0);
        assert_eq!(ranks(&[0.0, -0.0, 5.0]), [0.5, 0.5, 2.0]);
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 3.0, 0.0]), [3.0, 1.0, 3.0, 3.0, 0.0]);
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        assert_eq!(pearson(&points(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)])), None);
        assert_eq!(spearman(&points(&[(1.0, 2.0), (3.0, 2.0), (4.0, 2.0)])), None);
        assert_eq!(pearson(&points(&[(1.0, 2.0), (2.0, 3.0)])), None);
        assert_eq!(Agreement::of(&[]), Agreement::default());
    }

    // Two of three agree; by size 4 of 5. What predicts nothing does not count, and what did
    // not move does not agree. Slope (1·2 + 3·1 − 1·2) / (1 + 9 + 1).
    #[test]
    fn signs_and_slope_by_hand() {
        let four = points(&[(1.0, 2.0), (-3.0, -1.0), (-1.0, 2.0), (0.0, 9.0)]);
        let found = Agreement::of(&four);
        near(found.sign, 2.0 / 3.0);
        near(found.sign_weighted, 4.0 / 5.0);
        near(found.slope, 3.0 / 11.0);
        let still = Agreement::of(&points(&[(1.0, 0.0), (1.0, 1.0)]));
        near(still.sign, 0.5);
        // Products of tiny numbers vanish; their signs do not.
        assert!(agree_in_sign(&Point { predicted: -1e-300, measured: -1e-300 }));
    }

    // numpy.quantile([4, 1, 3, 2], [0, .025, .5, .9, 1]) = 1, 1.075, 2.5, 3.7, 4.
    #[test]
    fn quantiles_by_hand() {
        let numbers = [4.0, 1.0, 3.0, 2.0];
        for (q, expected) in [(0.0, 1.0), (0.025, 1.075), (0.5, 2.5), (0.9, 3.7), (1.0, 4.0)] {
            near(quantile(&numbers, q), expected);
        }
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[7.0], 0.3), Some(7.0));
    }

    #[test]
    fn a_spread_by_hand() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert_eq!((spread.n, spread.mean), (4, 3.0));
        near(Some(spread.sd), (14.0_f64 / 3.0).sqrt());
        near(Some(spread.lo), 1.075);
        near(Some(spread.hi), 5.775);
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[5.0]).unwrap().sd, 0.0);
    }

    #[test]
    fn bins_hold_every_point_once_in_order() {
        let eleven: Vec<Point> = (0..11)
            .map(|at| f64::from((at * 7) % 11))
            .map(|predicted| Point { predicted, measured: 2.0 * predicted })
            .collect();
        let bins = bins(&eleven, 3);
        assert_eq!(bins.iter().map(|bin| bin.n).collect::<Vec<_>>(), [3, 4, 4]);
        assert_eq!(bins.iter().map(|bin| bin.predicted).collect::<Vec<_>>(), [1.0, 4.5, 8.5]);
        assert_eq!(bins.iter().map(|bin| bin.measured).collect::<Vec<_>>(), [2.0, 9.0, 17.0]);
        assert_eq!((bins[1].lo, bins[1].hi), (7.5, 10.5));
        assert_eq!(super::bins(&[], 5), []);
        assert_eq!(super::bins(&eleven[..2], 5).len(), 2);
    }
}
