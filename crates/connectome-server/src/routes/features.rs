//! Features of dictionaries: sets, lists, one feature, weights.

use axum::extract::{Path, State};
use connectome_graph::FeatureId;
use serde::Deserialize;

use super::extract::{Asked, Sent};
use super::{Answer, Shared, blocking, json, number};
use crate::error::ServeError;
use crate::wire::{FeatureQuery, FeatureSearch, LabelAsk, PromptAsk};

/// Weights of a side, where nobody says how many.
const USUAL_WEIGHTS: usize = 10;

pub(super) async fn sets(State(app): Shared) -> Answer {
    Ok(json(&blocking(move || app.sets()).await?))
}

pub(super) async fn feature(
    State(app): Shared,
    Path((set, layer, index)): Path<(String, String, String)>,
) -> Answer {
    let found = blocking(move || app.set(Some(&set))?.index()?.feature(id(&layer, &index)?));
    Ok(json(&found.await?))
}

pub(super) async fn query(State(app): Shared, Sent(ask): Sent<FeatureQuery>) -> Answer {
    let found = blocking(move || app.set(ask.set.as_deref())?.index()?.page(&ask));
    Ok(json(&found.await?))
}

pub(super) async fn search(State(app): Shared, Sent(ask): Sent<FeatureSearch>) -> Answer {
    let found = blocking(move || {
        let (_, ready) = app.engine.prepare(&ask.prompt)?;
        app.set(ask.prompt.model.as_deref())?.search(&ready, &ask)
    });
    Ok(json(&found.await?))
}

pub(super) async fn label(
    State(app): Shared,
    Path((set, layer, index)): Path<(String, String, String)>,
) -> Answer {
    let found = blocking(move || app.label_of(&app.set(Some(&set))?, id(&layer, &index)?));
    Ok(json(&found.await?))
}

pub(super) async fn name(
    State(app): Shared,
    Path((set, layer, index)): Path<(String, String, String)>,
    Sent(ask): Sent<LabelAsk>,
) -> Answer {
    let named =
        blocking(move || app.name_feature(&app.set(Some(&set))?, id(&layer, &index)?, &ask.text));
    Ok(json(&named.await?))
}

#[derive(Deserialize)]
pub(super) struct WeightsQuery {
    top: Option<usize>,
}

pub(super) async fn weights(
    State(app): Shared,
    Path((set, layer, index)): Path<(String, String, String)>,
    Asked(query): Asked<WeightsQuery>,
) -> Answer {
    let top = query.top.unwrap_or(USUAL_WEIGHTS);
    let found = blocking(move || app.set(Some(&set))?.weights(id(&layer, &index)?, top));
    Ok(json(&found.await?))
}

pub(super) async fn writes(
    State(app): Shared,
    Path((set, layer, index)): Path<(String, String, String)>,
) -> Answer {
    let found = blocking(move || app.set(Some(&set))?.writes(id(&layer, &index)?));
    Ok(json(&found.await?))
}

pub(super) async fn activations(
    State(app): Shared,
    Path((set, layer, index)): Path<(String, String, String)>,
    Sent(ask): Sent<PromptAsk>,
) -> Answer {
    let found = blocking(move || {
        let id = id(&layer, &index)?;
        // The set says which model reads.
        let ask = PromptAsk { model: Some(set.clone()), ..ask };
        let (_, ready) = app.engine.prepare(&ask)?;
        app.set(Some(&set))?.on_text(&ready, id)
    });
    Ok(json(&found.await?))
}

pub(super) async fn graphs(
    State(app): Shared,
    Path((set, layer, index)): Path<(String, String, String)>,
) -> Answer {
    let found = blocking(move || {
        let id = id(&layer, &index)?;
        let dictionary = app.set(Some(&set))?.dictionary();
        app.store.graphs_with(id, &dictionary)
    });
    Ok(json(&found.await?))
}

fn id(layer: &str, index: &str) -> Result<FeatureId, ServeError> {
    Ok(FeatureId { layer: number("layer", layer)?, index: number("feature", index)? })
}
