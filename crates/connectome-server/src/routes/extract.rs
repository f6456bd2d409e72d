//! What handlers take out of requests, with errors in one sentence.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::error::ServeError;

/// A JSON body is at most so long.
const JSON_LIMIT: usize = 8 << 20;

/// So much more than its limit is read of a body and thrown away: a client that is still sending
/// hears nothing of a refusal.
const PATIENCE: usize = 64 << 20;

/// A body of at most `LIMIT` bytes.
pub(crate) struct Raw<const LIMIT: usize>(pub(crate) Vec<u8>);

impl<S: Send + Sync, const LIMIT: usize> FromRequest<S> for Raw<LIMIT> {
    type Rejection = ServeError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ServeError> {
        let mut stream = request.into_body().into_data_stream();
        let (mut bytes, mut n_more) = (Vec::new(), 0);
        while let Some(part) = stream.next().await {
            let part =
                part.map_err(|error| ServeError::bad(format!("the body broke off: {error}")))?;
            if n_more == 0 && bytes.len() + part.len() <= LIMIT {
                bytes.extend_from_slice(&part);
            } else {
                bytes = Vec::new();
                n_more += part.len();
            }
            if n_more > PATIENCE {
                break;
            }
        }
        if n_more > 0 { Err(ServeError::TooLarge { limit: LIMIT }) } else { Ok(Self(bytes)) }
    }
}

/// A JSON body.
pub(crate) struct Sent<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = ServeError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ServeError> {
        let Raw(bytes) = Raw::<JSON_LIMIT>::from_request(request, state).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            ServeError::bad(format!("the body is not what this route takes: {error}"))
        })
    }
}

/// A query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ServeError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ServeError> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|error| {
            ServeError::bad(format!(
                "the address is not what this route takes: {}",
                error.body_text()
            ))
        })
    }
}
