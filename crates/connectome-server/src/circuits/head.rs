//! A graph's head.

use std::collections::BTreeMap;

use connectome::features::index::{Label, LabelSource};
use connectome_graph::{
    AttributionGraph, Expansion, FeatureId, Node, TargetKind, Verdict, scores_of,
};

use crate::error::ServeError;
use crate::id::Id;
use crate::saved::file_groups;
use crate::store::{Kept, Store};
use crate::wire::{
    EdgeVerdictRow, ExtentRow, GraphCounts, GraphHead, GraphRow, NodeLabel, NodeRange, NodeRanges,
    OriginRow, ProvenanceRow, TargetRow, Token, VerdictName, VerdictsRow,
};

/// What is known of a graph beside what is in its file.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// Why its model cannot be run.
    pub(crate) not_runnable: Option<String>,
    /// What requests call the set of its dictionary's features.
    pub(crate) feature_set: Option<String>,
    /// What an index calls its features.
    pub(crate) names: BTreeMap<FeatureId, Label>,
}

/// The head of a graph of the store.
pub(crate) fn head(
    store: &Store,
    id: &Id,
    kept: &Kept,
    around: Around,
) -> Result<GraphHead, ServeError> {
    Ok(head_of(store.row(id)?, store.views(id), kept, around))
}

/// The head of a graph, wherever its row comes from.
pub(crate) fn head_of(row: GraphRow, views: Vec<String>, kept: &Kept, around: Around) -> GraphHead {
    let graph = &kept.graph;
    let annotations = graph.annotations();
    let tokens = graph.nodes().tokens().iter().zip(&graph.prompt().token_texts);
    GraphHead {
        id: row.id,
        title: row.title,
        tags: row.tags,
        created: row.created,
        tokens: tokens.map(|(id, text)| Token { id: *id, text: text.clone() }).collect(),
        text: graph.prompt().text.clone(),
        targets: targets(graph),
        n_layers: graph.nodes().n_layers(),
        counts: counts(graph),
        ranges: ranges(graph),
        scores: scores_of(graph, kept.influence()).into(),
        provenance: provenance(graph),
        extent: extent(kept),
        labels: labels(graph, &around.names),
        feature_set: around.feature_set,
        groups: file_groups(graph),
        pinned: annotations.pinned.iter().map(|idx| idx.get()).collect(),
        verdicts: annotations.verdicts.as_ref().map(verdicts),
        views,
        n_runs: row.n_runs,
        runnable: around.not_runnable.is_none(),
        not_runnable: around.not_runnable,
    }
}

fn targets(graph: &AttributionGraph) -> Vec<TargetRow> {
    let nodes = graph.nodes();
    let row = |(k, target): (usize, &connectome_graph::Target)| {
        let (kind, token, minus) = match target.kind {
            TargetKind::Logit { token } => ("logit", Some(token), None),
            TargetKind::Contrast { plus, minus } => ("contrast", Some(plus), Some(minus)),
            TargetKind::Direction { .. } => ("direction", None, None),
            TargetKind::Feature(_) => ("feature", None, None),
        };
        TargetRow {
            node: nodes.target(k).get(),
            kind: kind.to_owned(),
            token,
            minus,
            label: target.label.clone(),
            pos: target.pos,
            weight: f64::from(target.weight),
        }
    };
    nodes.targets().iter().enumerate().map(row).collect()
}

fn counts(graph: &AttributionGraph) -> GraphCounts {
    let nodes = graph.nodes();
    GraphCounts {
        nodes: nodes.len(),
        features: nodes.n_features(),
        errors: nodes.n_errors(),
        tokens: nodes.n_tokens(),
        targets: nodes.n_targets(),
        edges: graph.n_edges(),
        active: nodes.active().len(),
        expanded: graph.rows().len(),
    }
}

fn ranges(graph: &AttributionGraph) -> NodeRanges {
    let nodes = graph.nodes();
    let range = |range: std::ops::Range<usize>| NodeRange { start: range.start, end: range.end };
    NodeRanges {
        features: range(nodes.feature_range()),
        errors: range(nodes.error_range()),
        tokens: range(nodes.token_range()),
        targets: range(nodes.target_range()),
    }
}

fn provenance(graph: &AttributionGraph) -> ProvenanceRow {
    let found = graph.provenance();
    let origin = |origin: &connectome_graph::Origin| OriginRow {
        name: origin.name.clone(),
        digest: origin.digest.clone(),
    };
    ProvenanceRow {
        tool: found.tool.clone(),
        model: origin(&found.model),
        dictionary: origin(&found.dictionary),
        flags: found.flags.clone(),
        imported: found.imported.clone(),
        passed_over: graph.annotations().passed_over(),
    }
}

fn extent(kept: &Kept) -> ExtentRow {
    let graph = &kept.graph;
    let seeds: f64 = graph.nodes().targets().iter().map(|one| f64::from(one.weight)).sum();
    let unresolved = kept.influence().unresolved;
    let mut row = ExtentRow {
        expansion: String::new(),
        tolerance: None,
        max_feature_nodes: None,
        partial: graph.extent().partial,
        unresolved: if seeds > 0.0 { unresolved / seeds } else { 0.0 },
    };
    match graph.extent().expansion {
        Expansion::Exhaustive => row.expansion = "exhaustive".to_owned(),
        Expansion::Budget { max_feature_nodes } => {
            row.expansion = "budget".to_owned();
            row.max_feature_nodes = Some(max_feature_nodes);
        }
        Expansion::Certified { tolerance } => {
            row.expansion = "certified".to_owned();
            row.tolerance = Some(tolerance);
        }
    }
    row
}

/// What a person or a file named comes first; the rest is what an index knows.
fn labels(graph: &AttributionGraph, names: &BTreeMap<FeatureId, Label>) -> Vec<NodeLabel> {
    let (nodes, annotations) = (graph.nodes(), graph.annotations());
    let label = |idx| {
        let feature = match nodes.node(idx) {
            Node::Feature(feature) => Some(feature.id),
            _ => None,
        };
        let known = feature.and_then(|id| names.get(&id));
        let own = annotations.node_labels.get(&idx).map(String::as_str);
        // What a person here calls the feature is newer than what its file calls it.
        let by_hand = known.filter(|label| label.source == LabelSource::Person && own.is_none());
        let (text, source) = match (by_hand, annotations.label(nodes, idx)) {
            (None, Some(text)) => (text.to_owned(), None),
            (found, _) => {
                let label = found.or(known)?;
                (label.text.clone(), Some(label.source.name().to_owned()))
            }
        };
        let of_feature = feature.is_some() && !annotations.node_labels.contains_key(&idx);
        Some(NodeLabel { node: idx.get(), text, of_feature, source })
    };
    nodes.indices().filter_map(label).collect()
}

fn verdicts(found: &connectome_graph::Verdicts) -> VerdictsRow {
    VerdictsRow {
        tool: found.tool.clone(),
        rung: found.rung.clone(),
        dose: f64::from(found.dose),
        partial: found.partial,
        edges: found.edges.iter().map(EdgeVerdictRow::from).collect(),
    }
}

impl From<&connectome_graph::EdgeVerdict> for EdgeVerdictRow {
    fn from(edge: &connectome_graph::EdgeVerdict) -> Self {
        Self {
            source: edge.source.get(),
            target: edge.target.get(),
            verdict: edge.verdict.into(),
            predicted: f64::from(edge.predicted),
            measured: f64::from(edge.measured),
            control: edge.control.map(|band| [f64::from(band.lo), f64::from(band.hi)]),
        }
    }
}

impl From<Verdict> for VerdictName {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Supported => Self::Supported,
            Verdict::Weak => Self::Weak,
            Verdict::Contradicted => Self::Contradicted,
        }
    }
}
