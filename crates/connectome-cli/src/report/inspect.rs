//! What `inspect` says of files, nodes and edges.

use std::collections::BTreeMap;

use connectome_graph::{AttributionGraph, Influence, NodeIdx, RowRef};
use serde::Serialize;

use super::trace::{DictionaryReport, ModelReport, TargetReport};
use super::{Certificate, NodeCounts, NodeReport, Residual, Stop, share};

/// What something is.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Inspected {
    Graph(Box<GraphFile>),
    Model(Box<ModelFolder>),
    Dictionary(Box<DictionaryFolder>),
    /// A model and its dictionary that ship with the tracer.
    Shipped {
        about: &'static str,
        example: &'static str,
        model: Box<ModelFolder>,
        dictionary: Box<DictionaryFolder>,
    },
}

#[derive(Debug, Serialize)]
pub(crate) struct GraphFile {
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) tool: String,
    pub(crate) imported: Option<String>,
    /// What the file that it was imported from has and the graph has not.
    pub(crate) passed_over: Option<String>,
    pub(crate) model: OriginReport,
    pub(crate) dictionary: OriginReport,
    pub(crate) flags: BTreeMap<String, String>,
    pub(crate) prompt: String,
    pub(crate) tokens: usize,
    pub(crate) layers: u32,
    pub(crate) targets: Vec<TargetReport>,
    pub(crate) nodes: NodeCounts,
    pub(crate) edges: usize,
    pub(crate) certificate: Certificate,
    pub(crate) residual: Option<Residual>,
    pub(crate) supernodes: usize,
    pub(crate) labels: usize,
    /// Edges that a validation tested.
    pub(crate) verdicts: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct OriginReport {
    pub(crate) name: String,
    pub(crate) digest: Option<String>,
}

impl OriginReport {
    fn of(origin: &connectome_graph::Origin) -> Self {
        Self { name: origin.name.clone(), digest: origin.digest.clone() }
    }
}

impl GraphFile {
    pub(crate) fn of(path: &str, bytes: u64, graph: &AttributionGraph) -> Self {
        let provenance = graph.provenance();
        let annotations = graph.annotations();
        Self {
            path: path.to_owned(),
            bytes,
            tool: provenance.tool.clone(),
            imported: provenance.imported.clone(),
            passed_over: annotations.passed_over(),
            model: OriginReport::of(&provenance.model),
            dictionary: OriginReport::of(&provenance.dictionary),
            flags: provenance.flags.clone(),
            prompt: graph.prompt().text.clone(),
            tokens: graph.nodes().n_tokens(),
            layers: graph.nodes().n_layers(),
            targets: super::trace::targets(graph),
            nodes: NodeCounts::of(graph),
            edges: graph.n_edges(),
            certificate: Certificate::of(graph, &connectome_graph::influence(graph)),
            residual: Residual::of(graph),
            supernodes: annotations.supernodes.len(),
            labels: annotations.feature_labels.len() + annotations.node_labels.len(),
            verdicts: annotations.verdicts.as_ref().map_or(0, |verdicts| verdicts.edges.len()),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ModelFolder {
    pub(crate) path: String,
    #[serde(flatten)]
    pub(crate) model: ModelReport,
    pub(crate) heads: usize,
    pub(crate) kv_heads: usize,
    pub(crate) head_width: usize,
    pub(crate) mlp_width: usize,
    pub(crate) tied_embeddings: bool,
    /// `None` if there is no tokenizer.json.
    pub(crate) tokenizer: Option<TokenizerReport>,
    pub(crate) tensors: Vec<TensorReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TokenizerReport {
    pub(crate) tokens: usize,
    pub(crate) special: Vec<String>,
    pub(crate) chat_template: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct DictionaryFolder {
    pub(crate) path: String,
    #[serde(flatten)]
    pub(crate) dictionary: DictionaryReport,
    /// Of the safetensors files in the folder itself.
    pub(crate) tensors: Vec<TensorReport>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct TensorReport {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// `F32`, `BF16` or `F16`; `None` for what is no float.
    pub(crate) dtype: Option<String>,
}

/// A node and what is around it.
#[derive(Debug, Serialize)]
pub(crate) struct NodeView {
    pub(crate) graph: String,
    pub(crate) node: NodeReport,
    /// `None` if its inputs were not asked for, or it can have none.
    pub(crate) row: Option<RowReport>,
    /// The strongest first.
    pub(crate) inputs: Vec<EdgeReport>,
    pub(crate) outputs: Vec<EdgeReport>,
}

/// Whether a row adds up: `value = inputs + cut + constant`.
#[derive(Debug, Serialize)]
pub(crate) struct RowReport {
    /// The pre-activation, or the logit less the mean logit.
    pub(crate) value: f32,
    /// Sum of the stored inputs.
    pub(crate) inputs: f64,
    /// Sum of the inputs that were cut.
    pub(crate) cut: f32,
    /// What no node carries.
    pub(crate) constant: f32,
}

/// An edge as seen from one of its ends.
#[derive(Debug, Serialize)]
pub(crate) struct EdgeReport {
    /// The other end.
    #[serde(flatten)]
    pub(crate) node: Stop,
    pub(crate) weight: f32,
    /// Of the target's inputs.
    pub(crate) share_of_inputs: f64,
}

impl NodeView {
    pub(crate) fn of(
        path: &str,
        graph: &AttributionGraph,
        influence: &Influence,
        (idx, top): (NodeIdx, usize),
    ) -> Self {
        let row = graph.row(idx);
        let edge = |other: NodeIdx, weight: f32, row: RowRef<'_>| EdgeReport {
            node: Stop::of(graph, other),
            weight,
            share_of_inputs: share_of_inputs(weight, row),
        };
        let inputs = row
            .into_iter()
            .flat_map(|row| row.edges().map(move |found| edge(found.source, found.weight, row)));
        let outputs = graph.rows().filter_map(|row| {
            let weight = row.weight(idx);
            (weight != 0.0).then(|| edge(row.target, weight, row))
        });
        Self {
            graph: path.to_owned(),
            node: NodeReport::of(graph, influence, idx),
            row: row.map(|row| RowReport {
                value: row.value,
                inputs: row.signed_sum(),
                cut: row.signed_remainder,
                constant: row.constant,
            }),
            inputs: strongest(inputs, top),
            outputs: strongest(outputs, top),
        }
    }
}

/// The largest shares first; equals in node order, as they come.
fn strongest(edges: impl Iterator<Item = EdgeReport>, top: usize) -> Vec<EdgeReport> {
    let mut edges: Vec<EdgeReport> = edges.collect();
    edges.sort_by(|a, b| b.share_of_inputs.total_cmp(&a.share_of_inputs));
    edges.truncate(top);
    edges
}

/// An edge's part of the absolute sum of its target's inputs, what was cut included.
pub(crate) fn share_of_inputs(weight: f32, row: RowRef<'_>) -> f64 {
    share(f64::from(weight.abs()), row.abs_sum() + f64::from(row.abs_remainder))
}

/// One edge, and how it crosses attention.
#[derive(Debug, Serialize)]
pub(crate) struct EdgeView {
    pub(crate) graph: String,
    pub(crate) source: Stop,
    pub(crate) target: Stop,
    pub(crate) weight: f32,
    pub(crate) share_of_inputs: f64,
    /// What a validation found, if it tested the edge.
    pub(crate) verdict: Option<VerdictView>,
    /// With `--heads`: the edge at every layer whose attention it can cross. Heads and residual
    /// path of each layer sum to the edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layers: Option<Vec<LayerSplit>>,
}

/// A verdict that the graph holds; changes are in units of the target.
#[derive(Debug, Serialize)]
pub(crate) struct VerdictView {
    pub(crate) verdict: &'static str,
    pub(crate) predicted: f32,
    pub(crate) measured: f32,
    pub(crate) control_lo: Option<f32>,
    pub(crate) control_hi: Option<f32>,
    pub(crate) rung: String,
    pub(crate) dose: f32,
}

impl VerdictView {
    pub(crate) fn of(graph: &AttributionGraph, from: NodeIdx, to: NodeIdx) -> Option<Self> {
        let verdicts = graph.annotations().verdicts.as_ref()?;
        let edge = verdicts.of(from, to)?;
        Some(Self {
            verdict: super::validate::verdict(edge.verdict),
            predicted: edge.predicted,
            measured: edge.measured,
            control_lo: edge.control.map(|band| band.lo),
            control_hi: edge.control.map(|band| band.hi),
            rung: verdicts.rung.clone(),
            dose: verdicts.dose,
        })
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct LayerSplit {
    pub(crate) layer: u32,
    /// What passes each head, in units of the target.
    pub(crate) heads: Vec<f32>,
    /// What goes around this layer's attention.
    pub(crate) residual: f32,
    /// All of these together.
    pub(crate) sum: f32,
}
