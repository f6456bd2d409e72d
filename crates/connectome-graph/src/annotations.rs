//! What people and programs say about a graph: names, groups, pins, verdicts.
//!
//! Annotations never change a number. They live in the graph's file so that they travel with
//! it; [`crate::supernode`] computes with the groups.

use std::collections::BTreeMap;

use crate::{FeatureId, GraphError, NodeIdx, Nodes, Verdicts};

/// Nodes under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supernode {
    /// The name shown on the box.
    pub name: String,
    /// Its nodes. Order is the author's; a node may stand in several groups.
    pub members: Vec<NodeIdx>,
}

/// Everything said about one graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// Groups, in the author's order.
    pub supernodes: Vec<Supernode>,
    /// Labels of dictionary entries: they hold wherever the feature fires.
    pub feature_labels: BTreeMap<FeatureId, String>,
    /// Labels of single nodes: they win over the feature's.
    pub node_labels: BTreeMap<NodeIdx, String>,
    /// Nodes kept in view, in the author's order.
    pub pinned: Vec<NodeIdx>,
    /// What interventions in the model said of edges.
    pub verdicts: Option<Verdicts>,
    /// Anything else by key: an imported view's settings, notes.
    pub notes: BTreeMap<String, String>,
}

/// Begins the keys of notes that count what an import could not hold.
const PASSED_OVER: &str = "import.passed_over.";

impl Annotations {
    /// What the file that a graph was imported from has and the graph has not, as `1 node,
    /// 5 links`: nodes of kinds that are not known here, and links of theirs. `None` if nothing
    /// is missing.
    #[must_use]
    pub fn passed_over(&self) -> Option<String> {
        let counts = ["nodes", "links"].into_iter().filter_map(|what| {
            let count = self.notes.get(&format!("{PASSED_OVER}{what}"))?;
            let what = if count == "1" { what.trim_end_matches('s') } else { what };
            Some(format!("{count} {what}"))
        });
        let counts: Vec<String> = counts.collect();
        (!counts.is_empty()).then(|| counts.join(", "))
    }

    /// Notes what an import could not hold.
    pub(crate) fn note_passed_over(&mut self, n_nodes: usize, n_links: usize) {
        for (what, count) in [("nodes", n_nodes), ("links", n_links)] {
            if count > 0 {
                self.notes.insert(format!("{PASSED_OVER}{what}"), count.to_string());
            }
        }
    }

    /// The label of a node: its own, or its feature's.
    pub fn label(&self, nodes: &Nodes, idx: NodeIdx) -> Option<&str> {
        let own = self.node_labels.get(&idx);
        let of_feature = || match nodes.node(idx) {
            crate::Node::Feature(feature) => self.feature_labels.get(&feature.id),
            _ => None,
        };
        own.or_else(of_feature).map(String::as_str)
    }

    /// Nodes that somebody pinned or grouped, ascending.
    #[must_use]
    pub fn chosen(&self) -> Vec<NodeIdx> {
        let members = self.supernodes.iter().flat_map(|group| &group.members);
        let mut chosen: Vec<NodeIdx> = members.chain(&self.pinned).copied().collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    /// Refuses annotations that speak of nodes the graph does not have.
    pub(crate) fn check(&self, n_nodes: usize) -> Result<(), GraphError> {
        let members = self.supernodes.iter().flat_map(|group| &group.members);
        for idx in members.chain(self.node_labels.keys()).chain(&self.pinned) {
            if idx.as_usize() >= n_nodes {
                let (found, count) = (u64::from(idx.get()), n_nodes as u64);
                return Err(GraphError::OutOfRange { what: "annotated node", found, count });
            }
        }
        self.verdicts.as_ref().map_or(Ok(()), |verdicts| verdicts.check(n_nodes))
    }
}
