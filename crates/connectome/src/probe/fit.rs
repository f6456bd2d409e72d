//! How well simple functions of two values explain a grid.
//!
//! Every fit is by least squares and has a number of parameters; what it explains is the
//! adjusted R², `1 − (1 − R²) (n − 1) / (n − p)`, so that a fit of many parameters has to be
//! better than one of few. Sums are f64.

/// What a fit explains, and with how many parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// Adjusted R²: 1 is all, 0 no more than the mean.
    pub(super) explained: f64,
    pub(super) n_parameters: usize,
}

impl Fit {
    fn new(missed: f64, total: f64, n: usize, n_parameters: usize) -> Self {
        let explained = if n > n_parameters && total > 0.0 {
            1.0 - missed / total * (n - 1) as f64 / (n - n_parameters) as f64
        } else {
            0.0
        };
        Self { explained, n_parameters }
    }
}

/// A grid that is to be explained: `[n_a, n_b]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells<'a> {
    pub(super) n_a: usize,
    pub(super) n_b: usize,
    pub(super) cells: &'a [f32],
}

impl Cells<'_> {
    pub(super) fn at(self, a: usize, b: usize) -> f64 {
        f64::from(self.cells[a * self.n_b + b])
    }

    fn all(self) -> impl Iterator<Item = f64> {
        self.cells.iter().map(|x| f64::from(*x)).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn mean(self) -> f64 {
        self.all().sum::<f64>() / self.cells.len() as f64
    }

    /// Sum of squares about the mean.
    pub(super) fn total(self) -> f64 {
        let mean = self.mean();
        self.all().map(|x| (x - mean).powi(2)).sum()
    }

    /// Means over cells of the same key, ascending by key, and how well they explain the grid.
    pub(super) fn by_key(self, key: impl Fn(usize, usize) -> i64) -> (Vec<Mean>, Fit) {
        let mut sums = std::collections::BTreeMap::new();
        for a in 0..self.n_a {
            for b in 0..self.n_b {
                let (n, sum) = sums.entry(key(a, b)).or_insert((0_usize, 0.0));
                *n += 1;
                *sum += self.at(a, b);
            }
        }
        let mean = |(key, (n, sum)): (i64, (usize, f64))| Mean { key, n, mean: sum / n as f64 };
        let means: Vec<Mean> = sums.into_iter().map(mean).collect();
        let explained: f64 = means.iter().map(|one| one.n as f64 * one.mean.powi(2)).sum();
        let squares: f64 = self.all().map(|x| x * x).sum();
        let missed = (squares - explained).max(0.0);
        let fit = Fit::new(missed, self.total(), self.cells.len(), means.len());
        (means, fit)
    }

    /// A sum of a function of each value.
    pub(super) fn additive(self) -> Fit {
        let (a, b) = (self.by_key(|a, _| a as i64).0, self.by_key(|_, b| b as i64).0);
        let mean = self.mean();
        let mut missed = 0.0;
        for (at_a, of_a) in a.iter().enumerate() {
            for (at_b, of_b) in b.iter().enumerate() {
                missed += (self.at(at_a, at_b) - of_a.mean - of_b.mean + mean).powi(2);
            }
        }
        let n_parameters = self.n_a + self.n_b - 1;
        Fit::new(missed, self.total(), self.cells.len(), n_parameters)
    }

    /// A product of a function of each value: the functions, and how well they explain the grid.
    pub(super) fn product(self) -> (Vec<f64>, Vec<f64>, Fit) {
        let (of_a, of_b, missed) = self.rank_one(|x| x);
        let n_parameters = self.n_a + self.n_b - 1;
        let fit = Fit::new(missed, self.total(), self.cells.len(), n_parameters);
        (of_a, of_b, fit)
    }

    /// One or the other: what is left to the largest cell is a product. So a cell is as large as
    /// either value alone makes it, and both together add nothing where one is enough.
    pub(super) fn either(self) -> Fit {
        let largest = self.all().fold(f64::NEG_INFINITY, f64::max);
        let (_, _, missed) = self.rank_one(|x| largest - x);
        let n_parameters = self.n_a + self.n_b;
        Fit::new(missed, self.total(), self.cells.len(), n_parameters)
    }

    /// The best product of a function of each value, and what it misses.
    fn rank_one(self, of: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>, f64) {
        const ROUNDS: usize = 60;
        let mut of_b: Vec<f64> =
            (0..self.n_b).map(|b| (0..self.n_a).map(|a| of(self.at(a, b))).sum::<f64>()).collect();
        let mut of_a = vec![0.0; self.n_a];
        for _ in 0..ROUNDS {
            let size = of_b.iter().map(|x| x * x).sum::<f64>();
            if size == 0.0 {
                break;
            }
            for (a, slot) in of_a.iter_mut().enumerate() {
                let products = of_b.iter().enumerate().map(|(b, x)| x * of(self.at(a, b)));
                *slot = products.sum::<f64>() / size;
            }
            let size = of_a.iter().map(|x| x * x).sum::<f64>();
            if size == 0.0 {
                break;
            }
            for (b, slot) in of_b.iter_mut().enumerate() {
                let products = of_a.iter().enumerate().map(|(a, x)| x * of(self.at(a, b)));
                *slot = products.sum::<f64>() / size;
            }
        }
        let mut missed = 0.0;
        for (a, x) in of_a.iter().enumerate() {
            for (b, y) in of_b.iter().enumerate() {
                missed += (of(self.at(a, b)) - x * y).powi(2);
            }
        }
        (of_a, of_b, missed)
    }

    /// Correlation of the grid with its transpose; `None` where it is not square, or constant.
    pub(super) fn symmetry(self) -> Option<f64> {
        let total = self.total();
        if self.n_a != self.n_b || total == 0.0 {
            return None;
        }
        let mean = self.mean();
        let mut shared = 0.0;
        for a in 0..self.n_a {
            for b in 0..self.n_b {
                shared += (self.at(a, b) - mean) * (self.at(b, a) - mean);
            }
        }
        Some(shared / total)
    }
}

/// The mean of the cells of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mean {
    pub(super) key: i64,
    pub(super) n: usize,
    pub(super) mean: f64,
}

/// The best fit that never falls (or never rises) from key to key: its levels, and what it
/// explains of a grid whose squares about the mean are `total` and which `means` explain as
/// `of_means`. Pool adjacent violators, Barlow et al. 1972.
pub(super) fn monotone(means: &[Mean], total: f64, missed_by_means: f64, n: usize) -> Fit {
    let levels = |sign: f64| {
        let mut levels: Vec<(f64, f64)> = Vec::new();
        for one in means {
            let (mut weight, mut mean) = (one.n as f64, sign * one.mean);
            while let Some(&(w, m)) = levels.last()
                && m >= mean
            {
                levels.pop();
                mean = (mean * weight + m * w) / (weight + w);
                weight += w;
            }
            levels.push((weight, mean));
        }
        levels
    };
    let missed = |levels: &[(f64, f64)], sign: f64| {
        let mut at = levels.iter();
        let (mut left, mut level) = (0.0, 0.0);
        let mut missed = 0.0;
        for one in means {
            if left < 0.5 {
                (left, level) = *at.next().expect("levels hold all means");
            }
            missed += one.n as f64 * (sign * one.mean - level).powi(2);
            left -= one.n as f64;
        }
        missed
    };
    let fit = |sign: f64| {
        let levels = levels(sign);
        Fit::new(missed(&levels, sign) + missed_by_means, total, n, levels.len())
    };
    let (up, down) = (fit(1.0), fit(-1.0));
    if up.explained >= down.explained { up } else { down }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(n: usize, f: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..n * n).map(|cell| f(cell / n, cell % n)).collect()
    }

    fn cells(n: usize, cells: &[f32]) -> Cells<'_> {
        Cells { n_a: n, n_b: n, cells }
    }

    #[test]
    fn a_function_explains_itself_and_noise_is_explained_by_nothing() {
        let sums = grid(20, |a, b| ((a + b) as f32 * 0.7).sin());
        let of = cells(20, &sums);
        assert!((of.by_key(|a, b| (a + b) as i64).1.explained - 1.0).abs() < 1e-6);
        assert!(of.by_key(|a, _| a as i64).1.explained < 0.2);
        let noise = grid(20, |a, b| (a * 7919 + b * 104_729 + a * a * b) as f32 % 97.0);
        let of = cells(20, &noise);
        let fits = [of.additive(), of.product().2, of.either(), of.by_key(|a, b| (a + b) as i64).1];
        assert!(fits.iter().all(|fit| fit.explained < 0.2), "{fits:?}");
    }

    #[test]
    fn products_and_alternatives_are_told_apart() {
        let is = |of: bool| f32::from(u8::from(of));
        let both = grid(20, |a, b| is(a % 10 == 6 && b % 10 == 9));
        assert!(cells(20, &both).product().2.explained > 0.999);
        assert!(cells(20, &both).either().explained < 0.5);
        let either = grid(20, |a, b| is(a % 10 == 6 || b % 10 == 9));
        assert!(cells(20, &either).either().explained > 0.999);
        assert!(cells(20, &either).product().2.explained < 0.9);
    }

    #[test]
    fn a_staircase_is_monotone_and_a_wave_is_not() {
        let fit = |f: &dyn Fn(i64) -> f64| {
            let means: Vec<Mean> = (0..40).map(|key| Mean { key, n: 10, mean: f(key) }).collect();
            let all = means.iter().map(|one| one.mean).sum::<f64>() / 40.0;
            let total = means.iter().map(|one| 10.0 * (one.mean - all).powi(2)).sum();
            monotone(&means, total, 0.0, 400)
        };
        let stairs = fit(&|key| (key / 10) as f64);
        assert!(stairs.explained > 0.999 && stairs.n_parameters == 4, "{stairs:?}");
        assert!(fit(&|key| -(key as f64).sqrt()).explained > 0.999);
        assert!(fit(&|key| (key % 10) as f64).explained < 0.3);
    }

    #[test]
    fn symmetry_is_one_for_sums_and_below_for_an_operand() {
        let sums = grid(9, |a, b| (a + b) as f32);
        assert!((cells(9, &sums).symmetry().unwrap() - 1.0).abs() < 1e-9);
        let first = grid(9, |a, _| a as f32);
        assert!(cells(9, &first).symmetry().unwrap().abs() < 1e-9);
        let difference = grid(9, |a, b| a as f32 - b as f32);
        assert!((cells(9, &difference).symmetry().unwrap() + 1.0).abs() < 1e-9);
        assert_eq!(cells(9, &grid(9, |_, _| 2.0)).symmetry(), None);
    }
}
