//! The server itself, models, and plain passes.

use axum::extract::State;

use super::extract::Sent;
use super::{Answer, Shared, blocking, json};
use crate::TOOL;
use crate::id::Id;
use crate::wire::{ForwardAsk, PromptAsk, Status};

pub(super) async fn status(State(app): Shared) -> Answer {
    let of_features = app.clone();
    // A default model that cannot be opened says why in the list of models.
    let has_index = move || Ok(of_features.set(None).is_ok_and(|set| set.index.is_some()));
    let features = blocking(has_index).await?;
    let tour = app.store.card().tour;
    let tour = tour.filter(|id| Id::parse("graph", id).is_ok_and(|id| app.store.row(&id).is_ok()));
    Ok(json(&Status {
        version: TOOL.to_owned(),
        default_model: app.engine.default_model().to_owned(),
        features,
        host: app.host.clone(),
        read_only: app.settings.read_only,
        compat: app.settings.compat.is_some(),
        tour,
    }))
}

pub(super) async fn list(State(app): Shared) -> Answer {
    Ok(json(&blocking(move || Ok(app.engine.rows())).await?))
}

pub(super) async fn tokenize(State(app): Shared, Sent(ask): Sent<PromptAsk>) -> Answer {
    Ok(json(&blocking(move || app.engine.tokenize(&ask)).await?))
}

pub(super) async fn forward(State(app): Shared, Sent(ask): Sent<ForwardAsk>) -> Answer {
    Ok(json(&blocking(move || app.engine.forward(&ask)).await?))
}

pub(super) async fn estimate(State(app): Shared, Sent(ask): Sent<PromptAsk>) -> Answer {
    Ok(json(&blocking(move || app.engine.estimate(&ask)).await?))
}
