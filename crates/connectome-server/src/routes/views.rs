//! Views: the page's state document and its versions.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde::Deserialize;

use super::extract::{Asked, Raw, Sent};
use super::{Answer, Shared, blocking, json};
use crate::error::ServeError;
use crate::id::Id;
use crate::wire::ViewPatch;

/// The largest document.
const LIMIT: usize = 4 << 20;

#[derive(Deserialize)]
pub(super) struct ViewQuery {
    version: Option<u32>,
}

fn ids(id: &str, name: &str) -> Result<(Id, Id), ServeError> {
    Ok((Id::parse("graph", id)?, Id::parse("view", name)?))
}

pub(super) async fn get(
    State(app): Shared,
    Path((id, name)): Path<(String, String)>,
    Asked(query): Asked<ViewQuery>,
) -> Answer {
    let found = blocking(move || {
        let (id, name) = ids(&id, &name)?;
        app.store.view(&id, &name, query.version)
    });
    let view = found.await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::ETAG, view.etag),
    ];
    Ok((headers, view.bytes).into_response())
}

pub(super) async fn put(
    State(app): Shared,
    Path((id, name)): Path<(String, String)>,
    headers: HeaderMap,
    Raw(bytes): Raw<LIMIT>,
) -> Answer {
    let if_match = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let if_match = if_match.map(str::to_owned);
    let saved = blocking(move || {
        let (id, name) = ids(&id, &name)?;
        app.store.save_view(&id, &name, if_match.as_deref(), &bytes)
    });
    let saved = saved.await?;
    Ok(([(header::ETAG, saved.etag.clone())], json(&saved)).into_response())
}

pub(super) async fn rename(
    State(app): Shared,
    Path((id, name)): Path<(String, String)>,
    Sent(patch): Sent<ViewPatch>,
) -> Answer {
    blocking(move || {
        let (id, name) = ids(&id, &name)?;
        app.store.name_view(&id, &name, &patch.name)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn delete(State(app): Shared, Path((id, name)): Path<(String, String)>) -> Answer {
    let deleted = blocking(move || {
        let (id, name) = ids(&id, &name)?;
        app.store.delete_view(&id, &name)
    });
    Ok(json(&deleted.await?))
}

pub(super) async fn versions(
    State(app): Shared,
    Path((id, name)): Path<(String, String)>,
) -> Answer {
    let found = blocking(move || {
        let (id, name) = ids(&id, &name)?;
        app.store.versions(&id, &name)
    });
    Ok(json(&found.await?))
}
