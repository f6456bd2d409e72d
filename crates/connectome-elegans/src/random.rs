//! Seeded randomness: the only kind there is here.
//!
//! A stream is named by a seed, a purpose and an index, so that any part of the data can be made
//! without making what stands before it. ChaCha's output is fixed by its definition, and the
//! draws below are our own, so that no update of a library changes the data.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// A stream of random draws.
#[derive(Clone, Debug)]
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    /// Stream number `index` of those that `seed` has for `purpose`.
    pub(crate) fn new(seed: u64, purpose: &str, index: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes()).update(purpose.as_bytes());
        let mut rng = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
        rng.set_stream(index);
        Self(rng)
    }

    /// A number below `n`, which is not 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        // NUMERICS: the high half of a product is uniform up to n / 2^64.
        let product = u128::from(self.0.next_u64()) * n as u128;
        usize::try_from(product >> 64).expect("less than a usize")
    }

    /// A number of `range`, which is not empty.
    pub(crate) fn within(&mut self, range: Range<usize>) -> usize {
        range.start + self.below(range.len())
    }

    /// True in `percent` of a hundred draws.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, of which there is at least one.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        *self.one_of(items)
    }

    /// The same, where it is.
    pub(crate) fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// The place of one of `weights`, drawn by weight; their sum is not 0.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: usize = weights.iter().map(|weight| *weight as usize).sum();
        let mut left = self.below(total);
        for (at, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight as usize) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        unreachable!("the draw is below the sum of the weights")
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `n` different numbers below `limit`, in random order.
    pub(crate) fn distinct(&mut self, n: usize, limit: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..limit).collect();
        for at in 0..n {
            let other = self.within(at..limit);
            all.swap(at, other);
        }
        all.truncate(n);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(mut random: Random) -> usize {
        random.below(1_000_000_000)
    }

    // A change here changes every file that was ever made. The numbers are those of a second
    // implementation of ChaCha with 8 rounds, keyed with the BLAKE3 of seed and purpose.
    #[test]
    fn draws_are_what_they_always_were() {
        let mut random = Random::new(1, "test", 0);
        let draws: Vec<usize> = (0..6).map(|_| random.below(1000)).collect();
        assert_eq!(draws, [6, 895, 965, 190, 285, 107]);
    }

    #[test]
    fn seed_purpose_and_index_each_make_another_stream() {
        let one = first(Random::new(1, "a", 0));
        assert_eq!(one, first(Random::new(1, "a", 0)));
        assert_ne!(one, first(Random::new(2, "a", 0)));
        assert_ne!(one, first(Random::new(1, "b", 0)));
        assert_ne!(one, first(Random::new(1, "a", 1)));
    }

    #[test]
    fn weights_are_shares() {
        let mut random = Random::new(3, "weights", 0);
        let mut counts = [0; 3];
        (0..10_000).for_each(|_| counts[random.weighted(&[1, 0, 3])] += 1);
        assert_eq!(counts[1], 0);
        assert!((2_300..2_700).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn distinct_draws_are_distinct() {
        let mut random = Random::new(4, "distinct", 0);
        let mut drawn = random.distinct(10, 10);
        drawn.sort_unstable();
        assert_eq!(drawn, (0..10).collect::<Vec<_>>());
    }
}
