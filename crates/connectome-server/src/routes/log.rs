//! The log of the page's errors.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::extract::Sent;
use super::{Answer, Shared, blocking, json};
use crate::wire::PageError;

pub(super) async fn list(State(app): Shared) -> Answer {
    Ok(json(&blocking(move || Ok(app.store.log())).await?))
}

pub(super) async fn add(State(app): Shared, Sent(error): Sent<PageError>) -> Answer {
    blocking(move || app.store.add_to_log(error)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
