//! Which places of a text are kept for a feature: the strongest, and a fair sample.
//!
//! A sequence gives a feature at most one example, the position where it fires most. The
//! strongest examples are those of largest peak. The sample is drawn by priorities: each
//! sequence has a number that is random but follows from seed, feature and place, and the
//! lowest stay. So every sequence that fires has the same chance, and neither order nor threads
//! nor a resumed pass change what is kept. Sorted by activation, parts of the sample are
//! examples of quantiles.
//!
//! Source: priority sampling of fixed size, Duffield, Lund and Thorup 2007, with equal weights.

use std::cmp::Ordering;

/// A sequence of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of its document.
    pub document: u32,
    /// Which of the document's sequences.
    pub piece: u32,
}

/// A position and the activation there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// Position in the sequence.
    pub pos: u32,
    /// Activation.
    pub activation: f32,
}

/// Where a feature fires in a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The sequence.
    pub place: Place,
    /// Where it fires most.
    pub peak: At,
    /// Every place near the peak where it fires, ascending.
    pub firings: Vec<At>,
}

/// How much of a sequence is kept around a peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Tokens before the peak.
    pub before: u32,
    /// Tokens after it.
    pub after: u32,
}

impl Window {
    fn holds(self, peak: u32, pos: u32) -> bool {
        pos + self.before >= peak && pos <= peak.saturating_add(self.after)
    }
}

/// What is kept of one feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// The strongest first.
    pub strongest: Vec<Example>,
    /// With their priorities, lowest first.
    pub sampled: Vec<(u64, Example)>,
}

/// How many examples are kept, and what decides the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Strongest examples.
    pub n_strongest: usize,
    /// Sampled examples.
    pub n_sampled: usize,
    /// Context of each.
    pub window: Window,
    /// Of the priorities.
    pub seed: u64,
}

impl Kept {
    /// Offers a sequence in which `feature` fires at `firings`, ascending and not empty.
    pub fn offer(&mut self, keeping: &Keeping, feature: u32, place: Place, firings: &[At]) {
        let peak = peak(firings);
        let place_of = |example: &Example| stronger_first(example, peak, place);
        let strong = self.strongest.partition_point(|example| place_of(example).is_lt());
        let priority = priority(keeping.seed, feature, place);
        let sampled = self.sampled.partition_point(|(other, _)| *other < priority);
        let is_strong = strong < keeping.n_strongest;
        let is_sampled = sampled < keeping.n_sampled;
        if !is_strong && !is_sampled {
            return;
        }
        let near = firings.iter().filter(|at| keeping.window.holds(peak.pos, at.pos));
        let mut near: Vec<At> = near.copied().collect();
        near.shrink_to_fit();
        let example = Example { place, peak, firings: near };
        if is_sampled {
            let one = (priority, example.clone());
            insert(&mut self.sampled, keeping.n_sampled, sampled, one);
        }
        if is_strong {
            insert(&mut self.strongest, keeping.n_strongest, strong, example);
        }
    }
}

/// Puts one into a list of at most `n`, from which the last goes if it is full. A list grows as
/// lists do, but never has room for more than `n`: there are very many.
fn insert<T>(list: &mut Vec<T>, n: usize, at: usize, one: T) {
    list.truncate(n - 1);
    if list.len() == list.capacity() {
        list.reserve_exact(list.len().max(4).min(n - list.len()));
    }
    list.insert(at, one);
}

/// The first of the strongest places.
fn peak(firings: &[At]) -> At {
    let mut peak = firings[0];
    for at in &firings[1..] {
        if at.activation > peak.activation {
            peak = *at;
        }
    }
    peak
}

/// The order of the strongest; of equals, the earlier place.
fn stronger_first(example: &Example, peak: At, place: Place) -> Ordering {
    let by_strength = peak.activation.total_cmp(&example.peak.activation);
    by_strength.then(example.place.cmp(&place))
}

/// A number that follows from its arguments and looks random.
fn priority(seed: u64, feature: u32, place: Place) -> u64 {
    let place = u64::from(place.document) << 32 | u64::from(place.piece);
    mixed(mixed(mixed(seed) ^ u64::from(feature)) ^ place)
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014), a bijection whose every output bit
/// depends on every input bit.
fn mixed(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEPING: Keeping =
        Keeping { n_strongest: 5, n_sampled: 40, window: Window { before: 2, after: 1 }, seed: 7 };

    fn place(document: u32) -> Place {
        Place { document, piece: 0 }
    }

    fn at(pos: u32, activation: f32) -> At {
        At { pos, activation }
    }

    fn offered(order: impl Iterator<Item = u32>) -> Kept {
        let mut kept = Kept::default();
        for document in order {
            // Every strength four times.
            let strength = (document / 4) as f32;
            kept.offer(&KEEPING, 3, place(document), &[at(1, strength)]);
        }
        kept
    }

    #[test]
    fn the_strongest_are_kept_and_of_equals_the_first() {
        let kept = offered(0..1000);
        let found: Vec<u32> = kept.strongest.iter().map(|e| e.place.document).collect();
        assert_eq!(found, [996, 997, 998, 999, 992]);
    }

    #[test]
    fn what_is_kept_does_not_depend_on_the_order() {
        assert_eq!(offered(0..1000), offered((0..1000).rev()));
    }

    // 4000 sequences, 40 of them kept, by 400 features: each tenth of the text should give 1600
    // examples, with a standard deviation of 38.
    #[test]
    fn every_sequence_has_the_same_chance() {
        let mut tenths = [0_u32; 10];
        for feature in 0..400 {
            let mut kept = Kept::default();
            for document in 0..4000 {
                kept.offer(&KEEPING, feature, place(document), &[at(0, 1.0)]);
            }
            for (_, example) in &kept.sampled {
                tenths[example.place.document as usize / 400] += 1;
            }
        }
        assert_eq!(tenths.iter().sum::<u32>(), 16_000);
        assert!(tenths.iter().all(|n| (1600 - 5 * 38..=1600 + 5 * 38).contains(n)), "{tenths:?}");
    }

    #[test]
    fn an_example_is_a_peak_and_what_fires_near_it() {
        let mut kept = Kept::default();
        let firings = [at(0, 1.0), at(3, 2.0), at(5, 9.0), at(6, 1.0), at(7, 9.0)];
        kept.offer(&KEEPING, 0, place(1), &firings);
        let example = &kept.strongest[0];
        assert_eq!(example.peak, at(5, 9.0));
        assert_eq!(example.firings, [at(3, 2.0), at(5, 9.0), at(6, 1.0)]);
        assert_eq!(kept.sampled[0].1, *example);
    }
}
