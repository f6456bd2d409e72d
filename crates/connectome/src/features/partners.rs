//! [`Partners`]: with what a feature fires together, in bounded memory.
//!
//! For each pair the sum of `a_i a_j` over tokens is wanted, which TWERA divides by the sum of
//! `a_j`. All pairs of a large dictionary do not fit. So a list that grew to twice its size is
//! cut to the strongest, and the largest sum that was cut, the floor, is remembered: whoever is
//! not on the list has at most that. A new partner may have been there before, so its sum starts
//! at the floor. A sum is then never too low, and too high by at most [`Partner::excess`], 0 for
//! a partner that was there from the start.
//!
//! The sums on the list are never more than those of the stream, as each new one that starts at
//! the floor stands for one that was cut with at least as much. So the floor is at most `1/size`
//! of the stream, and whoever has more is never lost.
//!
//! Only activations above zero count. Source: Space-Saving, Metwally, Agrawal and El Abbadi
//! 2005, "Efficient Computation of Frequent and Top-k Elements in Data Streams", with weights
//! and cuts in bulk as Anderson et al. 2017, arXiv:1705.07001.

/// A feature that fires with another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partner {
    /// Its number: layer times features of a layer, plus index.
    pub feature: u32,
    /// Tokens on which both fire, since it is on the list.
    pub n: u32,
    /// Σ of the product of both activations over tokens, at most.
    pub sum: f64,
    /// By how much `sum` may be too high.
    pub excess: f64,
}

/// The partners of one feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partners {
    /// Ascending by feature.
    list: Vec<Partner>,
    /// The most that a feature may have which is not on the list.
    floor: f64,
}

impl Partners {
    /// A stored list, ascending by feature, and its floor.
    #[must_use]
    pub fn from_parts(list: Vec<Partner>, floor: f64) -> Self {
        Self { list, floor }
    }

    /// All on the list, ascending by feature.
    #[must_use]
    pub fn list(&self) -> &[Partner] {
        &self.list
    }

    /// The most that a feature may have which is not on the list.
    #[must_use]
    pub fn floor(&self) -> f64 {
        self.floor
    }

    /// Counts a token: who fires there, ascending by feature, and the products of activations.
    /// A list of more than twice `size` is cut; `size` is above 0.
    pub fn add(&mut self, size: usize, together: impl Iterator<Item = (u32, f64)>) {
        let n_before = self.list.len();
        let mut at = 0;
        for (feature, product) in together {
            while at < n_before && self.list[at].feature < feature {
                at += 1;
            }
            if at < n_before && self.list[at].feature == feature {
                self.list[at].n += 1;
                self.list[at].sum += product;
            } else {
                let (sum, excess) = (self.floor + product, self.floor);
                self.list.push(Partner { feature, n: 1, sum, excess });
            }
        }
        if self.list.len() > n_before {
            // Two ascending runs: a stable sort merges them.
            self.list.sort_by_key(|partner| partner.feature);
        }
        if self.list.len() > 2 * size {
            self.cut(size);
        }
        // One token may bring many times as many as are kept, and must not leave their room.
        self.list.shrink_to(2 * size);
    }

    /// Leaves the `size` strongest; of equals, those of the lowest numbers.
    pub fn cut(&mut self, size: usize) {
        if self.list.len() <= size {
            return;
        }
        self.list.select_nth_unstable_by(size, |a, b| {
            b.sum.total_cmp(&a.sum).then(a.feature.cmp(&b.feature))
        });
        // What was selected is the strongest of those that go.
        self.floor = self.floor.max(self.list[size].sum);
        self.list.truncate(size);
        self.list.sort_unstable_by_key(|partner| partner.feature);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A stream in which low numbers are common and high ones many.
    fn stream() -> impl Iterator<Item = (u32, f64)> {
        (0..20_000_u32).map(|step| {
            let drawn = step.wrapping_mul(2_654_435_761) >> 16;
            let feature = if drawn.is_multiple_of(2) { drawn % 8 } else { 8 + drawn % 500 };
            (feature, 0.5 + f64::from(drawn % 7))
        })
    }

    fn counted(size: usize) -> (Partners, BTreeMap<u32, (u32, f64)>) {
        let (mut partners, mut truth) = (Partners::default(), BTreeMap::new());
        for (feature, product) in stream() {
            partners.add(size, std::iter::once((feature, product)));
            let (n, sum) = truth.entry(feature).or_insert((0, 0.0));
            *n += 1;
            *sum += product;
        }
        (partners, truth)
    }

    #[test]
    fn a_list_that_is_never_full_is_exact() {
        let (partners, truth) = counted(1000);
        assert_eq!(partners.list().len(), truth.len());
        for Partner { feature, n, sum, excess } in partners.list() {
            assert_eq!((*n, *sum, *excess), (truth[feature].0, truth[feature].1, 0.0));
        }
    }

    // The guarantees of the paper: bounds hold, and the heavy are there.
    #[test]
    fn a_full_list_bounds_every_sum_and_keeps_the_heavy() {
        let (mut partners, truth) = counted(32);
        assert!((32..=64).contains(&partners.list().len()));
        partners.cut(32);
        let list = partners.list();
        assert_eq!(list.len(), 32);
        assert!(list.windows(2).all(|pair| pair[0].feature < pair[1].feature));
        for partner in list {
            let sum = truth[&partner.feature].1;
            assert!(partner.sum >= sum - 1e-6 && partner.sum - partner.excess <= sum + 1e-6);
            assert!(partner.n <= truth[&partner.feature].0);
        }
        let all: f64 = truth.values().map(|(_, sum)| sum).sum();
        for (feature, (_, sum)) in &truth {
            let is_there = list.iter().any(|partner| partner.feature == *feature);
            assert!(is_there || *sum <= all / 32.0, "{feature} with {sum} of {all}");
        }
        assert!(list.iter().any(|partner| partner.excess > 0.0));
        assert!(partners.floor() <= all / 32.0);
    }

    #[test]
    fn a_list_has_no_room_for_more_than_twice_its_size() {
        let mut partners = Partners::default();
        for n in [1, 5, 5000, 63, 65] {
            partners.add(32, (0..n).map(|feature| (feature, 1.0)));
            assert!(partners.list.capacity() <= 64, "{n}: {}", partners.list.capacity());
        }
    }

    #[test]
    fn who_fires_at_a_token_is_merged_in_order() {
        let mut partners = Partners::default();
        for token in [[2, 5, 9], [1, 5, 7], [0, 9, 12]] {
            partners.add(10, token.into_iter().map(|feature| (feature, 1.0)));
        }
        let found: Vec<(u32, u32)> =
            partners.list().iter().map(|partner| (partner.feature, partner.n)).collect();
        assert_eq!(found, [(0, 1), (1, 1), (2, 1), (5, 2), (7, 1), (9, 2), (12, 1)]);
    }
}
