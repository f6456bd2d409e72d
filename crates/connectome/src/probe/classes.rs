//! What a grid is a function of, in words.
//!
//! | class | is a function of | for example |
//! |---|---|---|
//! | constant | nothing: it fires nearly everywhere, and nearly alike | "an addition is asked for" |
//! | magnitude | how large the sum or one value is: it only rises, or only falls | sums above 100 |
//! | operand | one value | second is 57; first ends in 6 |
//! | sum, difference | the two together | sum about 92; sum ends in 5 |
//! | either | a function of one value, or of the other | either ends in 9 ("add 9") |
//! | lookup | a product: a condition on one value *and* one on the other | ends in 6 and in 9 |
//! | other | something else | |
//!
//! A class with a modulus looks at remainders only. All are fitted; of those that explain nearly
//! as much as the best, the one with fewest parameters is chosen, and if the best explains too
//! little, none. A verdict is automatic: it says what fits the numbers, not what the model means.
//!
//! Source: classes of Lindsey et al. 2025, "On the Biology of a Large Language Model", which
//! were assigned by eye.

use super::fit::{Cells, Fit, Mean, monotone};
use super::grid::Grid;

/// Remainders that are tried.
const MODULI: [i64; 7] = [2, 4, 5, 10, 20, 25, 50];

/// A simpler class is preferred if it explains at most so much less than the best.
const NEARLY: f64 = 0.03;

/// A class has to explain so much.
const ENOUGH: f64 = 0.5;

/// A constant fires on this share of the cells and varies at most by this share of its mean.
const EVERYWHERE: f64 = 0.95;
const ALIKE: f64 = 0.25;

/// A peak is what has at least this share of the largest mean.
const PEAK: f64 = 0.5;

/// Values that a list shows one by one.
const LISTED: usize = 4;

/// Which value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operand {
    /// That of the first slot.
    First,
    /// That of the second.
    Second,
    /// Their sum.
    Sum,
}

/// What a grid is a function of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The sum, or its remainder.
    Sum {
        /// Of the remainder.
        modulus: Option<i64>,
    },
    /// The first value less the second.
    Difference,
    /// A condition on the one and one on the other, or on their remainders.
    Lookup {
        /// Of the remainders.
        modulus: Option<i64>,
    },
    /// A condition on the one, or one on the other.
    Either {
        /// Of the remainders.
        modulus: Option<i64>,
    },
    /// One value, or its remainder; never [`Operand::Sum`].
    Operand {
        /// Which.
        which: Operand,
        /// Of the remainder.
        modulus: Option<i64>,
    },
    /// How large a value or the sum is.
    Magnitude {
        /// Of what.
        of: Operand,
    },
    /// Nothing.
    Constant,
    /// Something else.
    Other,
}

impl Class {
    /// In one word, for lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum { .. } => "sum",
            Self::Difference => "difference",
            Self::Lookup { .. } => "lookup",
            Self::Either { .. } => "either",
            Self::Operand { .. } => "operand",
            Self::Magnitude { .. } => "magnitude",
            Self::Constant => "constant",
            Self::Other => "other",
        }
    }

    /// The remainder's modulus, if it looks at one.
    #[must_use]
    pub fn modulus(self) -> Option<i64> {
        match self {
            Self::Sum { modulus }
            | Self::Lookup { modulus }
            | Self::Either { modulus }
            | Self::Operand { modulus, .. } => modulus,
            _ => None,
        }
    }
}

/// What is said of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it is a function of.
    pub class: Class,
    /// Which values, in a few words.
    pub words: String,
    /// Share of the grid's variance that the class explains, parameters counted; 0 for
    /// constant and other.
    pub explained: f64,
    /// Correlation of the grid with its transpose; `None` if it is not square, its values
    /// differ, or it is constant.
    pub symmetry: Option<f64>,
}

/// Numbers of the slots' values, where they have any.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    /// Of the first slot.
    pub first: &'a [i64],
    /// Of the second.
    pub second: &'a [i64],
}

/// What a grid is a function of. Sums, remainders and magnitudes are tried only where both slots
/// hold whole numbers; `same_values` says whether they hold the same, so that symmetry means
/// something.
#[must_use]
pub fn classify(grid: &Grid, numbers: Option<Numbers<'_>>, same_values: bool) -> Verdict {
    let cells = Cells { n_a: grid.n_a, n_b: grid.n_b, cells: &grid.cells };
    let symmetry = cells.symmetry().filter(|_| same_values);
    if is_constant(cells) {
        let words = "fires nearly everywhere, nearly alike".to_owned();
        return Verdict { class: Class::Constant, words, explained: 0.0, symmetry };
    }
    let candidates = candidates(cells, numbers);
    let best = candidates.iter().map(|one| one.1.explained).fold(0.0, f64::max);
    // The first of those with fewest parameters.
    let chosen = candidates
        .iter()
        .filter(|(_, fit)| fit.explained >= best - NEARLY && best >= ENOUGH)
        .min_by_key(|(_, fit)| fit.n_parameters);
    match chosen {
        None => {
            let words = "no simple function".to_owned();
            Verdict { class: Class::Other, words, explained: 0.0, symmetry }
        }
        Some((class, fit)) => {
            let words = words(*class, cells, numbers);
            Verdict { class: *class, words, explained: fit.explained, symmetry }
        }
    }
}

fn is_constant(cells: Cells<'_>) -> bool {
    let n = cells.cells.len() as f64;
    let n_active = cells.cells.iter().filter(|x| **x != 0.0).count() as f64;
    let spread = (cells.total() / n).sqrt();
    n_active >= EVERYWHERE * n && spread <= ALIKE * cells.mean().abs()
}

fn candidates(cells: Cells<'_>, numbers: Option<Numbers<'_>>) -> Vec<(Class, Fit)> {
    let operand = |which, modulus| Class::Operand { which, modulus };
    let mut all = vec![
        (operand(Operand::First, None), cells.by_key(|a, _| a as i64).1),
        (operand(Operand::Second, None), cells.by_key(|_, b| b as i64).1),
        (Class::Lookup { modulus: None }, cells.product().2),
        (Class::Either { modulus: None }, better(cells.either(), cells.additive())),
    ];
    let Some(Numbers { first, second }) = numbers else { return all };
    let total = cells.total();
    let n = cells.cells.len();
    let mut of_size = |of, (means, fit): (Vec<Mean>, Fit)| {
        let missed = missed(fit, total, n);
        all.push((Class::Magnitude { of }, monotone(&means, total, missed, n)));
    };
    let sums = cells.by_key(|a, b| first[a] + second[b]);
    of_size(Operand::First, cells.by_key(|a, _| first[a]));
    of_size(Operand::Second, cells.by_key(|_, b| second[b]));
    of_size(Operand::Sum, sums.clone());
    all.push((Class::Sum { modulus: None }, sums.1));
    all.push((Class::Difference, cells.by_key(|a, b| first[a] - second[b]).1));
    let largest = cells.n_a.min(cells.n_b) as i64 / 2;
    for m in MODULI.into_iter().filter(|m| *m <= largest) {
        let modulus = Some(m);
        let of_a = cells.by_key(|a, _| first[a].rem_euclid(m)).1;
        let of_b = cells.by_key(|_, b| second[b].rem_euclid(m)).1;
        all.push((operand(Operand::First, modulus), of_a));
        all.push((operand(Operand::Second, modulus), of_b));
        let of_sum = cells.by_key(|a, b| (first[a] + second[b]).rem_euclid(m)).1;
        all.push((Class::Sum { modulus }, of_sum));
        let [product, either] = of_remainders(cells, first, second, m);
        all.push((Class::Lookup { modulus }, product));
        all.push((Class::Either { modulus }, either));
    }
    all
}

fn better(a: Fit, b: Fit) -> Fit {
    if a.explained >= b.explained { a } else { b }
}

/// What a fit misses, from what it explains.
fn missed(fit: Fit, total: f64, n: usize) -> f64 {
    (1.0 - fit.explained) * total * (n - fit.n_parameters) as f64 / (n - 1) as f64
}

/// A product of functions of both remainders, and one or the other: fitted to the table of
/// means, and judged on all cells.
fn of_remainders(cells: Cells<'_>, first: &[i64], second: &[i64], m: i64) -> [Fit; 2] {
    let (means, fit) = cells.by_key(|a, b| first[a].rem_euclid(m) * m + second[b].rem_euclid(m));
    let n = cells.cells.len();
    let nothing = Fit { explained: 0.0, n_parameters: n };
    // Some pairs of remainders may never occur.
    if means.len() != (m * m) as usize {
        return [nothing, nothing];
    }
    let table: Vec<f32> = means.iter().map(|one| one.mean as f32).collect();
    let table = Cells { n_a: m as usize, n_b: m as usize, cells: &table };
    let (total, missed_by_means) = (cells.total(), missed(fit, cells.total(), n));
    let a_cell = n as f64 / (m * m) as f64;
    let judged = |of_table: Fit| {
        let table_missed = missed(of_table, table.total(), table.cells.len()) * a_cell;
        let missed = missed_by_means + table_missed.max(0.0);
        let p = of_table.n_parameters;
        let explained = 1.0 - missed / total * (n - 1) as f64 / (n - p) as f64;
        Fit { explained, n_parameters: p }
    };
    // Two remainders alone: a product of 2 by 2 has nearly as many parameters as cells.
    if m < 4 {
        return [nothing, nothing];
    }
    [judged(table.product().2), judged(better(table.either(), table.additive()))]
}

/// Which values, in a few words.
fn words(class: Class, cells: Cells<'_>, numbers: Option<Numbers<'_>>) -> String {
    let (n_a, n_b) = (cells.n_a as i64, cells.n_b as i64);
    let (first, second): (Vec<i64>, Vec<i64>) = match numbers {
        Some(numbers) => (numbers.first.to_vec(), numbers.second.to_vec()),
        None => ((0..n_a).collect(), (0..n_b).collect()),
    };
    let rest = |value: i64, modulus: Option<i64>| modulus.map_or(value, |m| value.rem_euclid(m));
    let place = if numbers.is_some() { "" } else { "value no. " };
    let mean = |key: &dyn Fn(usize, usize) -> i64| peak(&cells.by_key(key).0);
    match class {
        Class::Sum { modulus } => {
            said("sum", &mean(&|a, b| rest(first[a] + second[b], modulus)), modulus)
        }
        Class::Difference => said("difference", &mean(&|a, b| first[a] - second[b]), None),
        Class::Operand { which, modulus } => {
            let keys = match which {
                Operand::Second => mean(&|_, b| rest(second[b], modulus)),
                _ => mean(&|a, _| rest(first[a], modulus)),
            };
            said(&format!("{} {place}", name(which)), &keys, modulus)
        }
        Class::Lookup { modulus } | Class::Either { modulus } => {
            let one = mean(&|a, _| rest(first[a], modulus));
            let other = mean(&|_, b| rest(second[b], modulus));
            let join = if matches!(class, Class::Lookup { .. }) { "and" } else { "or" };
            format!(
                "{} {join} {}",
                said(&format!("first {place}"), &one, None),
                said(&format!("second {place}"), &other, modulus)
            )
        }
        Class::Magnitude { of } => {
            let means = match of {
                Operand::First => cells.by_key(|a, _| first[a]).0,
                Operand::Second => cells.by_key(|_, b| second[b]).0,
                Operand::Sum => cells.by_key(|a, b| first[a] + second[b]).0,
            };
            let keys = peak(&means);
            let (last, lowest) = (means.last().map(|one| one.key), keys.first().copied());
            match (keys.last().copied() == last, lowest) {
                (true, Some(from)) => format!("{} from about {from} up", name(of)),
                _ => format!("{} up to about {}", name(of), keys.last().copied().unwrap_or(0)),
            }
        }
        Class::Constant | Class::Other => String::new(),
    }
}

fn name(operand: Operand) -> &'static str {
    match operand {
        Operand::First => "first",
        Operand::Second => "second",
        Operand::Sum => "sum",
    }
}

/// Keys whose mean is at least half the largest, counted from the least.
fn peak(means: &[Mean]) -> Vec<i64> {
    let lowest = means.iter().map(|one| one.mean).fold(f64::INFINITY, f64::min);
    let highest = means.iter().map(|one| one.mean).fold(f64::NEG_INFINITY, f64::max);
    // NUMERICS: what is half but for rounding is half.
    let least = lowest + (PEAK - 1e-6) * (highest - lowest);
    means.iter().filter(|one| one.mean >= least).map(|one| one.key).collect()
}

/// `sum 88..96`, `first 6 mod 10`.
fn said(what: &str, keys: &[i64], modulus: Option<i64>) -> String {
    let is_run = keys.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let list = match keys {
        [] => "nowhere".to_owned(),
        [one] => one.to_string(),
        [start, .., end] if is_run => format!("{start} to {end}"),
        _ if keys.len() <= LISTED => keys.iter().map(i64::to_string).collect::<Vec<_>>().join(", "),
        _ => format!("{} values from {} to {}", keys.len(), keys[0], keys[keys.len() - 1]),
    };
    let modulus = modulus.map_or(String::new(), |m| format!(" mod {m}"));
    format!("{} {list}{modulus}", what.trim_end())
}

#[cfg(test)]
mod tests {
    use connectome_graph::FeatureId;

    use super::*;

    const N: usize = 60;

    fn judged(f: impl Fn(i64, i64) -> f32) -> Verdict {
        let cells = (0..N * N).map(|cell| f((cell / N) as i64, (cell % N) as i64)).collect();
        let grid = Grid { id: FeatureId { layer: 0, index: 0 }, n_a: N, n_b: N, cells };
        let values: Vec<i64> = (0..N as i64).collect();
        classify(&grid, Some(Numbers { first: &values, second: &values }), true)
    }

    /// A bump of this half width, with noise of a tenth that follows from the cell.
    fn bump(distance: i64, width: i64, a: i64, b: i64) -> f32 {
        let noise = ((a * 7919 + b * 104_729) % 101) as f32 / 1010.0;
        let height = (1.0 - distance.abs() as f32 / width as f32).max(0.0);
        if height > 0.0 { height + noise } else { 0.0 }
    }

    fn noisy(is: bool, a: i64, b: i64) -> f32 {
        bump(if is { 0 } else { 9 }, 1, a, b)
    }

    // The classes of the paper, each drawn as the paper shows it, with noise.
    #[test]
    fn each_class_is_recognised_under_noise() {
        let ten = Some(10);
        let cases: [(Class, &str, Verdict); 9] = [
            (
                Class::Sum { modulus: None },
                "sum 54 to 66",
                judged(|a, b| bump(a + b - 60, 12, a, b)),
            ),
            (
                Class::Sum { modulus: ten },
                "sum 5 mod 10",
                judged(|a, b| noisy((a + b) % 10 == 5, a, b)),
            ),
            (
                Class::Lookup { modulus: ten },
                "first 6 and second 9 mod 10",
                judged(|a, b| noisy(a % 10 == 6 && b % 10 == 9, a, b)),
            ),
            (
                Class::Lookup { modulus: None },
                "first 33 to 39 and second 49 to 55",
                judged(|a, b| bump(a - 36, 7, a, b) * bump(b - 52, 7, a, b)),
            ),
            (
                Class::Operand { which: Operand::Second, modulus: None },
                "second 42 to 46",
                judged(|a, b| bump(b - 44, 5, a, b)),
            ),
            (
                Class::Operand { which: Operand::First, modulus: ten },
                "first 6 mod 10",
                judged(|a, b| noisy(a % 10 == 6, a, b)),
            ),
            (
                Class::Either { modulus: ten },
                "first 9 or second 9 mod 10",
                judged(|a, b| noisy(a % 10 == 9 || b % 10 == 9, a, b)),
            ),
            (
                Class::Magnitude { of: Operand::Sum },
                "sum from about 80 up",
                judged(|a, b| noisy(a + b >= 80, a, b)),
            ),
            (Class::Difference, "difference 10 to 20", judged(|a, b| bump(a - b - 15, 11, a, b))),
        ];
        for (class, words, found) in cases {
            assert_eq!((found.class, found.words.as_str()), (class, words), "{found:?}");
            assert!(found.explained > 0.8, "{found:?}");
        }
    }

    #[test]
    fn what_is_nothing_is_said_to_be_nothing() {
        assert_eq!(judged(|a, b| 2.0 + bump(0, 1, a, b)).class, Class::Constant);
        let hash = |a: i64, b: i64| (a * 7919 + b * 104_729 + a * a * b * 31) % 97;
        assert_eq!(judged(|a, b| hash(a, b) as f32).class, Class::Other);
        // Sums that only one order of the operands reaches.
        let found = judged(|a, b| if a < b { bump(a + b - 60, 4, a, b) } else { 0.0 });
        assert!(found.symmetry.unwrap() < 0.1, "{found:?}");
        assert!(judged(|a, b| bump(a + b - 60, 4, a, b)).symmetry.unwrap() > 0.95);
    }

    #[test]
    fn values_that_are_no_numbers_are_counted() {
        let cells = (0..49).map(|cell| if cell % 7 == 2 { 1.0 } else { 0.0 }).collect();
        let grid = Grid { id: FeatureId { layer: 0, index: 0 }, n_a: 7, n_b: 7, cells };
        let found = classify(&grid, None, false);
        assert_eq!(found.class, Class::Operand { which: Operand::Second, modulus: None });
        assert_eq!(found.words, "second value no. 2");
        assert_eq!(found.symmetry, None);
    }
}
