//! What `causal` found.

use connectome::causal::{Claims, Findings, Options, Place, Swapped, Verdict};
use connectome::doubt::Table;
use serde::Serialize;

use crate::load::Loaded;

/// Everything, as `--json` has it. Shares are of the pairs.
#[derive(Debug, Serialize)]
pub(crate) struct CausalReport {
    pub(crate) model: String,
    pub(crate) dictionary: String,
    pub(crate) values: usize,
    pub(crate) questions: Vec<String>,
    pub(crate) prompts: usize,
    pub(crate) right: usize,
    pub(crate) pairs: usize,
    pub(crate) seed: u64,
    pub(crate) own: f64,
    pub(crate) others: f64,
    pub(crate) threshold: f64,
    /// `causal` or `not causal`.
    pub(crate) verdict: &'static str,
    /// Positions where it is.
    pub(crate) causal_at: Vec<usize>,
    pub(crate) positions: Vec<PositionReport>,
    pub(crate) claims: Option<ClaimsReport>,
    pub(crate) partial: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct PositionReport {
    pub(crate) position: usize,
    /// The token, if it is the same in every prompt.
    pub(crate) token: Option<String>,
    /// `causal`, `given`, `spread`, `features idle`, `not there`, `no features` or `nothing`.
    pub(crate) verdict: &'static str,
    /// By the block before which the stream was interchanged; the last is after all blocks.
    pub(crate) interchange: Vec<InterchangeReport>,
    /// Share of values that have features here.
    pub(crate) values_with_features: f64,
    /// Different features, by layer.
    pub(crate) features: Vec<usize>,
    pub(crate) swaps: Vec<SwapReport>,
    /// Of the mean code of all features: `own_times` the value's own is taken away, and
    /// `other_times` the other's added.
    pub(crate) codes: Vec<SwapReport>,
    /// Of what the MLPs themselves write, exchanged for what they write in a prompt with another
    /// value and another question.
    pub(crate) mlp_outputs: Vec<SwapReport>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct InterchangeReport {
    pub(crate) before_layer: usize,
    /// The answer became that of the other value to this question.
    pub(crate) moved: f64,
    /// The answer became that of the other prompt.
    pub(crate) copied: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct SwapReport {
    /// Constrained patching over layers `0..end_layer`.
    pub(crate) end_layer: usize,
    pub(crate) own_times: f32,
    pub(crate) other_times: f32,
    pub(crate) pairs: usize,
    pub(crate) moved: f64,
    pub(crate) kept: f64,
    pub(crate) control_moved: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ClaimsReport {
    pub(crate) graphs: usize,
    pub(crate) claimed: usize,
    pub(crate) right: usize,
    /// Graphs that claim the true value.
    pub(crate) bridge_recall: f64,
    /// Graphs that claim a step which is not one.
    pub(crate) false_bridge_rate: f64,
    /// Of the influence of kept features, through those of the claimed value.
    pub(crate) mean_share_of_influence: f64,
}

impl CausalReport {
    pub(crate) fn of(
        loaded: &Loaded,
        table: &Table,
        options: &Options,
        findings: &Findings,
        claims: Option<&Claims>,
    ) -> Self {
        let causal_at = findings.causal();
        let is_causal = !causal_at.is_empty();
        Self {
            model: loaded.model_name.clone(),
            dictionary: loaded.dictionary_name.clone(),
            values: names(table.questions().iter().map(|question| &question.value)).len(),
            questions: names(table.questions().iter().map(|question| &question.asks)),
            prompts: findings.n_cases,
            right: findings.n_right,
            pairs: findings.n_pairs,
            seed: options.seed,
            own: options.selection.own,
            others: options.selection.others,
            threshold: options.threshold,
            verdict: if is_causal { "causal" } else { "not causal" },
            causal_at,
            positions: findings.places.iter().map(|place| position(place, table, loaded)).collect(),
            claims: claims.map(|claims| ClaimsReport {
                graphs: claims.n,
                claimed: claims.claimed,
                right: claims.right,
                bridge_recall: claims.recall(),
                false_bridge_rate: claims.false_bridges(is_causal),
                mean_share_of_influence: claims.mean_share,
            }),
            partial: findings.is_partial,
        }
    }
}

/// Different names, in order of appearance.
fn names<'a>(all: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in all {
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}

fn position(place: &Place, table: &Table, loaded: &Loaded) -> PositionReport {
    let mut tokens = table.questions().iter().map(|question| question.tokens[place.pos]);
    let first = tokens.next();
    let same = first.filter(|first| tokens.all(|token| token == *first));
    PositionReport {
        position: place.pos,
        token: same.map(|token| loaded.token_text(token)),
        verdict: match place.verdict {
            Verdict::Causal => "causal",
            Verdict::Given => "given",
            Verdict::Spread => "spread",
            Verdict::FeaturesIdle => "features idle",
            Verdict::NotThere => "not there",
            Verdict::NoFeatures => "no features",
            Verdict::Nothing => "nothing",
        },
        interchange: place
            .moved
            .iter()
            .zip(&place.copied)
            .enumerate()
            .map(|(before_layer, (moved, copied))| InterchangeReport {
                before_layer,
                moved: *moved,
                copied: *copied,
            })
            .collect(),
        values_with_features: place.covered,
        features: place.n_features.clone(),
        swaps: place.swaps.iter().map(swap).collect(),
        codes: place.codes.iter().map(swap).collect(),
        mlp_outputs: place.outputs.iter().map(swap).collect(),
    }
}

fn swap(swapped: &Swapped) -> SwapReport {
    SwapReport {
        end_layer: swapped.end,
        own_times: swapped.dose.own,
        other_times: swapped.dose.other,
        pairs: swapped.n,
        moved: swapped.moved_share(),
        kept: swapped.kept_share(),
        control_moved: swapped.control_share(),
    }
}
