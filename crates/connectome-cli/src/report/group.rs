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
