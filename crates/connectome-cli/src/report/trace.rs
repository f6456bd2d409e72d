//! What a trace says.

use std::path::Path;

use connectome::attribution::Targets;
use connectome::lm::model::top_probabilities;
use connectome::replacement::LocalReplacement;
use connectome::transcoder::{Card, Kind};
use connectome_graph::{AttributionGraph, Node, NodeIdx, Pruned, scores_of, strongest_paths};
use serde::Serialize;

use super::{
    Certificate, NodeCounts, NodeReport, PathReport, PrunedCounts, Residual, ScoreReport,
    target_kind,
};
use crate::device::DeviceReport;
use crate::load::Loaded;
use crate::prompt::Ready;

/// Tokens listed of what a feature says to the logits, each way.
const SAYS: usize = 4;

/// Predictions listed beyond those that are targets.
const PREDICTIONS: usize = 10;

/// Known once the model has run.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    pub(crate) version: &'static str,
    pub(crate) model: ModelReport,
    pub(crate) dictionary: DictionaryReport,
    pub(crate) prompt: PromptReport,
    /// Position of the targets.
    pub(crate) position: usize,
    /// Most probable next tokens there.
    pub(crate) predictions: Vec<Prediction>,
    /// Where the graph's rows are computed.
    pub(crate) device: DeviceReport,
    #[serde(skip)]
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ModelReport {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) family: String,
    pub(crate) layers: usize,
    pub(crate) width: usize,
    pub(crate) vocabulary: usize,
    pub(crate) context: usize,
}

impl ModelReport {
    pub(crate) fn of(model: &connectome::lm::Model, name: &str) -> Self {
        let config = model.config();
        Self {
            name: name.to_owned(),
            digest: model.fingerprint().to_owned(),
            family: config.family.clone(),
            layers: config.n_layers,
            width: config.d_model,
            vocabulary: config.n_vocab,
            context: config.n_context,
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct DictionaryReport {
    pub(crate) name: String,
    pub(crate) digest: String,
    /// `cross_layer_transcoder` or `transcoder_set`, as in config.yaml.
    pub(crate) model_kind: &'static str,
    pub(crate) layout: String,
    pub(crate) layers: usize,
    pub(crate) features_per_layer: usize,
    pub(crate) width: usize,
    pub(crate) activation: String,
    pub(crate) reads: &'static str,
    pub(crate) writes: &'static str,
    pub(crate) skip: bool,
    pub(crate) trained_on: Option<String>,
    pub(crate) scan: Vec<String>,
}

impl DictionaryReport {
    pub(crate) fn of(card: &Card, digest: String, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            digest,
            model_kind: match card.kind {
                Kind::CrossLayer => "cross_layer_transcoder",
                Kind::PerLayer => "transcoder_set",
            },
            layout: card.layout.to_string(),
            layers: card.n_layers,
            features_per_layer: card.n_features,
            width: card.d_model,
            activation: card.activation.to_string(),
            reads: card.reads.hook(),
            writes: card.writes.hook(),
            skip: card.has_skip,
            trained_on: card.model_name.clone(),
            scan: card.scan.names().to_vec(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct PromptReport {
    pub(crate) text: String,
    /// Leading positions that are used but not explained.
    pub(crate) zeroed_positions: usize,
    pub(crate) tokens: Vec<TokenReport>,
}

impl PromptReport {
    pub(crate) fn of(ready: &Ready) -> Self {
        let tokens = ready.tokens.ids.iter().zip(&ready.token_texts).enumerate();
        let tokens = tokens.map(|(pos, (&id, text))| TokenReport { pos, id, text: text.clone() });
        Self {
            text: ready.text.clone(),
            zeroed_positions: ready.tokens.n_zeroed.min(ready.tokens.ids.len()),
            tokens: tokens.collect(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct TokenReport {
    pub(crate) pos: usize,
    pub(crate) id: u32,
    pub(crate) text: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Prediction {
    pub(crate) id: u32,
    pub(crate) text: String,
    pub(crate) probability: f32,
}

impl Head {
    pub(crate) fn of(
        loaded: &Loaded,
        ready: &Ready,
        local: &LocalReplacement<'_>,
        pos: usize,
        device: DeviceReport,
    ) -> anyhow::Result<Self> {
        let (model, dictionary) = (loaded.replacement.model(), loaded.replacement.transcoder());
        let top = top_probabilities(&local.logits(pos)?, PREDICTIONS);
        let predictions = top.into_iter().map(|(id, probability)| Prediction {
            id,
            text: loaded.token_text(id),
            probability,
        });
        Ok(Self {
            version: super::TOOL,
            model: ModelReport::of(model, &loaded.model_name),
            dictionary: DictionaryReport::of(
                dictionary.card(),
                dictionary.digest(),
                &loaded.dictionary_name,
            ),
            prompt: PromptReport::of(ready),
            position: pos,
            predictions: predictions.collect(),
            device,
            notes: loaded.note.iter().chain(&ready.notes).cloned().collect(),
        })
    }
}

/// Known once the graph is there.
#[derive(Debug, Serialize)]
pub(crate) struct Body {
    pub(crate) targets: Vec<TargetReport>,
    pub(crate) nodes: NodeCounts,
    /// Stored edges.
    pub(crate) edges: usize,
    pub(crate) pruned: PrunedCounts,
    pub(crate) scores: ScoreReport,
    pub(crate) certificate: Certificate,
    pub(crate) residual: Option<Residual>,
    pub(crate) features: Vec<FeatureReport>,
    pub(crate) paths: Vec<PathReport>,
    /// Where the graph was saved.
    pub(crate) graph: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TargetReport {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) label: String,
    pub(crate) pos: u32,
    /// Where walks start: a logit's probability, or as given.
    pub(crate) weight: f32,
    /// The logit less the mean logit, the direction's product, or the pre-activation.
    pub(crate) value: Option<f32>,
}

/// One of the strongest features, and what it says to the logits.
#[derive(Debug, Serialize)]
pub(crate) struct FeatureReport {
    #[serde(flatten)]
    pub(crate) node: NodeReport,
    pub(crate) index: u32,
    /// Direct logit effect: decoder rows summed over layers, through the last norm's gain and
    /// the unembedding less its mean over the vocabulary; per unit of activation, the norm's
    /// denominator left out.
    pub(crate) top_logits: Vec<LogitReport>,
    pub(crate) bottom_logits: Vec<LogitReport>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct LogitReport {
    pub(crate) id: u32,
    pub(crate) text: String,
    pub(crate) direct_effect: f32,
}

/// All that a report of a graph is made from.
pub(crate) struct Material<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) local: &'a LocalReplacement<'a>,
    pub(crate) graph: &'a AttributionGraph,
    pub(crate) pruned: &'a Pruned,
    /// How many features and paths to list.
    pub(crate) top: usize,
}

impl Material<'_> {
    pub(crate) fn report(&self, saved: Option<&Path>) -> Body {
        let Self { graph, pruned, .. } = *self;
        let paths = strongest_paths(graph, Some(pruned), self.top);
        Body {
            targets: targets(graph),
            nodes: NodeCounts::of(graph),
            edges: graph.n_edges(),
            pruned: PrunedCounts::of(graph, pruned),
            scores: ScoreReport::of(graph, scores_of(graph, &pruned.influence)),
            certificate: Certificate::of(graph, &pruned.influence),
            residual: Residual::of(graph),
            features: self.features(),
            paths: paths.iter().map(|path| PathReport::of_graph(graph, path)).collect(),
            graph: saved.map(|path| path.display().to_string()),
        }
    }

    /// The features of largest influence that pruning keeps, the largest first.
    fn features(&self) -> Vec<FeatureReport> {
        let Self { graph, pruned, local, .. } = *self;
        let influence = &pruned.influence.node;
        let mut strongest: Vec<NodeIdx> = pruned
            .nodes()
            .filter(|idx| graph.nodes().feature_range().contains(&idx.as_usize()))
            .collect();
        strongest.sort_by(|a, b| {
            influence[b.as_usize()].total_cmp(&influence[a.as_usize()]).then(a.cmp(b))
        });
        strongest.truncate(self.top);
        // Places in the list of active features: what the replacement model counts by.
        let places: Vec<usize> =
            strongest.iter().map(|idx| graph.nodes().selected()[idx.as_usize()] as usize).collect();
        let effects_nv = local.direct_logits(&places);
        let report = |(row, &idx): (usize, &NodeIdx)| {
            let Node::Feature(feature) = graph.nodes().node(idx) else { return None };
            let effects_v = effects_nv.row(row);
            Some(FeatureReport {
                node: NodeReport::of(graph, &pruned.influence, idx),
                index: feature.id.index,
                top_logits: self.extremes(effects_v, |a, b| b.total_cmp(&a)),
                bottom_logits: self.extremes(effects_v, |a, b| a.total_cmp(&b)),
            })
        };
        strongest.iter().enumerate().filter_map(report).collect()
    }

    fn extremes(
        &self,
        effects_v: &[f32],
        order: impl Fn(f32, f32) -> std::cmp::Ordering,
    ) -> Vec<LogitReport> {
        let by_rank =
            |a: &u32, b: &u32| order(effects_v[*a as usize], effects_v[*b as usize]).then(a.cmp(b));
        let mut ids: Vec<u32> = (0..effects_v.len() as u32).collect();
        if ids.len() > SAYS {
            ids.select_nth_unstable_by(SAYS, by_rank);
            ids.truncate(SAYS);
        }
        ids.sort_by(by_rank);
        let report = |id: u32| LogitReport {
            id,
            text: self.loaded.token_text(id),
            direct_effect: effects_v[id as usize],
        };
        ids.into_iter().map(report).collect()
    }
}

/// What a graph explains.
pub(crate) fn targets(graph: &AttributionGraph) -> Vec<TargetReport> {
    let nodes = graph.nodes();
    let report = |(k, target): (usize, &connectome_graph::Target)| {
        let idx = nodes.target(k);
        TargetReport {
            id: crate::names::name(graph, idx),
            kind: target_kind(target.kind),
            label: target.label.clone(),
            pos: target.pos,
            weight: target.weight,
            value: graph.row(idx).map(|row| row.value),
        }
    };
    nodes.targets().iter().enumerate().map(report).collect()
}

/// A trace in full.
#[derive(Debug, Serialize)]
pub(crate) struct TraceReport<'a> {
    #[serde(flatten)]
    pub(crate) head: &'a Head,
    #[serde(flatten)]
    pub(crate) body: &'a Body,
}

/// What a graph records of the targets that were asked for.
pub(crate) fn target_flags(targets: &Targets) -> Vec<(&'static str, String)> {
    match targets {
        Targets::Salient { max, probability } => {
            vec![("max-n-logits", max.to_string()), ("desired-logit-prob", probability.to_string())]
        }
        Targets::Given(specs) => vec![("n-targets", specs.len().to_string())],
    }
}
