//! What a model answers, and whether that is enough.

use connectome_elegans::{EvalSet, Recipe};
use serde::Serialize;

/// One model's scores.
#[derive(Debug, Serialize)]
pub(crate) struct EvalReport {
    pub(crate) model: String,
    /// Whose requirements hold for it.
    pub(crate) required_as: &'static str,
    pub(crate) sets: Vec<SetReport>,
    /// Requirements that hold, and are met.
    pub(crate) met: usize,
    /// Requirements that hold, and are not met.
    pub(crate) missed: usize,
}

/// A set's score.
#[derive(Debug, Serialize)]
pub(crate) struct SetReport {
    pub(crate) set: String,
    pub(crate) task: &'static str,
    pub(crate) split: &'static str,
    pub(crate) items: usize,
    /// The mean over the items of what each answer is worth, from 0 to 1: the share of right
    /// answers, or the mean probability of a token.
    pub(crate) score: f64,
    /// What the base scores, where something is required relative to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<f64>,
    pub(crate) required: String,
    /// The model that it is required of.
    pub(crate) required_of: &'static str,
    /// Null where nothing is required of this model.
    pub(crate) met: Option<bool>,
}

impl EvalReport {
    /// `scores` and `of_base` are those of the sets, in order.
    pub(crate) fn of(
        model: &str,
        recipe: Recipe,
        sets: &[&EvalSet],
        scores: &[f64],
        of_base: &[Option<f64>],
    ) -> Self {
        let set = |((set, score), base): ((&&EvalSet, &f64), &Option<f64>)| SetReport {
            set: set.id(),
            task: set.task.name(),
            split: set.split.name(),
            items: set.items.len(),
            score: *score,
            base: *base,
            required: set.required.to_string(),
            required_of: set.model.name(),
            met: if set.model == recipe { set.required.is_met(*score, *base) } else { None },
        };
        let sets: Vec<SetReport> = sets.iter().zip(scores).zip(of_base).map(set).collect();
        let count = |met| sets.iter().filter(|set| set.met == Some(met)).count();
        let (met, missed) = (count(true), count(false));
        Self { model: model.to_owned(), required_as: recipe.name(), sets, met, missed }
    }
}
