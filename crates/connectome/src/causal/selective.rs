//! Features that stand for a value of the variable at a position.

use std::collections::BTreeMap;

use connectome_graph::{ActiveFeature, FeatureId};

use super::values::Values;

/// When a feature stands for a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    /// It fires on at least this share of the value's prompts, under every question.
    pub own: f64,
    /// It fires on less than this share of other values' prompts, on average over values.
    pub others: f64,
}

impl Selection {
    /// Far less than is asked of a feature that stands for a value; a control is drawn from
    /// those that do not even reach this.
    pub(super) const NEARLY: Self = Self { own: 0.4, others: 0.3 };
}

impl Default for Selection {
    fn default() -> Self {
        Self { own: 0.8, others: 0.08 }
    }
}

/// Which features stand for which value, at every position.
#[derive(Clone, Debug, PartialEq)]
pub struct Selective {
    /// By position, then value; ascending.
    features: Vec<Vec<Vec<FeatureId>>>,
}

/// How often features fire, by position, feature, value and question.
#[derive(Debug)]
pub(super) struct Counts {
    n_values: usize,
    n_questions: usize,
    /// Prompts by value and question, `[V·Q]`.
    total: Vec<u32>,
    /// By position.
    fired: Vec<BTreeMap<FeatureId, Vec<u32>>>,
}

impl Counts {
    pub(super) fn new(values: &Values) -> Self {
        let (n_values, n_questions) = (values.values.len(), values.asks.len());
        Self {
            n_values,
            n_questions,
            total: vec![0; n_values * n_questions],
            fired: vec![BTreeMap::new(); values.n_tokens],
        }
    }

    /// Counts one prompt.
    pub(super) fn add(&mut self, (value, question): (usize, usize), fired: &[ActiveFeature]) {
        let cell = value * self.n_questions + question;
        self.total[cell] += 1;
        let n_cells = self.total.len();
        for feature in fired {
            let at = &mut self.fired[feature.pos as usize];
            at.entry(feature.id).or_insert_with(|| vec![0; n_cells])[cell] += 1;
        }
    }

    /// The features that stand for a value.
    pub(super) fn selective(&self, selection: Selection) -> Selective {
        let features = self.fired.iter().map(|at| {
            let mut by_value = vec![Vec::new(); self.n_values];
            for (feature, fired) in at {
                for (value, own) in by_value.iter_mut().enumerate() {
                    if self.stands_for(fired, value, selection) {
                        own.push(*feature);
                    }
                }
            }
            by_value
        });
        Selective { features: features.collect() }
    }

    fn stands_for(&self, fired: &[u32], value: usize, selection: Selection) -> bool {
        let cells = |value: usize| value * self.n_questions..(value + 1) * self.n_questions;
        let asked = cells(value).filter(|cell| self.total[*cell] > 0);
        let share = |cell: usize| f64::from(fired[cell]) / f64::from(self.total[cell]);
        let mut own = asked.map(share).peekable();
        if own.peek().is_none() || own.any(|share| share < selection.own) {
            return false;
        }
        let of_value = |value: usize| {
            let sum = |counts: &[u32]| f64::from(counts[cells(value)].iter().sum::<u32>());
            let total = sum(&self.total);
            if total > 0.0 { sum(fired) / total } else { 0.0 }
        };
        let others: f64 =
            (0..self.n_values).filter(|other| *other != value).map(of_value).sum::<f64>();
        others / ((self.n_values - 1) as f64) < selection.others
    }
}

impl Selective {
    /// The features of a value at a position, ascending.
    #[must_use]
    pub fn at(&self, pos: usize, value: usize) -> &[FeatureId] {
        &self.features[pos][value]
    }

    /// Whether a feature stands for any value at a position.
    #[must_use]
    pub fn stands(&self, pos: usize, feature: FeatureId) -> bool {
        self.features[pos].iter().any(|own| own.binary_search(&feature).is_ok())
    }

    /// Share of values that have a feature at a position.
    #[must_use]
    pub fn covered(&self, pos: usize) -> f64 {
        let values = &self.features[pos];
        values.iter().filter(|own| !own.is_empty()).count() as f64 / values.len() as f64
    }

    /// Different features at a position, by layer.
    #[must_use]
    pub fn by_layer(&self, pos: usize, n_layers: usize) -> Vec<usize> {
        let mut all: Vec<FeatureId> = self.features[pos].iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        let mut counts = vec![0; n_layers];
        all.iter().for_each(|feature| counts[feature.layer as usize] += 1);
        counts
    }

    /// The value that a feature stands for at a position; `None` if none or several.
    #[must_use]
    pub fn value_of(&self, pos: usize, feature: FeatureId) -> Option<usize> {
        let stands = |own: &Vec<FeatureId>| own.binary_search(&feature).is_ok();
        let mut values = self.features[pos].iter().enumerate().filter(|(_, own)| stands(own));
        let first = values.next().map(|(value, _)| value);
        first.filter(|_| values.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(index: u32) -> ActiveFeature {
        ActiveFeature { id: FeatureId { layer: 0, index }, pos: 1, activation: 1.0 }
    }

    /// Two values under two questions. Feature 0 fires for value 0 always, feature 1 only under
    /// the first question, feature 2 for both values.
    #[test]
    fn a_feature_must_fire_under_every_question_and_for_no_other_value() {
        let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        let values = Values {
            values: names(["a", "b"]),
            asks: names(["x", "y"]),
            of_case: Vec::new(),
            n_tokens: 2,
        };
        let mut counts = Counts::new(&values);
        counts.add((0, 0), &[fired(0), fired(1), fired(2)]);
        counts.add((0, 1), &[fired(0), fired(2)]);
        counts.add((1, 0), &[fired(2)]);
        counts.add((1, 1), &[fired(2)]);
        let selective = counts.selective(Selection::default());
        assert_eq!(selective.at(1, 0), [FeatureId { layer: 0, index: 0 }]);
        assert!(selective.at(1, 1).is_empty() && selective.at(0, 0).is_empty());
        assert_eq!(selective.covered(1), 0.5);
        assert_eq!(selective.value_of(1, FeatureId { layer: 0, index: 0 }), Some(0));
        assert_eq!(selective.value_of(1, FeatureId { layer: 0, index: 2 }), None);
    }
}
