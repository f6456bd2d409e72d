//! What was deleted and can be put back.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The answer when a graph, a probe, a run or a view was deleted.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Deleted {
    /// Its name in the trash.
    pub trash: String,
}

/// A row of `GET /api/trash`, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TrashRow {
    /// Its name in the trash.
    pub name: String,
    /// What it is.
    pub kind: TrashKind,
    /// The title or prompt of a graph, the template of a probe, the name of a run or a view.
    pub title: String,
    /// Milliseconds since 1970.
    pub deleted: f64,
    /// It is removed for good when a server starts so many days later.
    pub kept_days: f64,
}

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(rename_all = "lowercase")]
pub enum TrashKind {
    /// A graph with its views and runs.
    Graph,
    /// A probe.
    Probe,
    /// A measured run of a graph.
    Run,
    /// A view of a graph with its versions.
    View,
}
