//! Which sums are seen in which wordings, and how often each number is an operand.

use crate::random::Random;
use crate::vocabulary::Size;

/// Out of a hundred pairs, so many are seen nowhere, and so many only as `calc`.
const HELD_OUT_PERCENT: usize = 20;
const CALC_ONLY_PERCENT: usize = 20;

/// Operands that are planted as rare, in a hundred.
const RARE_PERCENT: usize = 10;

/// Frequencies fall as one over rank plus this, so that the first number is about four times
/// as frequent as the last that is not rare.
const RANK_OFFSET: usize = 25;

/// Where a pair of operands may stand. A pair and its mirror image are one pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PairClass {
    Train,
    /// H2: seen as `calc`, in no other wording.
    CalcOnly,
    /// H1: seen in no wording.
    HeldOut,
}

/// The operands of sums: `0..limit`.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    pub(crate) limit: usize,
    /// Class of `a, b` at `a · limit + b`.
    classes: Vec<PairClass>,
    /// How often each number is drawn as an operand.
    pub(crate) weights: Vec<u32>,
    pub(crate) rare: Vec<usize>,
}

impl Numbers {
    pub(super) fn new(size: Size, random: &mut Random) -> Self {
        let limit = match size {
            Size::Full => 100,
            Size::Nano => 50,
        };
        let by_rank = random.distinct(limit, limit);
        let n_common = limit - limit * RARE_PERCENT / 100;
        let weight = |rank: usize| {
            u32::try_from(1_000_000 / (rank + RANK_OFFSET)).expect("at most a million")
        };
        // A rare number is drawn a fifth as often as one in the middle.
        let mut weights = vec![weight(n_common / 2) / 5; limit];
        for (rank, number) in by_rank[..n_common].iter().enumerate() {
            weights[*number] = weight(rank);
        }
        let mut rare = by_rank[n_common..].to_vec();
        rare.sort_unstable();
        Self { limit, classes: classes(limit, random), weights, rare }
    }

    pub(crate) fn class(&self, a: usize, b: usize) -> PairClass {
        self.classes[a * self.limit + b]
    }

    pub(crate) fn is_rare(&self, number: usize) -> bool {
        self.rare.contains(&number)
    }

    /// Two operands by their frequency, of a pair whose class is among `allowed`.
    pub(crate) fn draw(&self, random: &mut Random, allowed: &[PairClass]) -> (usize, usize) {
        loop {
            let (a, b) = (random.weighted(&self.weights), random.weighted(&self.weights));
            if allowed.contains(&self.class(a, b)) {
                return (a, b);
            }
        }
    }

    /// All ordered pairs of a class, ascending.
    pub(crate) fn pairs(&self, class: PairClass) -> Vec<(usize, usize)> {
        let pairs = (0..self.limit).flat_map(|a| (0..self.limit).map(move |b| (a, b)));
        pairs.filter(|(a, b)| self.class(*a, *b) == class).collect()
    }
}

fn classes(limit: usize, random: &mut Random) -> Vec<PairClass> {
    let mut pairs: Vec<(usize, usize)> =
        (0..limit).flat_map(|a| (a..limit).map(move |b| (a, b))).collect();
    random.shuffle(&mut pairs);
    let n_held_out = pairs.len() * HELD_OUT_PERCENT / 100;
    let n_calc_only = pairs.len() * CALC_ONLY_PERCENT / 100;
    let mut classes = vec![PairClass::Train; limit * limit];
    for (at, (a, b)) in pairs.into_iter().take(n_held_out + n_calc_only).enumerate() {
        let class = if at < n_held_out { PairClass::HeldOut } else { PairClass::CalcOnly };
        classes[a * limit + b] = class;
        classes[b * limit + a] = class;
    }
    classes
}
