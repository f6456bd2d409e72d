//! [`Table`]: many rows in as few bits as lose nothing.
//!
//! Writing directions come from files in bf16, f16 or f32 and are the largest thing on a device.
//! Whether a narrower type holds a number exactly is asked of the number itself, so tables of
//! mixed dictionaries are as narrow as they can be.

use half::f16;

/// How a row of a table is stored in 32-bit words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Format {
    /// One number a word.
    F32 = 0,
    /// Two bf16 numbers a word, the first in the low half.
    Bf16 = 1,
    /// Two f16 numbers a word, the first in the low half.
    F16 = 2,
}

impl Format {
    /// Words of one row of `width` numbers; rows start at whole words.
    #[must_use]
    pub fn row_words(self, width: usize) -> usize {
        match self {
            Self::F32 => width,
            Self::Bf16 | Self::F16 => width.div_ceil(2),
        }
    }

    /// Whether all of these numbers survive being stored so.
    #[must_use]
    pub fn holds(self, values: &[f32]) -> bool {
        match self {
            Self::F32 => true,
            Self::Bf16 => values.iter().all(|x| x.to_bits() & 0xffff == 0),
            Self::F16 => values.iter().all(|x| f16::from_f32(*x).to_f32().to_bits() == x.to_bits()),
        }
    }

    /// Stores one row of numbers that it holds.
    pub fn pack(self, row: &[f32], words: &mut [u32]) {
        debug_assert!(self.holds(row) && words.len() == self.row_words(row.len()));
        let halves = |pair: &[f32], narrow: fn(f32) -> u32| {
            let second = pair.get(1).map_or(0, |x| narrow(*x));
            narrow(pair[0]) | second << 16
        };
        match self {
            Self::F32 => words.iter_mut().zip(row).for_each(|(word, x)| *word = x.to_bits()),
            Self::Bf16 => {
                let narrow = |x: f32| x.to_bits() >> 16;
                words.iter_mut().zip(row.chunks(2)).for_each(|(w, pair)| *w = halves(pair, narrow));
            }
            Self::F16 => {
                let narrow = |x: f32| u32::from(f16::from_f32(x).to_bits());
                words.iter_mut().zip(row.chunks(2)).for_each(|(w, pair)| *w = halves(pair, narrow));
            }
        }
    }

    /// Widens one row.
    pub fn unpack(self, words: &[u32], row: &mut [f32]) {
        for (at, x) in row.iter_mut().enumerate() {
            let half = |words: &[u32]| (words[at / 2] >> (16 * (at % 2))) & 0xffff;
            *x = match self {
                Self::F32 => f32::from_bits(words[at]),
                Self::Bf16 => f32::from_bits(half(words) << 16),
                Self::F16 => f16::from_bits(half(words) as u16).to_f32(),
            };
        }
    }
}

/// Rows of numbers on a device, in a stored format.
#[derive(Debug)]
pub struct Table<W> {
    /// Where they lie.
    pub words: W,
    /// How.
    pub format: Format,
    /// Numbers in a row.
    pub width: usize,
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let odd = [0.1_f32, -2.5, 3.0e-5, 7.75, -0.0];
        let in_bf16 = odd.map(|x| bf16::from_f32(x).to_f32());
        let in_f16 = odd.map(|x| f16::from_f32(x).to_f32());
        for (format, row) in [(Format::F32, odd), (Format::Bf16, in_bf16), (Format::F16, in_f16)] {
            assert!(format.holds(&row));
            let mut words = vec![0; format.row_words(row.len())];
            format.pack(&row, &mut words);
            let mut back = [0.0; 5];
            format.unpack(&words, &mut back);
            assert_eq!(back.map(f32::to_bits), row.map(f32::to_bits), "{format:?}");
        }
    }

    #[test]
    fn a_narrow_type_does_not_hold_what_it_would_round() {
        assert!(!Format::Bf16.holds(&[1.0, 0.1]));
        assert!(!Format::F16.holds(&[0.1]));
        // Of another range: bf16's smallest normal number is nothing in f16, and f16's
        // eleventh bit is nothing in bf16.
        assert!(Format::Bf16.holds(&[f32::MIN_POSITIVE]));
        assert!(!Format::F16.holds(&[f32::MIN_POSITIVE]));
        assert!(Format::F16.holds(&[1.0 + 2.0_f32.powi(-10)]));
        assert!(!Format::Bf16.holds(&[1.0 + 2.0_f32.powi(-10)]));
    }
}
