//! From the engine's dense rows to the graph's sparse ones.

use connectome_graph::{Nodes, Row};

use super::rows::DenseRow;

/// A row in the order of the graph's nodes, before it is cut.
pub(super) struct Entries {
    sources: Vec<u32>,
    weights: Vec<f32>,
}

impl Entries {
    /// Nonzero effects by node; features that are no nodes are left out.
    pub(super) fn of(row: &DenseRow, nodes: &Nodes) -> Self {
        let mut entries = Self { sources: Vec::new(), weights: Vec::new() };
        let selected = nodes.selected().iter().zip(nodes.feature_range());
        for (&active, node) in selected {
            entries.push(node, row.feature_a[active as usize]);
        }
        let blocks = [(nodes.error_range(), &row.error_lt), (nodes.token_range(), &row.token_t)];
        for (range, weights) in blocks {
            range.zip(weights).for_each(|(node, weight)| entries.push(node, *weight));
        }
        entries
    }

    fn push(&mut self, node: usize, weight: f32) {
        if weight != 0.0 {
            self.sources.push(node as u32);
            self.weights.push(weight);
        }
    }

    /// The stored row: the largest entries, so that at most `cut` of the row's absolute sum is
    /// left out. What was left out stays as two sums.
    pub(super) fn store(self, target: connectome_graph::NodeIdx, cut: f64, sums: Sums) -> Row {
        let floor = if cut > 0.0 { floor_for(&self.weights, cut) } else { 0.0 };
        let mut row = Row {
            target,
            sources: Vec::with_capacity(self.sources.len()),
            weights: Vec::with_capacity(self.weights.len()),
            abs_remainder: 0.0,
            signed_remainder: 0.0,
            constant: sums.constant,
            value: sums.value,
        };
        // NUMERICS: f64 sums of many small numbers.
        let (mut abs_cut, mut signed_cut) = (0.0_f64, 0.0_f64);
        for (source, weight) in self.sources.into_iter().zip(self.weights) {
            if weight.abs() < floor {
                abs_cut += f64::from(weight.abs());
                signed_cut += f64::from(weight);
            } else {
                row.sources.push(source);
                row.weights.push(weight);
            }
        }
        row.abs_remainder = abs_cut as f32;
        row.signed_remainder = signed_cut as f32;
        row
    }
}

/// What a row should add up to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub(super) constant: f32,
    pub(super) value: f32,
}

/// The largest magnitude of the form `m · 2^e` with four bits of `m` such that entries below it
/// hold at most `cut` of the absolute sum. One pass over a histogram instead of a sort.
fn floor_for(weights: &[f32], cut: f64) -> f32 {
    const SHIFT: u32 = 19;
    let bucket = |weight: f32| (weight.abs().to_bits() >> SHIFT) as usize;
    let mut mass = vec![0.0_f64; 1 << (32 - SHIFT)];
    let mut total = 0.0;
    for &weight in weights {
        mass[bucket(weight)] += f64::from(weight.abs());
        total += f64::from(weight.abs());
    }
    let mut below = 0.0;
    for (place, bucket_mass) in mass.iter().enumerate() {
        if below + bucket_mass > cut * total {
            return f32::from_bits((place as u32) << SHIFT);
        }
        below += bucket_mass;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::floor_for;

    #[test]
    fn what_falls_below_the_floor_is_within_the_cut() {
        let weights: Vec<f32> = (1..2000).map(|i| (i as f32 * 0.731).sin().powi(9)).collect();
        let total: f64 = weights.iter().map(|w| f64::from(w.abs())).sum();
        for cut in [0.0005, 0.01, 0.2] {
            let floor = floor_for(&weights, cut);
            let below: f64 =
                weights.iter().filter(|w| w.abs() < floor).map(|w| f64::from(w.abs())).sum();
            assert!(below <= cut * total);
            // The next bucket is at most an eighth wider: nothing much was kept for free.
            let wider: f64 =
                weights.iter().filter(|w| w.abs() < floor * 1.07).map(|w| f64::from(w.abs())).sum();
            assert!(wider > cut * total, "{cut}: {wider} of {total}");
        }
    }
}
