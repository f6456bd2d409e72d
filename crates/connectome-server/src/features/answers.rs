//! What an index says, as it goes over the wire.

use std::ops::ControlFlow;

use connectome::features::browse::{self, NamedBy, Query, Sort, Within};
use connectome::features::index::{Effect, FeatureIndex, Label};
use connectome::features::layout;
use connectome::features::search::{Found, search};
use connectome::features::weights::{
    Expected, Side, Weight, check_feature, decoder_norms, expected, strongest, virtual_weights,
};
use connectome_graph::FeatureId;

use super::{Index, Set};
use crate::engine::tokens;
use crate::error::ServeError;
use crate::wire::{
    EffectRow, Feature, FeatureFilter, FeatureFound, FeatureMore, FeatureNamed, FeatureOnText,
    FeaturePage, FeatureQuery, FeatureRow, FeatureSearch, FeatureSide, FeatureSort, FeatureWeights,
    FeatureWrites, FoundRow, IndexRow, TogetherRow, WeightRow, WriteRow,
};

/// Features that fire with one.
const TOGETHER: usize = 12;
/// The most rows of a page, and weights of a side.
const MOST_ROWS: usize = 1000;

impl Index {
    /// What the index is of.
    pub(crate) fn row(&self) -> Result<IndexRow, ServeError> {
        let card = self.reader.card();
        let summary = self.summary()?;
        let path = self.reader.path().to_owned();
        // Commands that the page gives are run elsewhere.
        let path = match self.reader.is_shipped() {
            true => path,
            false => std::path::absolute(&path).unwrap_or(path),
        };
        Ok(IndexRow {
            path: path.display().to_string(),
            model: card.model.clone(),
            dictionary: card.dictionary.clone(),
            tool: card.tool.clone(),
            n_tokens: card.n_tokens as usize,
            n_sequences: card.n_sequences as usize,
            n_fired: summary.n_fired,
            n_named: summary.n_named,
        })
    }

    /// Everything known of a feature.
    pub(crate) fn feature(&self, id: FeatureId) -> Result<Feature, ServeError> {
        let index = &self.reader;
        let known = index.feature(id)?;
        let card = index.card();
        let mut document = layout::to_json(&known, &card.scan);
        let mut fires_with = Vec::new();
        for one in browse::together(index, id, TOGETHER)? {
            let label = label(index, one.id)?;
            fires_with.push(TogetherRow {
                layer: one.id.layer,
                index: one.id.index,
                label_source: label.as_ref().map(|label| label.source.name().to_owned()),
                label: label.map(|label| label.text),
                n: one.n,
                share: one.share,
                jaccard: one.jaccard,
                pmi: one.pmi,
            });
        }
        let more = FeatureMore {
            layer: id.layer,
            n_layers: card.n_layers,
            n_features: card.n_features,
            fired: known.statistics.fired,
            mean: known.statistics.mean(),
            top_inputs: effects(known.top_inputs),
            bottom_inputs: effects(known.bottom_inputs),
            fires_with,
            index: self.row()?,
        };
        let fault = |error: serde_json::Error| ServeError::Fault { reason: error.to_string() };
        document["more"] = serde_json::to_value(more).map_err(fault)?;
        serde_json::from_value(document).map_err(fault)
    }

    /// The JSON of a feature as other pages read it.
    pub(crate) fn bare(&self, id: FeatureId) -> Result<serde_json::Value, ServeError> {
        Ok(layout::to_json(&self.reader.feature(id)?, &self.reader.card().scan))
    }

    /// A page of a list of features.
    pub(crate) fn page(&self, ask: &FeatureQuery) -> Result<FeaturePage, ServeError> {
        let index = &self.reader;
        let n_layers = index.card().n_layers;
        if let Some(found) = ask.filter.layer.filter(|layer| *layer as usize >= n_layers) {
            return Err(connectome::error::RunError::Layer { found, n_layers }.into());
        }
        check_rows(ask.limit)?;
        let found = self.listed(of_filter(&ask.filter, sorted_by(ask.sort)))?;
        let mut rows = Vec::new();
        for (id, statistics) in found.iter().skip(ask.offset).take(ask.limit) {
            let label = label(index, *id)?;
            rows.push(FeatureRow {
                layer: id.layer,
                index: id.index,
                label_source: label.as_ref().map(|label| label.source.name().to_owned()),
                label: label.map(|label| label.text),
                fired: statistics.fired,
                frequency: statistics.frequency,
                max: statistics.max,
            });
        }
        Ok(FeaturePage { total: found.len(), rows })
    }
}

impl Set {
    /// Which features fire on a prompt.
    pub(crate) fn search(
        &self,
        ready: &connectome::open::Ready,
        ask: &FeatureSearch,
    ) -> Result<FeatureFound, ServeError> {
        check_rows(ask.limit)?;
        let index = self.index.as_deref().map(|index| &index.reader);
        let fire = search(&self.opened()?.replacement, &ready.tokens, index)?;
        let n_fire = fire.len();
        let found = self.meant(fire, &of_filter(&ask.filter, Sort::default()))?;
        let mut rows = Vec::new();
        for one in found.iter().take(ask.limit) {
            let label = index.map(|index| label(index, one.id)).transpose()?.flatten();
            rows.push(FoundRow {
                layer: one.id.layer,
                index: one.id.index,
                label_source: label.as_ref().map(|label| label.source.name().to_owned()),
                label: label.map(|label| label.text),
                activation: one.peak.activation,
                pos: one.peak.pos,
                share_of_max: one.share_of_max,
            });
        }
        Ok(FeatureFound {
            tokens: tokens(ready),
            notes: ready.notes.clone(),
            n_fire,
            total: found.len(),
            rows,
        })
    }

    /// Those that a query means. Their layer alone needs no index.
    fn meant(&self, mut found: Vec<Found>, query: &Query) -> Result<Vec<Found>, ServeError> {
        found.retain(|one| query.layer.is_none_or(|layer| one.id.layer == layer));
        if *query == (Query { layer: query.layer, ..Query::default() }) {
            return Ok(found);
        }
        let index = &self.index()?.reader;
        let mut meant = Vec::new();
        for one in found {
            if query.holds(index, one.id, &index.statistics(one.id)?)? {
                meant.push(one);
            }
        }
        Ok(meant)
    }

    /// How strongly a feature writes to each layer.
    pub(crate) fn writes(&self, id: FeatureId) -> Result<FeatureWrites, ServeError> {
        let norms = decoder_norms(&self.opened()?.replacement, id)?;
        let rows = (id.layer..).zip(norms).map(|(layer, norm)| WriteRow { layer, norm });
        Ok(FeatureWrites { rows: rows.collect() })
    }

    /// One feature on a text.
    pub(crate) fn on_text(
        &self,
        ready: &connectome::open::Ready,
        id: FeatureId,
    ) -> Result<FeatureOnText, ServeError> {
        let replacement = &self.opened()?.replacement;
        check_feature(replacement, id)?;
        let index = self.index.as_deref().map(|index| &index.reader);
        let found = search(replacement, &ready.tokens, index)?;
        let found = found.into_iter().find(|one| one.id == id);
        let mut activations = vec![0.0; ready.tokens.ids.len()];
        for at in found.iter().flat_map(|one| &one.firings) {
            activations[at.pos as usize] = at.activation;
        }
        Ok(FeatureOnText {
            tokens: tokens(ready),
            notes: ready.notes.clone(),
            activations,
            share_of_max: found.and_then(|one| one.share_of_max),
        })
    }

    /// The features that act most on one, and those that it acts on most.
    pub(crate) fn weights(&self, id: FeatureId, top: usize) -> Result<FeatureWeights, ServeError> {
        check_rows(top)?;
        let index = self.index.as_deref().map(|index| &index.reader);
        let side = |side: Side| -> Result<FeatureSide, ServeError> {
            let replacement = &self.opened()?.replacement;
            let weights =
                virtual_weights(replacement, id, side, &mut |_, _| ControlFlow::Continue(()))?;
            let twera = index.map(|index| expected(index, id, side, &weights)).transpose()?;
            let by_twera = twera.as_deref().map(|all| all.iter().take(top).map(|one| one.weight));
            let row = |weight| weight_row(weight, twera.as_deref(), index);
            Ok(FeatureSide {
                by_twera: by_twera.map(|all| all.map(row).collect()).transpose()?,
                by_weight: strongest(weights, top)
                    .into_iter()
                    .map(row)
                    .collect::<Result<_, _>>()?,
            })
        };
        Ok(FeatureWeights { inputs: side(Side::Inputs)?, outputs: side(Side::Outputs)? })
    }
}

fn of_filter(filter: &FeatureFilter, sort: Sort) -> Query {
    Query {
        label: words(filter.label.as_deref()),
        layer: filter.layer,
        named: named_by(filter.named),
        frequency: Within { from: filter.frequency_from, to: filter.frequency_to },
        max: Within { from: filter.max_from, to: filter.max_to },
        sort,
    }
}

fn sorted_by(sort: FeatureSort) -> Sort {
    match sort {
        FeatureSort::Index => Sort::Index,
        FeatureSort::Last => Sort::Last,
        FeatureSort::Name => Sort::Name,
        FeatureSort::NameDown => Sort::NameDown,
        FeatureSort::Frequency => Sort::Frequency,
        FeatureSort::Rarest => Sort::Rarest,
        FeatureSort::Max => Sort::Max,
        FeatureSort::Weakest => Sort::Weakest,
    }
}

/// A text that has one; nothing of an empty one.
fn words(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn named_by(named: FeatureNamed) -> NamedBy {
    match named {
        FeatureNamed::Any => NamedBy::Any,
        FeatureNamed::Hand => NamedBy::Hand,
        FeatureNamed::Program => NamedBy::Program,
        FeatureNamed::Imported => NamedBy::Imported,
        FeatureNamed::Nobody => NamedBy::Nobody,
    }
}

fn weight_row(
    weight: Weight,
    twera: Option<&[Expected]>,
    index: Option<&FeatureIndex>,
) -> Result<WeightRow, ServeError> {
    let known = twera.unwrap_or_default().iter().find(|one| one.weight.id == weight.id);
    let label = index.map(|index| label(index, weight.id)).transpose()?.flatten();
    Ok(WeightRow {
        layer: weight.id.layer,
        index: weight.id.index,
        label_source: label.as_ref().map(|label| label.source.name().to_owned()),
        label: label.map(|label| label.text),
        weight: weight.weight,
        twera: known.map(|one| one.lo),
        twera_at_most: known.map(|one| one.hi),
        together: known.map(|one| one.n),
    })
}

fn label(index: &FeatureIndex, id: FeatureId) -> Result<Option<Label>, ServeError> {
    Ok(index.label(id)?)
}

fn effects(effects: Vec<Effect>) -> Vec<EffectRow> {
    effects.into_iter().map(|Effect { token, value }| EffectRow { token, value }).collect()
}

fn check_rows(asked: usize) -> Result<(), ServeError> {
    if (1..=MOST_ROWS).contains(&asked) {
        return Ok(());
    }
    Err(ServeError::bad(format!("{asked} rows were asked for, expected 1 to {MOST_ROWS}")))
}
