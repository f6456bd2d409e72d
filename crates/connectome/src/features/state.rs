//! What a pass knows of a feature so far, and how it is kept and found again, bit for bit.

use super::examples::{At, Example, Kept, Place};
use super::histogram::Histogram;
use super::partners::{Partner, Partners};
use crate::train::checkpoint::Make;

/// Everything gathered of one feature that has fired.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gathered {
    pub(super) fired: u32,
    pub(super) sum: f64,
    pub(super) min: f32,
    pub(super) max: f32,
    pub(super) histogram: Histogram,
    pub(super) kept: Kept,
    pub(super) partners: Partners,
}

impl Default for Gathered {
    fn default() -> Self {
        Self {
            fired: 0,
            sum: 0.0,
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
            histogram: Histogram::default(),
            kept: Kept::default(),
            partners: Partners::default(),
        }
    }
}

/// Of the layout of the numbers.
pub(super) const VERSION: u64 = 2;

/// Features of a list. All that a save holds beside the state itself is one list: some
/// megabytes.
pub(super) const CHUNK: usize = 1024;

/// Some features as numbers: for each that has fired its place, then what is known of it.
#[derive(Debug)]
pub(super) struct Chunk<'a>(pub(super) &'a [Option<Box<Gathered>>]);

/// What the list of a chunk is called.
pub(super) fn name(chunk: usize) -> String {
    format!("features-{chunk:06}")
}

impl Chunk<'_> {
    /// How many numbers there are.
    pub(super) fn n_words(&self) -> usize {
        self.0.iter().flatten().map(|gathered| 1 + gathered.n_words()).sum()
    }
}

impl Make for Chunk<'_> {
    fn make(&self) -> Vec<u8> {
        let mut words = Words(Vec::with_capacity(size_of::<u32>() * self.n_words()));
        for (place, gathered) in (0_u32..).zip(self.0) {
            if let Some(gathered) = gathered {
                words.u32(place);
                words.gathered(gathered);
            }
        }
        words.0
    }
}

/// Puts the features of a [`Chunk`] back; `None` if the numbers are none.
pub(super) fn read(words: &[u32], into: &mut [Option<Box<Gathered>>]) -> Option<()> {
    let mut rest = Reader(words);
    while !rest.0.is_empty() {
        let place = rest.u32()? as usize;
        *into.get_mut(place)? = Some(Box::new(rest.gathered()?));
    }
    Some(())
}

impl Gathered {
    /// How many numbers [`Words::gathered`] makes of it.
    fn n_words(&self) -> usize {
        let Self { histogram, kept, partners, .. } = self;
        let sampled = kept.sampled.iter().map(|(_, example)| example);
        let examples = kept.strongest.iter().chain(sampled);
        let of_examples: usize = examples.map(|example| 5 + 2 * example.firings.len()).sum();
        let of_lists = 2 * histogram.stored().len() + 2 * kept.sampled.len();
        11 + of_lists + of_examples + 6 * partners.list().len()
    }
}

/// Numbers as bytes, little-endian.
struct Words(Vec<u8>);

impl Words {
    fn u32(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.u32((number >> 32) as u32);
        self.u32(number as u32);
    }

    fn f32(&mut self, number: f32) {
        self.u32(number.to_bits());
    }

    fn f64(&mut self, number: f64) {
        self.u64(number.to_bits());
    }

    fn gathered(&mut self, gathered: &Gathered) {
        self.u32(gathered.fired);
        self.f64(gathered.sum);
        self.f32(gathered.min);
        self.f32(gathered.max);
        self.u32(gathered.histogram.stored().len() as u32);
        for (bin, count) in gathered.histogram.stored() {
            self.u32(u32::from(*bin));
            self.u32(*count);
        }
        self.u32(gathered.kept.strongest.len() as u32);
        gathered.kept.strongest.iter().for_each(|example| self.example(example));
        self.u32(gathered.kept.sampled.len() as u32);
        for (priority, example) in &gathered.kept.sampled {
            self.u64(*priority);
            self.example(example);
        }
        self.f64(gathered.partners.floor());
        self.u32(gathered.partners.list().len() as u32);
        for partner in gathered.partners.list() {
            self.u32(partner.feature);
            self.u32(partner.n);
            self.f64(partner.sum);
            self.f64(partner.excess);
        }
    }

    fn example(&mut self, example: &Example) {
        self.u32(example.place.document);
        self.u32(example.place.piece);
        self.at(example.peak);
        self.u32(example.firings.len() as u32);
        example.firings.iter().for_each(|at| self.at(*at));
    }

    fn at(&mut self, at: At) {
        self.u32(at.pos);
        self.f32(at.activation);
    }
}

struct Reader<'a>(&'a [u32]);

impl Reader<'_> {
    fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    fn f32(&mut self) -> Option<f32> {
        self.u32().map(f32::from_bits)
    }

    fn f64(&mut self) -> Option<f64> {
        self.u64().map(f64::from_bits)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.u32()?;
        (0..n).map(|_| read(self)).collect()
    }

    fn gathered(&mut self) -> Option<Gathered> {
        Some(Gathered {
            fired: self.u32()?,
            sum: self.f64()?,
            min: self.f32()?,
            max: self.f32()?,
            histogram: Histogram::from_bins(
                self.list(|rest| Some((u16::try_from(rest.u32()?).ok()?, rest.u32()?)))?,
            ),
            kept: Kept {
                strongest: self.list(Self::example)?,
                sampled: self.list(|rest| Some((rest.u64()?, rest.example()?)))?,
            },
            partners: self.partners()?,
        })
    }

    fn partners(&mut self) -> Option<Partners> {
        let floor = self.f64()?;
        let list = self.list(|rest| {
            let (feature, n) = (rest.u32()?, rest.u32()?);
            Some(Partner { feature, n, sum: rest.f64()?, excess: rest.f64()? })
        })?;
        Some(Partners::from_parts(list, floor))
    }

    fn example(&mut self) -> Option<Example> {
        let place = Place { document: self.u32()?, piece: self.u32()? };
        Some(Example { place, peak: self.at()?, firings: self.list(Self::at)? })
    }

    fn at(&mut self) -> Option<At> {
        Some(At { pos: self.u32()?, activation: self.f32()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::{Keeping, Window};
    use super::*;

    fn gathered(seed: u32) -> Gathered {
        let mut gathered =
            Gathered { fired: seed, sum: f64::from(seed) / 3.0, ..Gathered::default() };
        let window = Window { before: 4, after: 4 };
        let keeping = Keeping { n_strongest: 3, n_sampled: 3, window, seed: 1 };
        for document in 0..9 {
            let at = At { pos: document, activation: (seed + document) as f32 * 0.37 };
            let place = Place { document, piece: seed };
            gathered.kept.offer(&keeping, seed, place, &[at]);
            gathered.histogram.add(at.activation);
            let product = f64::from(at.activation);
            gathered.partners.add(3, std::iter::once((document, product)));
        }
        gathered
    }

    fn words(features: &[Option<Box<Gathered>>]) -> Vec<u32> {
        let bytes = Chunk(features).make();
        bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }

    fn back(words: &[u32], n: usize) -> Option<Vec<Option<Box<Gathered>>>> {
        let mut features = vec![None; n];
        read(words, &mut features).map(|()| features)
    }

    #[test]
    fn what_is_kept_comes_back_and_what_is_cut_does_not() {
        let features = [None, Some(Box::new(gathered(3))), None, Some(Box::new(gathered(8)))];
        let words = words(&features);
        assert_eq!(words.len(), Chunk(&features).n_words());
        assert_eq!(back(&words, 4).unwrap(), features);
        assert_eq!(back(&words[..words.len() - 1], 4), None);
        assert_eq!(back(&words, 3), None);
        assert_eq!(back(&[], 2).unwrap(), [None, None]);
    }
}
