//! What `features` says of an index and of its features.
//!
//! - `frequency`: share of all tokens on which the feature fires.
//! - `quantiles`: of the activations where it fires.
//! - `share_of_max`: of the largest activation that the index saw.
//! - effects: per unit of activation (logits, less their mean over the vocabulary) or of
//!   embedding (inputs), without the denominators of norms.

pub(crate) mod grid;
pub(crate) mod weights;

use connectome::features::browse::{self, Query, Sort, Summary};
use connectome::features::index::{
    Distribution, Effect, Example, Feature, FeatureIndex, Group, Label, Statistics,
};
use connectome::features::search::Found;
use connectome_graph::FeatureId;
use serde::Serialize;

use crate::args::{FeatureListArgs, SortArg};
use crate::prompt::Ready;

/// Shares of the firings whose activations are told.
const QUANTILES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// Features that fire most with one.
const TOGETHER: usize = 8;

#[derive(Debug, Serialize)]
pub(crate) struct CollectReport {
    pub(crate) index: String,
    pub(crate) bytes: u64,
    pub(crate) model: String,
    pub(crate) dictionary: String,
    pub(crate) layers: usize,
    pub(crate) features_of_a_layer: usize,
    pub(crate) tokens: u64,
    pub(crate) sequences: u64,
    pub(crate) fired: usize,
    pub(crate) named: usize,
    /// Features that fire on a token, over all layers, on average.
    pub(crate) mean_active: f64,
}

impl CollectReport {
    pub(crate) fn of(index: &FeatureIndex) -> anyhow::Result<Self> {
        let card = index.card();
        let Summary { n_fired, n_named, n_firings } = browse::summary(index)?;
        Ok(Self {
            index: index.path().display().to_string(),
            bytes: std::fs::metadata(index.path())?.len(),
            model: card.model.clone(),
            dictionary: card.dictionary.clone(),
            layers: card.n_layers,
            features_of_a_layer: card.n_features,
            tokens: card.n_tokens,
            sequences: card.n_sequences,
            fired: n_fired,
            named: n_named,
            mean_active: n_firings as f64 / card.n_tokens.max(1) as f64,
        })
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct LabelReport {
    pub(crate) text: String,
    /// Whose words: what a program guessed says `automatic`.
    pub(crate) source: &'static str,
}

impl LabelReport {
    pub(crate) fn of(label: Label) -> Self {
        Self { text: label.text, source: label.source.name() }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct EffectReport {
    pub(crate) token: String,
    pub(crate) value: Option<f32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ExampleReport {
    pub(crate) tokens: Vec<String>,
    pub(crate) activations: Vec<f32>,
    /// Place of the token where it fires most.
    pub(crate) peak: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct GroupReport {
    pub(crate) name: String,
    pub(crate) examples: Vec<ExampleReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct BinReport {
    pub(crate) lo: f32,
    pub(crate) hi: f32,
    pub(crate) count: f32,
}

#[derive(Debug, Serialize)]
pub(crate) struct QuantileReport {
    pub(crate) share: f64,
    pub(crate) activation: f32,
}

/// A feature that fires with another.
#[derive(Debug, Serialize)]
pub(crate) struct TogetherReport {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    /// Tokens on which both fire, at least.
    pub(crate) n: u32,
    /// Of the tokens on which this one fires.
    pub(crate) share: f64,
    /// Of the tokens on which either fires.
    pub(crate) jaccard: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct FeatureReport {
    pub(crate) index: String,
    pub(crate) dictionary: String,
    pub(crate) id: String,
    pub(crate) label: Option<LabelReport>,
    pub(crate) fired: u32,
    pub(crate) tokens: u64,
    pub(crate) frequency: f32,
    pub(crate) mean: f64,
    pub(crate) min: f32,
    pub(crate) max: f32,
    pub(crate) quantiles: Vec<QuantileReport>,
    /// Counts, or what others wrote in their place.
    pub(crate) histogram: Vec<BinReport>,
    pub(crate) top_logits: Vec<EffectReport>,
    pub(crate) bottom_logits: Vec<EffectReport>,
    pub(crate) top_inputs: Vec<EffectReport>,
    pub(crate) bottom_inputs: Vec<EffectReport>,
    pub(crate) fires_with: Vec<TogetherReport>,
    pub(crate) groups: Vec<GroupReport>,
}

impl FeatureReport {
    pub(crate) fn of(index: &FeatureIndex, id: FeatureId) -> anyhow::Result<Self> {
        let feature = index.feature(id)?;
        let card = index.card();
        let Statistics { fired, frequency, min, max, .. } = feature.statistics;
        let fires_with = together(index, id)?;
        let (histogram, quantiles) = spread(&feature);
        let effects = |effects: Vec<Effect>| effects.into_iter().map(effect).collect();
        Ok(Self {
            index: index.path().display().to_string(),
            dictionary: card.dictionary.clone(),
            id: id.to_string(),
            fired,
            tokens: card.n_tokens,
            frequency,
            mean: feature.statistics.mean(),
            min,
            max,
            quantiles,
            histogram,
            fires_with,
            label: feature.label.map(LabelReport::of),
            top_logits: effects(feature.top_logits),
            bottom_logits: effects(feature.bottom_logits),
            top_inputs: effects(feature.top_inputs),
            bottom_inputs: effects(feature.bottom_inputs),
            groups: feature.groups.into_iter().map(group).collect(),
        })
    }
}

fn effect(Effect { token, value }: Effect) -> EffectReport {
    EffectReport { token, value }
}

fn group(group: Group) -> GroupReport {
    let example =
        |Example { tokens, activations, peak }| ExampleReport { tokens, activations, peak };
    GroupReport { name: group.name, examples: group.examples.into_iter().map(example).collect() }
}

fn spread(feature: &Feature) -> (Vec<BinReport>, Vec<QuantileReport>) {
    match &feature.distribution {
        Distribution::Counted(counted) => {
            let bin = |bin: connectome::features::histogram::Bin| BinReport {
                lo: bin.lo,
                hi: bin.hi,
                count: bin.count as f32,
            };
            let quantile = |share: f64| {
                let activation = counted.quantile(share)?;
                Some(QuantileReport { share, activation })
            };
            (
                counted.bins().map(bin).collect(),
                QUANTILES.into_iter().filter_map(quantile).collect(),
            )
        }
        Distribution::Given { histogram, quantiles } => {
            let (lo, hi) = (feature.statistics.min, feature.statistics.max);
            let edge = |at: usize| lo + (hi - lo) * at as f32 / histogram.len() as f32;
            let bins = histogram.iter().enumerate();
            let bins =
                bins.map(|(at, count)| BinReport { lo: edge(at), hi: edge(at + 1), count: *count });
            let last = quantiles.len().saturating_sub(1).max(1) as f64;
            let quantile = |(at, activation): (usize, &f32)| QuantileReport {
                share: at as f64 / last,
                activation: *activation,
            };
            (bins.collect(), quantiles.iter().enumerate().map(quantile).collect())
        }
    }
}

/// Those that fire most on the same tokens.
fn together(index: &FeatureIndex, id: FeatureId) -> anyhow::Result<Vec<TogetherReport>> {
    let report = |one: browse::Together| {
        Ok(TogetherReport {
            id: one.id.to_string(),
            label: index.label(one.id)?.map(|label| label.text),
            n: one.n,
            share: one.share,
            jaccard: one.jaccard,
        })
    };
    browse::together(index, id, TOGETHER)?.into_iter().map(report).collect()
}

#[derive(Debug, Serialize)]
pub(crate) struct FoundReport {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    pub(crate) activation: f32,
    pub(crate) share_of_max: Option<f64>,
    /// Where it fires most.
    pub(crate) position: u32,
    pub(crate) token: String,
    /// Everywhere that it fires.
    pub(crate) firings: Vec<FiringReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FiringReport {
    pub(crate) position: u32,
    pub(crate) activation: f32,
}

#[derive(Debug, Serialize)]
pub(crate) struct SearchReport {
    pub(crate) text: String,
    pub(crate) tokens: Vec<String>,
    pub(crate) index: Option<String>,
    /// All that fire, listed or not.
    pub(crate) total: usize,
    pub(crate) features: Vec<FoundReport>,
}

impl SearchReport {
    pub(crate) fn of(
        ready: &Ready,
        found: &[Found],
        index: Option<&FeatureIndex>,
        top: usize,
    ) -> anyhow::Result<Self> {
        let report = |one: &Found| {
            let label = index.map(|index| index.label(one.id)).transpose()?.flatten();
            let firing = |at: &connectome::features::examples::At| FiringReport {
                position: at.pos,
                activation: at.activation,
            };
            Ok(FoundReport {
                id: one.id.to_string(),
                label: label.map(|label| label.text),
                activation: one.peak.activation,
                share_of_max: one.share_of_max,
                position: one.peak.pos,
                token: ready.token_texts[one.peak.pos as usize].clone(),
                firings: one.firings.iter().map(firing).collect(),
            })
        };
        Ok(Self {
            text: ready.text.clone(),
            tokens: ready.token_texts.clone(),
            index: index.map(|index| index.path().display().to_string()),
            total: found.len(),
            features: found.iter().take(top).map(report).collect::<anyhow::Result<_>>()?,
        })
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ListedReport {
    pub(crate) id: String,
    pub(crate) label: Option<LabelReport>,
    pub(crate) fired: u32,
    pub(crate) frequency: f32,
    pub(crate) max: f32,
}

#[derive(Debug, Serialize)]
pub(crate) struct ListReport {
    pub(crate) index: String,
    pub(crate) dictionary: String,
    /// All that match, listed or not.
    pub(crate) total: usize,
    pub(crate) features: Vec<ListedReport>,
}

impl ListReport {
    /// Features that fired or have a name.
    pub(crate) fn of(index: &FeatureIndex, args: &FeatureListArgs) -> anyhow::Result<Self> {
        let sort = match args.sort {
            SortArg::Index => Sort::Index,
            SortArg::Frequency => Sort::Frequency,
            SortArg::Max => Sort::Max,
        };
        let (label, layer) = (args.name.clone(), args.layer);
        let query = Query { label, layer, sort, ..Query::default() };
        let all = browse::find(index, &query)?;
        let listed = |(id, statistics): &(FeatureId, Statistics)| {
            Ok(ListedReport {
                id: id.to_string(),
                label: index.label(*id)?.map(LabelReport::of),
                fired: statistics.fired,
                frequency: statistics.frequency,
                max: statistics.max,
            })
        };
        Ok(Self {
            index: index.path().display().to_string(),
            dictionary: index.card().dictionary.clone(),
            total: all.len(),
            features: all.iter().take(args.top).map(listed).collect::<anyhow::Result<_>>()?,
        })
    }
}
