//! What the boxes of a figure are called: by those who named them, or else by an index of
//! features.

use std::collections::BTreeMap;

use connectome::features::index::{Label, LabelSource};
use connectome_figure::Naming;
use connectome_graph::{AttributionGraph, FeatureId, Node, NodeIdx, Supernode};
use serde_json::{Value, json};

use crate::circuits::Boxes;
use crate::wire::FigureOptions;

/// A box's name.
pub(super) struct Named {
    pub(super) text: String,
    /// Whose words, if they are of an index.
    source: Option<LabelSource>,
    /// The feature whose name it is.
    of: Option<String>,
}

impl Named {
    /// Names that come with imported features are somebody's.
    pub(super) fn naming(&self) -> Naming {
        let is_automatic = self.source.is_some_and(LabelSource::is_automatic);
        if is_automatic { Naming::Automatic } else { Naming::Given }
    }

    /// The name in full with its source, for boxes that are too narrow for it.
    pub(super) fn said(&self) -> Option<String> {
        self.source.map(|source| format!("{} ({})", self.text, source.name()))
    }

    /// As the figure's file has it.
    pub(super) fn provenance(&self) -> Option<Value> {
        let (source, of) = (self.source?, self.of.as_ref()?);
        Some(json!({ "feature": of, "name": self.text, "source": source.name() }))
    }
}

/// The names of all boxes, in order. One without a name of its own is called as the index calls
/// the feature in it that fires most, of those that the index names.
pub(super) fn of(
    graph: &AttributionGraph,
    boxes: &Boxes,
    index: Option<&BTreeMap<FeatureId, Label>>,
    options: &FigureOptions,
) -> Vec<Named> {
    let name = |group: &Supernode| {
        let own = || Named { text: group.name.clone(), source: None, of: None };
        let Some(index) = index.filter(|_| is_unnamed(graph, group)) else { return own() };
        let known = group.members.iter().filter_map(|idx| of_feature(graph, *idx, index));
        let wanted =
            known.filter(|(_, label, _)| options.automatic_names || !label.source.is_automatic());
        // Of equals the first: `max_by` would take the last.
        let strongest = wanted.reduce(|best, one| if one.0 > best.0 { one } else { best });
        strongest.map_or_else(own, |(_, label, idx)| Named {
            text: label.text.clone(),
            source: Some(label.source),
            of: Some(graph.nodes().name(idx)),
        })
    };
    boxes.groups.iter().map(name).collect()
}

/// Nobody named it: its name is empty, or the place of its one node in the dictionary.
fn is_unnamed(graph: &AttributionGraph, group: &Supernode) -> bool {
    match group.members.as_slice() {
        [one] => group.name.trim().is_empty() || group.name == graph.nodes().name(*one),
        _ => group.name.trim().is_empty(),
    }
}

/// A feature's activation and label, if the index has one.
fn of_feature<'a>(
    graph: &AttributionGraph,
    idx: NodeIdx,
    index: &'a BTreeMap<FeatureId, Label>,
) -> Option<(f32, &'a Label, NodeIdx)> {
    match graph.nodes().node(idx) {
        Node::Feature(feature) => Some((feature.activation, index.get(&feature.id)?, idx)),
        _ => None,
    }
}
