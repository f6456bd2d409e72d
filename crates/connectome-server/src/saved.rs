//! A saved view, as figures and pages in a file read it.
//!
//! The document is the page's (`web/src/state/document.ts`), which the store keeps as it is. Only
//! what a picture of it needs is named here, and absent parts take the page's defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use connectome_figure::Tint;
use connectome_graph::{AttributionGraph, Supernode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::circuits::{checked, checked_one, label};
use crate::error::ServeError;
use crate::store::newest_version;
use crate::wire::{Group, Place};

/// The form of the document that is understood.
const SCHEMA: u64 = 1;

/// The note of a graph file that holds a whole view.
const IN_FILE: &str = "connectome.view";

/// What a person has made of a graph.
#[derive(Clone, Debug)]
pub struct SavedView {
    document: Value,
    parts: Parts,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Parts {
    groups: Vec<Group>,
    pins: Vec<u32>,
    labels: BTreeMap<String, String>,
    places: BTreeMap<String, Place>,
    notes: Vec<Note>,
    filters: Filters,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Filters {
    node_threshold: f64,
    edge_threshold: f64,
}

impl Default for Filters {
    fn default() -> Self {
        let usual = connectome_graph::Thresholds::default();
        Self { node_threshold: usual.nodes, edge_threshold: usual.edges }
    }
}

/// A text on the drawing.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl SavedView {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// [`ServeError::Bad`] if it is no view, or one of a newer page.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ServeError> {
        let hint = Some("`/api/graphs/ID/views/NAME` of `connectome serve` gives one");
        let bad = |why: String| ServeError::Bad { what: format!("not a saved view: {why}"), hint };
        let document: Value =
            serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
        match document.get("schema").and_then(Value::as_u64) {
            Some(SCHEMA) => {}
            Some(newer) => return Err(bad(format!("its schema is {newer}, expected {SCHEMA}"))),
            None => return Err(bad("it has no whole number `schema`".to_owned())),
        }
        let parts = Parts::deserialize(&document).map_err(|error| bad(error.to_string()))?;
        Ok(Self { document, parts })
    }

    /// The newest version of a view that a workspace keeps beside this graph's file.
    ///
    /// # Errors
    ///
    /// [`ServeError::Missing`] if there is none of that name; [`ServeError::Bad`] and
    /// [`ServeError::Store`] as reading says.
    pub fn beside(graph: &Path, name: &str) -> Result<Self, ServeError> {
        let folder = graph.parent().unwrap_or(Path::new("")).join("views");
        let missing =
            || ServeError::Missing { what: "view", name: name.chars().take(80).collect() };
        let name = crate::id::Id::parse("view", name)?;
        let bytes = newest_version(&folder.join(name.as_str()))?.ok_or_else(missing)?;
        Self::from_json(&bytes)
    }

    /// What a graph's file itself groups and pins, as the page takes it where nothing was saved.
    #[must_use]
    pub fn of_graph(graph: &AttributionGraph) -> Self {
        let annotations = graph.annotations();
        let groups = file_groups(graph);
        let mut pins: Vec<u32> = annotations.pinned.iter().map(|idx| idx.get()).collect();
        let known: BTreeSet<u32> = pins.iter().copied().collect();
        let grouped = groups.iter().flat_map(|group| &group.nodes);
        pins.extend(grouped.filter(|node| !known.contains(node)));
        let document = json!({ "schema": SCHEMA, "groups": groups, "pins": pins });
        Self { document, parts: Parts { groups, pins, ..Parts::default() } }
    }

    /// The view, or what the graph's file holds where nothing is pinned or grouped in it.
    pub(crate) fn or_of_graph(view: &Self, graph: &AttributionGraph) -> Self {
        let is_empty = view.parts.groups.is_empty() && view.parts.pins.is_empty();
        if is_empty { Self::of_graph(graph) } else { view.clone() }
    }

    /// Groups, then pinned nodes that are in none of them, under their names in this view.
    ///
    /// # Errors
    ///
    /// [`ServeError::Bad`] for nodes that the graph has not.
    pub(crate) fn boxes(&self, graph: &AttributionGraph) -> Result<Vec<Group>, ServeError> {
        let with_nodes = self.parts.groups.iter().filter(|group| !group.nodes.is_empty());
        let mut boxes: Vec<Group> = with_nodes.cloned().collect();
        let mut boxed: BTreeSet<u32> = boxes.iter().flat_map(|group| group.nodes.clone()).collect();
        for &node in &self.parts.pins {
            let idx = checked_one(graph, node)?;
            if boxed.insert(node) {
                let own = self.parts.labels.get(&node.to_string());
                let name = own.cloned().unwrap_or_else(|| label(graph, idx));
                boxes.push(Group { id: format!("n{node}"), name, nodes: vec![node] });
            }
        }
        Ok(boxes)
    }

    /// Ids and nodes of [`SavedView::boxes`], for which no graph is needed.
    pub(crate) fn box_nodes(&self) -> Vec<(String, Vec<u32>)> {
        let with_nodes = self.parts.groups.iter().filter(|group| !group.nodes.is_empty());
        let mut boxes: Vec<(String, Vec<u32>)> =
            with_nodes.map(|group| (group.id.clone(), group.nodes.clone())).collect();
        let mut boxed: BTreeSet<u32> = boxes.iter().flat_map(|(_, nodes)| nodes.clone()).collect();
        for &node in &self.parts.pins {
            if boxed.insert(node) {
                boxes.push((format!("n{node}"), vec![node]));
            }
        }
        boxes
    }

    /// The graph with this view's groups, pins and labels in place of its file's.
    ///
    /// # Errors
    ///
    /// [`ServeError::Bad`] for nodes that the graph has not.
    pub fn annotated(&self, graph: &AttributionGraph) -> Result<AttributionGraph, ServeError> {
        let mut said = graph.annotations().clone();
        said.pinned = checked(graph, &self.parts.pins)?;
        said.supernodes = self
            .parts
            .groups
            .iter()
            .map(|group| {
                let members = checked(graph, &group.nodes)?;
                Ok(Supernode { name: group.name.clone(), members })
            })
            .collect::<Result<_, ServeError>>()?;
        for (node, text) in &self.parts.labels {
            if let Ok(node) = node.parse() {
                said.node_labels.insert(checked_one(graph, node)?, text.clone());
            }
        }
        Ok(graph.clone().with_annotations(said)?)
    }

    /// The same, with the whole view in the file: what has no place of its own in a graph file,
    /// as notes, places and filters, is there again in a workspace that opens it.
    ///
    /// # Errors
    ///
    /// As [`SavedView::annotated`].
    pub fn in_file(&self, graph: &AttributionGraph) -> Result<AttributionGraph, ServeError> {
        let named = self.annotated(graph)?;
        let mut said = named.annotations().clone();
        said.notes.insert(IN_FILE.to_owned(), self.document.to_string());
        Ok(named.with_annotations(said)?)
    }

    /// The view that [`SavedView::in_file`] put into a graph's file; `None` if there is none, or
    /// one that cannot be read.
    pub(crate) fn of_file(graph: &AttributionGraph) -> Option<Self> {
        let text = graph.annotations().notes.get(IN_FILE)?;
        let view = Self::from_json(text.as_bytes()).ok()?;
        view.annotated(graph).ok().map(|_| view)
    }

    /// Nodes that pruning keeps in any case.
    pub(crate) fn pins(&self) -> &[u32] {
        &self.parts.pins
    }

    /// Where a person put boxes, by box.
    pub(crate) fn places(&self) -> &BTreeMap<String, Place> {
        &self.parts.places
    }

    /// The colours that a person gave to groups' boxes, by group; one that is not known is none.
    pub(crate) fn tints(&self) -> BTreeMap<&str, Tint> {
        let groups = self.document.get("groups").and_then(Value::as_array);
        let mut tints = BTreeMap::new();
        for group in groups.into_iter().flatten() {
            let id = group.get("id").and_then(Value::as_str);
            let tint = group.get("tint").and_then(Value::as_str).and_then(Tint::named);
            if let (Some(id), Some(tint)) = (id, tint) {
                tints.insert(id, tint);
            }
        }
        tints
    }

    /// Texts on the drawing.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.parts.notes
    }

    /// Of nodes, then of edges.
    pub(crate) fn thresholds(&self) -> [f64; 2] {
        [self.parts.filters.node_threshold, self.parts.filters.edge_threshold]
    }

    /// As the page wrote it.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }
}

/// Groups that a graph's file holds.
pub(crate) fn file_groups(graph: &AttributionGraph) -> Vec<Group> {
    let groups = graph.annotations().supernodes.iter().enumerate();
    let group = |(at, group): (usize, &connectome_graph::Supernode)| Group {
        id: format!("file-{at}"),
        name: group.name.clone(),
        nodes: group.members.iter().map(|idx| idx.get()).collect(),
    };
    groups.map(group).collect()
}
