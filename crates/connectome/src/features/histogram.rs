//! [`Histogram`]: how often a feature fires how strongly, in bins that need no range beforehand.
//!
//! A bin is a sixteenth of an octave: the sign, the exponent and the first four bits of the
//! fraction of an f32. So bins are the same for every feature, and two histograms add up.

/// Bits of an f32 that one bin does not tell apart.
const WITHIN: u32 = 19;

/// Counts of activations, by bin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Bin and count, ascending; no count is zero.
    bins: Vec<(u16, u32)>,
}

/// One bin: numbers from `lo` up to, but without, `hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Where it begins.
    pub lo: f32,
    /// Where the next begins.
    pub hi: f32,
    /// Activations in it.
    pub count: u32,
}

impl Histogram {
    /// A histogram of stored bins.
    #[must_use]
    pub fn from_bins(bins: Vec<(u16, u32)>) -> Self {
        Self { bins }
    }

    /// Bins as they are stored.
    #[must_use]
    pub fn stored(&self) -> &[(u16, u32)] {
        &self.bins
    }

    /// Counts an activation.
    pub fn add(&mut self, activation: f32) {
        let bin = bin_of(activation);
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => self.bins[at].1 += 1,
            Err(at) => self.bins.insert(at, (bin, 1)),
        }
    }

    /// All bins that are not empty, ascending.
    pub fn bins(&self) -> impl Iterator<Item = Bin> + '_ {
        self.bins.iter().map(|&(bin, count)| Bin { lo: edge(bin), hi: edge(bin + 1), count })
    }

    /// How many activations there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.bins.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// The activation below which this share of the firings lies: exact to its bin, and linear
    /// within. `None` if there are none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f32> {
        let wanted = share.clamp(0.0, 1.0) * self.total() as f64;
        let mut before = 0.0;
        let mut last = None;
        for Bin { lo, hi, count } in self.bins() {
            let count = f64::from(count);
            if before + count >= wanted {
                let within = (wanted - before) / count;
                return Some((f64::from(lo) + within * f64::from(hi - lo)) as f32);
            }
            before += count;
            last = Some(hi);
        }
        last
    }

    /// Counts in `n` equal bins from `lo` to `hi`: a bin that crosses a border is shared out by
    /// its length, so counts are no whole numbers.
    #[must_use]
    pub fn linear(&self, lo: f32, hi: f32, n: usize) -> Vec<f32> {
        let mut counts = vec![0.0_f64; n];
        let (lo, hi) = (f64::from(lo), f64::from(hi));
        let width = (hi - lo) / n as f64;
        if n > 0 && width <= 0.0 {
            // All activations are one number.
            counts[0] = self.total() as f64;
        }
        for bin in self.bins() {
            let (from, to) = (f64::from(bin.lo).max(lo), f64::from(bin.hi).min(hi));
            if to <= from && width > 0.0 {
                // It begins where the last of the equal bins ends.
                let at = ((from - lo) / width).max(0.0) as usize;
                counts[at.min(n - 1)] += f64::from(bin.count);
            }
            for (at, count) in counts.iter_mut().enumerate() {
                let start = lo + width * at as f64;
                let shared = (to.min(start + width) - from.max(start)).max(0.0);
                if shared > 0.0 {
                    *count += f64::from(bin.count) * shared / (to - from);
                }
            }
        }
        counts.into_iter().map(|count| count as f32).collect()
    }
}

/// Bits in the order of the numbers they stand for.
fn ordered(bits: u32) -> u32 {
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn bin_of(activation: f32) -> u16 {
    (ordered(activation.to_bits()) >> WITHIN) as u16
}

/// The number that a bin begins with.
fn edge(bin: u16) -> f32 {
    let ordered = u32::from(bin) << WITHIN;
    f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[f32]) -> Histogram {
        let mut histogram = Histogram::default();
        numbers.iter().for_each(|x| histogram.add(*x));
        histogram
    }

    #[test]
    fn every_number_lies_in_its_bin_and_bins_are_narrow() {
        for number in [1e-30_f32, 0.0123, 1.0, 1.999, 2.0, 77.7, 3.0e20, -0.5, -9.25e3] {
            let bin = of(&[number]).bins().next().unwrap();
            // Below zero the border belongs to the bin of smaller size.
            assert!(bin.lo <= number && number <= bin.hi, "{number} in {bin:?}");
            assert!((bin.hi - bin.lo) <= number.abs() / 15.9, "{bin:?}");
        }
    }

    // The definition: the share of the numbers that lie below. 1, 2, …, 1000 has them all.
    #[test]
    fn quantiles_are_exact_to_a_sixteenth() {
        let numbers: Vec<f32> = (1..=1000).map(|x| x as f32).collect();
        let histogram = of(&numbers);
        assert_eq!(histogram.total(), 1000);
        for share in [0.01, 0.1, 0.5, 0.9, 0.99, 1.0] {
            let (found, truth) = (histogram.quantile(share).unwrap(), 1000.0 * share as f32);
            assert!((found - truth).abs() <= truth / 16.0 + 1.0, "{share}: {found}");
        }
        assert_eq!(of(&[]).quantile(0.5), None);
    }

    #[test]
    fn equal_bins_keep_the_total() {
        assert_eq!(of(&[2.0, 2.0]).linear(2.0, 2.0, 3), [2.0, 0.0, 0.0]);
        // The largest number begins a bin.
        assert_eq!(of(&[1.0, 1.5, 2.0]).linear(1.0, 2.0, 2).iter().sum::<f32>(), 3.0);
        let numbers: Vec<f32> = (0..500).map(|x| 0.1 + 0.01 * x as f32).collect();
        let histogram = of(&numbers);
        let linear = histogram.linear(0.0, 8.0, 20);
        assert!((linear.iter().sum::<f32>() - 500.0).abs() < 0.01, "{linear:?}");
        // 0.1 to 5.1 evenly: bins of 0.4 hold forty each, but for the ends.
        assert!(linear[3..11].iter().all(|count| (count - 40.0).abs() < 8.0), "{linear:?}");
    }
}
