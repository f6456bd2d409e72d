//! [`Codes`]: what all features together are when the variable has a value.

use std::collections::BTreeMap;

use connectome_graph::{ActiveFeature, FeatureId};

use super::values::Values;
use crate::doubt::Draw;

/// Mean activations by position and value, over the value's prompts under all questions.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    /// Prompts of each value.
    n_prompts: Vec<u32>,
    /// Sums of activations, by position and value.
    sums: Vec<Vec<BTreeMap<FeatureId, f32>>>,
}

impl Codes {
    pub(super) fn new(values: &Values) -> Self {
        let n_values = values.values.len();
        Self {
            n_prompts: vec![0; n_values],
            sums: vec![vec![BTreeMap::new(); n_values]; values.n_tokens],
        }
    }

    /// Counts one prompt.
    pub(super) fn add(&mut self, value: usize, fired: &[ActiveFeature]) {
        self.n_prompts[value] += 1;
        for feature in fired {
            let sums = &mut self.sums[feature.pos as usize][value];
            *sums.entry(feature.id).or_default() += feature.activation;
        }
    }

    /// Features that fire for either value at a position, with their mean activation for each.
    pub(super) fn of_either(
        &self,
        pos: usize,
        values: [usize; 2],
    ) -> BTreeMap<FeatureId, [f32; 2]> {
        let mut means: BTreeMap<FeatureId, [f32; 2]> = BTreeMap::new();
        for (side, value) in values.into_iter().enumerate() {
            for (feature, sum) in &self.sums[pos][value] {
                let mean = sum / self.n_prompts[value] as f32;
                means.entry(*feature).or_default()[side] = mean;
            }
        }
        means
    }
}

/// Values dealt out anew among the prompts that ask the same: groups as large as before that have
/// nothing in common.
pub(super) fn dealt_out(values: &Values, draw: &mut Draw) -> Vec<usize> {
    let mut dealt: Vec<usize> = values.of_case.iter().map(|(value, _)| *value).collect();
    for asks in 0..values.asks.len() {
        let places: Vec<usize> =
            (0..dealt.len()).filter(|at| values.of_case[*at].1 == asks).collect();
        let mut own: Vec<usize> = places.iter().map(|at| dealt[*at]).collect();
        draw.shuffle(&mut own);
        for (at, value) in places.into_iter().zip(own) {
            dealt[at] = value;
        }
    }
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        Values {
            values: names(["a", "b"]),
            asks: names(["x", "y"]),
            of_case: (0..40).map(|at| (at % 2, at / 20)).collect(),
            n_tokens: 1,
        }
    }

    #[test]
    fn a_code_is_the_mean_over_prompts_that_fire_and_those_that_do_not() {
        let fired = |index: u32, activation: f32| ActiveFeature {
            id: FeatureId { layer: 0, index },
            pos: 0,
            activation,
        };
        let mut codes = Codes::new(&values());
        codes.add(0, &[fired(1, 4.0)]);
        codes.add(0, &[fired(1, 2.0), fired(2, 1.0)]);
        codes.add(0, &[]);
        codes.add(1, &[fired(2, 5.0)]);
        let means: Vec<[f32; 2]> = codes.of_either(0, [0, 1]).into_values().collect();
        assert_eq!(means, [[2.0, 0.0], [1.0 / 3.0, 5.0]]);
    }

    #[test]
    fn values_are_dealt_out_within_a_question() {
        let values = values();
        let dealt = dealt_out(&values, &mut Draw::new(3));
        let count = |of: std::ops::Range<usize>| dealt[of].iter().sum::<usize>();
        assert_eq!((count(0..20), count(20..40)), (10, 10));
        let same = dealt.iter().zip(&values.of_case).filter(|(new, (old, _))| *new == old).count();
        assert!((8..32).contains(&same), "{same} of 40 as before");
    }
}
