//! Errors of the page, as it tells them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The body of `POST /api/log`: an error that the page did not expect. It has nothing of a prompt,
/// of a name, or of what anybody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PageError {
    /// Its kind, as `TypeError`.
    pub name: String,
    /// What the browser says of it, without what stands in quotes; null of kinds that may quote
    /// without them.
    pub message: Option<String>,
    /// The page without its parts, as `/g`: graphs are called by their prompts.
    pub page: String,
    /// Where in the page's code, the innermost first: `index-abc.js:1:200`.
    pub frames: Vec<String>,
}

/// A row of `GET /api/log`, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LogRow {
    /// What went wrong.
    pub error: PageError,
    /// How often.
    pub n: usize,
    /// Milliseconds since 1970, of the last time.
    pub at: f64,
    /// The program and its version, of the last time.
    pub tool: String,
}
