//! What `group` says of a graph's supernodes.

use connectome_graph::{AttributionGraph, Supernode};
use serde::Serialize;

use super::Stop;

#[derive(Debug, Serialize)]
pub(crate) struct GroupsReport {
    pub(crate) graph: String,
    /// `saved`, `replaced` or `removed`; null if the file was only read.
    pub(crate) done: Option<&'static str>,
    /// The name that it was done to.
    pub(crate) name: Option<String>,
    /// What was replaced or removed.
    pub(crate) before: Option<SupernodeReport>,
    /// All there are now, in the order of the file.
    pub(crate) supernodes: Vec<SupernodeReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SupernodeReport {
    pub(crate) name: String,
    pub(crate) members: Vec<Stop>,
}

impl SupernodeReport {
    pub(crate) fn of(graph: &AttributionGraph, supernode: &Supernode) -> Self {
        let members = supernode.members.iter().map(|idx| Stop::of(graph, *idx));
        Self { name: supernode.name.clone(), members: members.collect() }
    }
}

/// What may be grouped.
#[derive(Debug, Serialize)]
pub(crate) struct SuggestionsReport {
    pub(crate) graph: String,
    /// Whether they were saved.
    pub(crate) saved: bool,
    /// The most influential first.
    pub(crate) suggested: Vec<SuggestedReport>,
    /// Features that were considered and fit nowhere.
    pub(crate) alone: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct SuggestedReport {
    pub(crate) supernode: SupernodeReport,
    pub(crate) reasons: Vec<String>,
    /// The least cosine of two members' signed input and output shares.
    pub(crate) similarity: f64,
    /// Its share of all influence.
    pub(crate) influence: f64,
    /// How the scores of the circuit of all considered features change without it.
    pub(crate) replacement_change: f64,
    pub(crate) completeness_change: f64,
}
