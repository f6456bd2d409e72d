//! What a pass knows of a feature so far, and how it is kept and found again, bit for bit.

use super::examples::{At, Example, Kept, Place};
use super::histogram::Histogram;
use super::partners::{Partner, Partners};

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

/// All features as numbers: for each that has fired its number, then what is known of it.
pub(super) fn to_words(features: &[Option<Box<Gathered>>]) -> Vec<u32> {
    let mut words = Words(Vec::new());
    for (number, gathered) in (0_u32..).zip(features) {
        if let Some(gathered) = gathered {
            words.u32(number);
            words.gathered(gathered);
        }
    }
    words.0
}

/// The features of [`to_words`], of `n` in all; `None` if the numbers are no such list.
pub(super) fn from_words(words: &[u32], n: usize) -> Option<Vec<Option<Box<Gathered>>>> {
    let mut features = vec![None; n];
    let mut rest = Reader(words);
    while !rest.0.is_empty() {
        let number = rest.u32()? as usize;
        *features.get_mut(number)? = Some(Box::new(rest.gathered()?));
    }
    Some(features)
}

struct Words(Vec<u32>);

impl Words {
    fn u32(&mut self, number: u32) {
        self.0.push(number);
    }

    fn u64(&mut self, number: u64) {
        self.0.extend([(number >> 32) as u32, number as u32]);
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

    #[test]
    fn what_is_kept_comes_back_and_what_is_cut_does_not() {
        let features = [None, Some(Box::new(gathered(3))), None, Some(Box::new(gathered(8)))];
        let words = to_words(&features);
        assert_eq!(from_words(&words, 4).unwrap(), features);
        assert_eq!(from_words(&words[..words.len() - 1], 4), None);
        assert_eq!(from_words(&words, 3), None);
        assert_eq!(from_words(&[], 2).unwrap(), [None, None]);
    }
}
