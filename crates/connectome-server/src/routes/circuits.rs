//! Pruning, paths, circuits, suggestions and comparison.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::extract::Sent;
use super::{Answer, Shared, blocking, json};
use crate::circuits;
use crate::error::ServeError;
use crate::id::Id;
use crate::store::Kept;
use crate::wire::{CircuitAsk, CompareAsk, PathsAsk, PruneAsk, SuggestAsk};

async fn asked<T: Serialize + Send + 'static>(
    State(app): Shared,
    id: String,
    answer: impl FnOnce(&Kept) -> Result<T, ServeError> + Send + 'static,
) -> Result<Response, ServeError> {
    let found = blocking(move || answer(&*app.store.graph(&Id::parse("graph", &id)?)?));
    Ok(json(&found.await?))
}

pub(super) async fn prune(
    app: Shared,
    Path(id): Path<String>,
    Sent(ask): Sent<PruneAsk>,
) -> Answer {
    asked(app, id, move |kept| circuits::pruned(kept, &ask)).await
}

pub(super) async fn paths(
    app: Shared,
    Path(id): Path<String>,
    Sent(ask): Sent<PathsAsk>,
) -> Answer {
    asked(app, id, move |kept| circuits::paths(kept, &ask)).await
}

pub(super) async fn circuit(
    app: Shared,
    Path(id): Path<String>,
    Sent(ask): Sent<CircuitAsk>,
) -> Answer {
    asked(app, id, move |kept| circuits::circuit(kept, &ask)).await
}

pub(super) async fn suggest(
    app: Shared,
    Path(id): Path<String>,
    Sent(ask): Sent<SuggestAsk>,
) -> Answer {
    asked(app, id, move |kept| circuits::suggest(kept, &ask)).await
}

pub(super) async fn compare(State(app): Shared, Sent(ask): Sent<CompareAsk>) -> Answer {
    let found = blocking(move || {
        let a = app.store.graph(&Id::parse("graph", &ask.a)?)?;
        let b = app.store.graph(&Id::parse("graph", &ask.b)?)?;
        let [a, b] = [&a, &b]
            .map(|kept| circuits::Side { graph: &kept.graph, shares: &kept.influence_shares });
        circuits::compare(a, b, ask.align)
    });
    Ok(json(&found.await?))
}
