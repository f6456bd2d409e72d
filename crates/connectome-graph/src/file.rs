//! Our graph file: everything that a graph is, in one safetensors file.
//!
//! Tensors (`A` active features, `S` selected, `R` rows, `E` edges, `K` targets):
//!
//! | name | type, shape | holds |
//! |---|---|---|
//! | `row_offsets` | u64 `[R + 1]` | where each row's entries start |
//! | `active_features` | u32 `[A, 3]` | layer, position, index |
//! | `selected_features` | u32 `[S]` | which of them are nodes |
//! | `row_targets` | u32 `[R]` | the explained nodes |
//! | `edge_sources` | u32 `[E]` | the contributing nodes |
//! | `activations` | f32 `[A]` | |
//! | `edge_weights` | f32 `[E]` | |
//! | `row_abs_remainders`, `row_signed_remainders`, `row_constants`, `row_values` | f32 `[R]` | |
//! | `target_weights` | f32 `[K]` | |
//!
//! Entries of `__metadata__`: `connectome_graph`, the version of this table; `card`, JSON with
//! prompt, provenance, targets and annotations; `blake3`, a checksum in hex: of the line
//! `connectome_graph 1`, a line with the card's length in bytes, the card, and for each tensor in
//! the order of names, its name, type and shape (`[2, 3]`) on a line each, and its bytes.
//!
//! # Invariants
//!
//! - The same graph gives the same bytes, and they read back as the same graph.
//! - A file is written beside its place and renamed: it is there in full, or not at all.
//! - A reader believes nothing: whatever the bytes, it gives a checked graph or an error, and
//!   allocates no more than a few times their number.
//!
//! The safetensors layout is open to every tool. What cannot be seen from outside is written
//! in `docs/formats.md`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::container::{self, Container, Tensor, hash_tensors};
use crate::graph::Rows;
use crate::whole;
use crate::{
    ActiveFeature, Annotations, AttributionGraph, ControlBand, EdgeVerdict, Extent, FeatureId,
    GraphError, NodeIdx, Nodes, Prompt, Provenance, Supernode, Target, TargetKind, Verdict,
    Verdicts,
};

const FORMAT: &str = "graph file";
const VERSION: &str = "1";
const VERSION_KEY: &str = "connectome_graph";

/// The part of a graph that is not numbers.
#[derive(Serialize, Deserialize)]
struct Card {
    n_layers: u32,
    prompt: Prompt,
    provenance: Provenance,
    extent: Extent,
    targets: Vec<TargetCard>,
    annotations: AnnotationsCard,
}

/// A [`Target`], but for its weight.
#[derive(Serialize, Deserialize)]
struct TargetCard {
    kind: KindCard,
    pos: u32,
    label: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindCard {
    Logit { token: u32 },
    Contrast { plus: u32, minus: u32 },
    Direction { index: u32 },
    Feature { layer: u32, index: u32 },
}

#[derive(Serialize, Deserialize)]
struct AnnotationsCard {
    supernodes: Vec<(String, Vec<u32>)>,
    feature_labels: BTreeMap<String, String>,
    node_labels: BTreeMap<u32, String>,
    pinned: Vec<u32>,
    /// Absent in files of before there were any, and where nothing was tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verdicts: Option<VerdictsCard>,
    notes: BTreeMap<String, String>,
}

/// [`Verdicts`]; numbers stand in lists, since there are as many as edges.
#[derive(Serialize, Deserialize)]
struct VerdictsCard {
    tool: String,
    rung: String,
    dose: f32,
    seed: u64,
    partial: bool,
    edges: Vec<EdgeVerdictCard>,
}

/// Source, target, verdict, predicted, measured, control's band.
#[derive(Serialize, Deserialize)]
struct EdgeVerdictCard(u32, u32, VerdictCard, f32, f32, Option<(f32, f32)>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum VerdictCard {
    Supported,
    Weak,
    Contradicted,
}

impl AttributionGraph {
    /// Writes the graph to a file, replacing one that is there.
    ///
    /// # Errors
    ///
    /// [`GraphError::Write`] if the folder or disk refuses; the place is then as it was before.
    pub fn save(&self, path: &Path) -> Result<(), GraphError> {
        write_whole(path, |out| self.write(out))
    }

    /// Reads a graph from a file.
    ///
    /// # Errors
    ///
    /// [`GraphError::Read`] if there is no such file, [`GraphError::Contents`] around any error
    /// of [`AttributionGraph::from_bytes`].
    pub fn load(path: &Path) -> Result<Self, GraphError> {
        let bytes =
            fs::read(path).map_err(|source| GraphError::Read { source, path: path.to_owned() })?;
        Self::from_bytes(&bytes).map_err(|error| GraphError::Contents {
            source: Box::new(error),
            path: path.to_owned(),
        })
    }

    /// The graph as the bytes of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes).expect("writing to memory does not fail");
        bytes
    }

    /// A graph from the bytes of its file.
    ///
    /// # Errors
    ///
    /// - [`GraphError::Format`] if they are no such file, [`GraphError::Version`] if of a version
    ///   we do not know, [`GraphError::Checksum`] if damaged.
    /// - What [`Nodes::new`] and [`AttributionGraph::new`] refuse.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GraphError> {
        let file = Container::read(FORMAT, bytes)?;
        let found = file.metadata(VERSION_KEY)?;
        if found != VERSION {
            return Err(GraphError::Version { found: found.to_owned(), supported: VERSION });
        }
        let card = file.metadata("card")?;
        let found = checksum(card, |hasher| file.hash_into(hasher));
        let expected = file.metadata("blake3")?;
        if found != expected {
            return Err(GraphError::Checksum { found, expected: expected.to_owned() });
        }
        let card: Card =
            serde_json::from_str(card).map_err(|error| file.error(format!("its card: {error}")))?;
        card.into_graph(&file)
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (nodes, rows) = (self.nodes(), self.packed_rows());
        let active = nodes.active();
        let active_a3: Vec<u32> =
            active.iter().flat_map(|f| [f.id.layer, f.pos, f.id.index]).collect();
        let activations: Vec<f32> = active.iter().map(|feature| feature.activation).collect();
        let weights: Vec<f32> = nodes.targets().iter().map(|target| target.weight).collect();
        let (n_rows, n_edges) = (rows.targets.len(), rows.sources.len());
        let tensors = [
            Tensor::u64("row_offsets", &[n_rows + 1], &rows.offsets),
            Tensor::u32("active_features", &[active.len(), 3], &active_a3),
            Tensor::u32("selected_features", &[nodes.n_features()], nodes.selected()),
            Tensor::u32("row_targets", &[n_rows], &rows.targets),
            Tensor::u32("edge_sources", &[n_edges], &rows.sources),
            Tensor::f32("activations", &[active.len()], &activations),
            Tensor::f32("edge_weights", &[n_edges], &rows.weights),
            Tensor::f32("row_abs_remainders", &[n_rows], &rows.abs_remainders),
            Tensor::f32("row_signed_remainders", &[n_rows], &rows.signed_remainders),
            Tensor::f32("row_constants", &[n_rows], &rows.constants),
            Tensor::f32("row_values", &[n_rows], &rows.values),
            Tensor::f32("target_weights", &[weights.len()], &weights),
        ];
        let card = serde_json::to_string(&Card::of(self)).expect("a card is plain JSON");
        let parts = || tensors.iter().map(Tensor::parts);
        let blake3 = checksum(&card, |hasher| hash_tensors(hasher, parts()));
        let version = VERSION.to_owned();
        let metadata = BTreeMap::from([(VERSION_KEY, version), ("card", card), ("blake3", blake3)]);
        container::write(out, &tensors, &metadata)
    }
}

/// [`whole::write`], for graphs and for what is exported from them.
///
/// # Errors
///
/// [`GraphError::Write`] if the folder, the disk or `write` refuses; the place is then as it
/// was before, and nothing is left beside it.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), GraphError> {
    whole::write(path, write).map_err(|source| GraphError::Write { source, path: path.to_owned() })
}

fn checksum(card: &str, hash_tensors: impl FnOnce(&mut blake3::Hasher)) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{VERSION_KEY} {VERSION}\n{}\n{card}\n", card.len()).as_bytes());
    hash_tensors(&mut hasher);
    hasher.finalize().to_hex().to_string()
}

impl Card {
    fn of(graph: &AttributionGraph) -> Self {
        let targets = graph.nodes().targets().iter().map(|target| TargetCard {
            kind: KindCard::of(target.kind),
            pos: target.pos,
            label: target.label.clone(),
        });
        Self {
            n_layers: graph.nodes().n_layers(),
            prompt: graph.prompt().clone(),
            provenance: graph.provenance().clone(),
            extent: graph.extent(),
            targets: targets.collect(),
            annotations: AnnotationsCard::of(graph.annotations()),
        }
    }

    fn into_graph(self, file: &Container<'_>) -> Result<AttributionGraph, GraphError> {
        let target_weights: Vec<f32> = file.numbers("target_weights", None)?;
        let (found, expected) = (target_weights.len(), self.targets.len());
        if found != expected {
            return Err(GraphError::Length { what: "target weights", found, expected });
        }
        let targets = self.targets.into_iter().zip(target_weights);
        let targets = targets.map(|(target, weight)| target.with_weight(weight)).collect();
        let nodes = Nodes::new(
            self.n_layers,
            read_active(file)?,
            file.numbers("selected_features", None)?,
            self.prompt.token_ids.clone(),
            targets,
        )?;
        let rows = Rows {
            targets: file.numbers("row_targets", None)?,
            offsets: file.numbers("row_offsets", None)?,
            sources: file.numbers("edge_sources", None)?,
            weights: file.numbers("edge_weights", None)?,
            abs_remainders: file.numbers("row_abs_remainders", None)?,
            signed_remainders: file.numbers("row_signed_remainders", None)?,
            constants: file.numbers("row_constants", None)?,
            values: file.numbers("row_values", None)?,
        };
        let graph =
            AttributionGraph::from_packed(nodes, rows, self.prompt, self.provenance, self.extent)?;
        graph.with_annotations(self.annotations.into_annotations()?)
    }
}

fn read_active(file: &Container<'_>) -> Result<Vec<ActiveFeature>, GraphError> {
    let ids: Vec<u32> = file.numbers("active_features", Some(3))?;
    let activations: Vec<f32> = file.numbers("activations", None)?;
    let (found, expected) = (activations.len(), ids.len() / 3);
    if found != expected {
        return Err(GraphError::Length { what: "activations", found, expected });
    }
    let active = ids.chunks_exact(3).zip(activations).map(|(id, activation)| ActiveFeature {
        id: FeatureId { layer: id[0], index: id[2] },
        pos: id[1],
        activation,
    });
    Ok(active.collect())
}

impl TargetCard {
    fn with_weight(self, weight: f32) -> Target {
        Target { kind: self.kind.into_kind(), pos: self.pos, weight, label: self.label }
    }
}

impl KindCard {
    fn of(kind: TargetKind) -> Self {
        match kind {
            TargetKind::Logit { token } => Self::Logit { token },
            TargetKind::Contrast { plus, minus } => Self::Contrast { plus, minus },
            TargetKind::Direction { index } => Self::Direction { index },
            TargetKind::Feature(FeatureId { layer, index }) => Self::Feature { layer, index },
        }
    }

    fn into_kind(self) -> TargetKind {
        match self {
            Self::Logit { token } => TargetKind::Logit { token },
            Self::Contrast { plus, minus } => TargetKind::Contrast { plus, minus },
            Self::Direction { index } => TargetKind::Direction { index },
            Self::Feature { layer, index } => TargetKind::Feature(FeatureId { layer, index }),
        }
    }
}

impl AnnotationsCard {
    fn of(annotations: &Annotations) -> Self {
        let places = |nodes: &[NodeIdx]| nodes.iter().map(|idx| idx.get()).collect::<Vec<u32>>();
        let groups = annotations.supernodes.iter();
        let features = annotations.feature_labels.iter();
        let nodes = annotations.node_labels.iter();
        Self {
            supernodes: groups.map(|group| (group.name.clone(), places(&group.members))).collect(),
            feature_labels: features.map(|(id, text)| (id.to_string(), text.clone())).collect(),
            node_labels: nodes.map(|(idx, text)| (idx.get(), text.clone())).collect(),
            pinned: places(&annotations.pinned),
            verdicts: annotations.verdicts.as_ref().map(VerdictsCard::of),
            notes: annotations.notes.clone(),
        }
    }

    fn into_annotations(self) -> Result<Annotations, GraphError> {
        let nodes = |places: Vec<u32>| places.into_iter().map(NodeIdx::new).collect::<Vec<_>>();
        let groups = self.supernodes.into_iter();
        let features = self.feature_labels.into_iter();
        let labels = self.node_labels.into_iter();
        Ok(Annotations {
            supernodes: groups
                .map(|(name, members)| Supernode { name, members: nodes(members) })
                .collect(),
            feature_labels: features
                .map(|(id, text)| Ok((id.parse()?, text)))
                .collect::<Result<_, GraphError>>()?,
            node_labels: labels.map(|(place, text)| (NodeIdx::new(place), text)).collect(),
            pinned: nodes(self.pinned),
            verdicts: self.verdicts.map(VerdictsCard::into_verdicts),
            notes: self.notes,
        })
    }
}

impl VerdictsCard {
    fn of(verdicts: &Verdicts) -> Self {
        Self {
            tool: verdicts.tool.clone(),
            rung: verdicts.rung.clone(),
            dose: verdicts.dose,
            seed: verdicts.seed,
            partial: verdicts.partial,
            edges: verdicts.edges.iter().map(EdgeVerdictCard::of).collect(),
        }
    }

    fn into_verdicts(self) -> Verdicts {
        Verdicts {
            tool: self.tool,
            rung: self.rung,
            dose: self.dose,
            seed: self.seed,
            partial: self.partial,
            edges: self.edges.into_iter().map(EdgeVerdictCard::into_edge).collect(),
        }
    }
}

impl EdgeVerdictCard {
    fn of(edge: &EdgeVerdict) -> Self {
        let verdict = match edge.verdict {
            Verdict::Supported => VerdictCard::Supported,
            Verdict::Weak => VerdictCard::Weak,
            Verdict::Contradicted => VerdictCard::Contradicted,
        };
        let band = edge.control.map(|band| (band.lo, band.hi));
        let (source, target) = (edge.source.get(), edge.target.get());
        Self(source, target, verdict, edge.predicted, edge.measured, band)
    }

    fn into_edge(self) -> EdgeVerdict {
        let Self(source, target, verdict, predicted, measured, band) = self;
        EdgeVerdict {
            source: NodeIdx::new(source),
            target: NodeIdx::new(target),
            verdict: match verdict {
                VerdictCard::Supported => Verdict::Supported,
                VerdictCard::Weak => Verdict::Weak,
                VerdictCard::Contradicted => Verdict::Contradicted,
            },
            predicted,
            measured,
            control: band.map(|(lo, hi)| ControlBand { lo, hi }),
        }
    }
}
