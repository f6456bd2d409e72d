//! Pruning, paths, circuits, suggestions and comparison.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use connectome_graph::FeatureId;
use serde::Serialize;

use super::extract::Sent;
use super::{Answer, Shared, blocking, json};
use crate::circuits;
use crate::error::ServeError;
use crate::id::Id;
use crate::store::Kept;
use crate::wire::{CircuitAsk, CompareAsk, PathsAsk, PruneAsk, RecurringAsk, SuggestAsk};

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
    State(app): Shared,
    Path(id): Path<String>,
    Sent(ask): Sent<SuggestAsk>,
) -> Answer {
    let found = blocking(move || {
        let id = Id::parse("graph", &id)?;
        let kept = app.store.graph(&id)?;
        // A view that nobody has saved yet looks as the graph itself does.
        let view = match ask.view.as_deref().map(|name| app.store.shown_view(&id, name)) {
            Some(Err(ServeError::Missing { what: "view", .. })) => None,
            view => view.transpose()?,
        };
        let seen = view.map(|view| view.annotated(&kept.graph)).transpose()?;
        let labels = seen.map(|seen| seen.annotations().node_labels.clone()).unwrap_or_default();
        let set = app.set_of_graph(&kept.graph);
        let names = app.names(set.as_ref(), &kept.graph)?;
        let opened = set.as_ref().and_then(|set| set.opened.as_deref());
        let dictionary = opened.map(|opened| opened.replacement.transcoder());
        circuits::suggest(
            &kept,
            &ask,
            circuits::Known { labels: &labels, names: &names, dictionary },
        )
    });
    Ok(json(&found.await?))
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

pub(super) async fn recurring(State(app): Shared, Sent(ask): Sent<RecurringAsk>) -> Answer {
    let found = blocking(move || {
        let kept = ask.graphs.iter().map(|id| app.store.graph(&Id::parse("graph", id)?));
        let kept: Vec<_> = kept.collect::<Result<_, _>>()?;
        let sides: Vec<circuits::Side<'_>> = kept
            .iter()
            .map(|kept| circuits::Side { graph: &kept.graph, shares: &kept.influence_shares })
            .collect();
        let mut found = circuits::recurring(&sides, ask.least)?;
        found.rows.truncate(ask.limit);
        // Features that no node of the first graph is may be named by another one's.
        let set = app.set_of_graph(&kept[0].graph);
        let mut names = BTreeMap::new();
        for kept in &kept {
            names.extend(app.names(set.as_ref(), &kept.graph)?);
        }
        for row in &mut found.rows {
            let id = FeatureId { layer: row.layer, index: row.index };
            row.label = names.get(&id).map(|label| label.text.clone());
            row.label_source = names.get(&id).map(|label| label.source.name().to_owned());
        }
        found.feature_set = set.map(|set| set.name);
        Ok(found)
    });
    Ok(json(&found.await?))
}
