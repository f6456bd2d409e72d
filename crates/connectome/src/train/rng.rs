//! [`Rng`]: random numbers as a pure function of `(seed, stream, counter)`.
//!
//! A generator that is advanced has a state, which a checkpoint would have to hold and every
//! thread to share. This one is addressed: the numbers of step 900 are those of counter 900,
//! whoever asks, in whatever order. So a resumed run draws what the uninterrupted one drew.
//!
//! The bits are ChaCha8's, whose output is the same in every version and on every machine
//! (Bernstein 2008, "ChaCha, a variant of Salsa20"); what is made of them is written here, since
//! libraries of distributions change theirs between versions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// 32-bit words from one counter to the next: more than any draw takes.
const WORDS_A_COUNTER: u128 = 1 << 32;

/// What numbers are for: two uses of one seed never share any.
///
/// Values are part of what makes a run reproducible, so they are never reused or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stream {
    /// Initial parameters.
    Init,
    /// Order of documents or sequences; the counter is the epoch.
    Order,
    /// Choices inside a shuffle buffer; the counter is the refill.
    Shuffle,
    /// A sample of the data, as for calibration; the counter is the caller's.
    Sample,
    /// Dropout, noise and the like inside a step; the counter is the step.
    Step,
    /// A random baseline to compare a result with.
    Baseline,
}

impl Stream {
    fn id(self) -> u64 {
        match self {
            Self::Init => 1,
            Self::Order => 2,
            Self::Shuffle => 3,
            Self::Sample => 4,
            Self::Step => 5,
            Self::Baseline => 6,
        }
    }
}

/// The numbers of one `(seed, stream, counter)`, in order.
#[derive(Clone, Debug)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The numbers from the start of this counter.
    #[must_use]
    pub fn new(seed: u64, stream: Stream, counter: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream.id());
        rng.set_word_pos(u128::from(counter) * WORDS_A_COUNTER);
        Self(rng)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `[0, 1)`, a multiple of 2⁻²⁴.
    pub fn uniform(&mut self) -> f32 {
        // The upper 24 bits fit an f32 exactly.
        (self.0.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Uniform in `[low, high)`, up to rounding.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal, by Box and Muller's transform of two uniform numbers.
    pub fn normal(&mut self) -> f32 {
        let unit = |bits: u64| (bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64);
        let (first, second) = (unit(self.bits()), unit(self.bits()));
        // NUMERICS: `libm` gives the same bits on every machine; 1 - first is never zero.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - first));
        (radius * libm::cos(std::f64::consts::TAU * second)) as f32
    }

    /// Uniform in `0..n`, without bias.
    ///
    /// # Panics
    ///
    /// If `n` is zero.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "nothing to choose from");
        // Lemire 2019, arXiv:1805.10941: the high half of a product, redrawn where the low half
        // falls into the part that does not divide evenly.
        let uneven = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            if product as u64 >= uneven {
                return (product >> 64) as u64;
            }
        }
    }

    /// Puts `items` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            items.swap(last, chosen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u64, stream: Stream, counter: u64) -> Vec<u64> {
        let mut rng = Rng::new(seed, stream, counter);
        (0..4).map(|_| rng.bits()).collect()
    }

    // The numbers are part of every recorded run: a library that changed them must be noticed.
    #[test]
    fn the_numbers_are_these_and_depend_on_all_three() {
        let first = draws(7, Stream::Init, 0);
        assert_eq!(first, draws(7, Stream::Init, 0));
        for other in
            [draws(8, Stream::Init, 0), draws(7, Stream::Order, 0), draws(7, Stream::Init, 1)]
        {
            assert!(first.iter().all(|x| !other.contains(x)));
        }
        assert_eq!(first[0], 0xfdfa_d737_a8d7_aac7);
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut rng = Rng::new(3, Stream::Sample, 0);
        let n = 200_000;
        let uniform: Vec<f64> = (0..n).map(|_| f64::from(rng.uniform())).collect();
        assert!(uniform.iter().all(|x| (0.0..1.0).contains(x)));
        let mean = uniform.iter().sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.003, "{mean}");
        let normal: Vec<f64> = (0..n).map(|_| f64::from(rng.normal())).collect();
        let moment = |power: i32| normal.iter().map(|x| x.powi(power)).sum::<f64>() / f64::from(n);
        assert!(moment(1).abs() < 0.01, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.02, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.1, "{}", moment(4));
    }

    #[test]
    fn below_is_even_and_a_shuffle_is_a_permutation() {
        let mut rng = Rng::new(5, Stream::Shuffle, 9);
        let mut counts = [0_u32; 6];
        (0..60_000).for_each(|_| counts[rng.below(6) as usize] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
        let mut items: Vec<u32> = (0..1000).collect();
        rng.shuffle(&mut items);
        assert!(items.iter().enumerate().filter(|(at, x)| *at == **x as usize).count() < 10);
        items.sort_unstable();
        assert_eq!(items, (0..1000).collect::<Vec<u32>>());
    }
}
