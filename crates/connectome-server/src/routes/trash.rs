//! What was deleted: listed, put back, removed for good.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::{Answer, Shared, blocking, json};

pub(super) async fn list(State(app): Shared) -> Answer {
    Ok(json(&blocking(move || Ok(app.store.trash())).await?))
}

pub(super) async fn restore(State(app): Shared, Path(name): Path<String>) -> Answer {
    blocking(move || app.store.restore(&name)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn remove(State(app): Shared, Path(name): Path<String>) -> Answer {
    blocking(move || app.store.forget_trashed(&name)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
