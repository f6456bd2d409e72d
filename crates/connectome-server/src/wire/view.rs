//! Saved views: the page's state document, which the server keeps and does not read.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The answer of `PUT /api/graphs/:id/views/:name`. The body is any JSON object of at most 4 MiB
/// with a whole number `schema`; `If-Match` must be the current ETag, or `*` for a new one.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ViewSaved {
    /// Its number, from 1.
    pub version: u32,
    /// Its ETag.
    pub etag: String,
}

/// A row of `GET /api/graphs/:id/views/:name/versions`, the newest first. A version is read with
/// `GET /api/graphs/:id/views/:name?version=`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ViewVersion {
    /// Its number, from 1.
    pub version: u32,
    /// Milliseconds since 1970.
    pub saved: f64,
    /// Its size.
    pub bytes: usize,
    /// What the document's `name` says, if that is text.
    pub name: Option<String>,
}

/// `PATCH /api/graphs/:id/views/:name`, with all of its versions; `main` keeps its name.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ViewPatch {
    /// What it is called from now on.
    pub name: String,
}

/// The answer with status 412: somebody else saved meanwhile.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ViewConflict {
    /// What went wrong.
    pub error: super::FailureBody,
    /// The current version's ETag.
    pub etag: String,
    /// The current version.
    pub version: u32,
    /// The current document.
    #[ts(type = "unknown")]
    pub current: serde_json::Value,
}
