//! A graph and the model it speaks of, checked to belong together.

use connectome_graph::{AttributionGraph, GraphError, Node, NodeIdx, Pruned, prune};
use rayon::prelude::*;

use super::Options;
use super::cases::Member;
use crate::error::RunError;
use crate::intervene::Baseline;
use crate::ops::matmul::dot;
use crate::replacement::LocalReplacement;
use crate::transcoder::Kind;

/// Activations of the graph and of the model may differ by this share: graphs of others are
/// computed in bf16.
const SAME_ACTIVATION: f32 = 0.1;

/// So many features of a graph may not fire here, of so many there are, before it is another
/// model's.
const MAY_DIFFER: (usize, usize) = (1, 20);

/// What is put to the test.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) baseline: &'a Baseline<'a>,
    pub(super) graph: &'a AttributionGraph,
    pub(super) pruned: Pruned,
    /// By feature node, its place in the list of active features, if it fires here.
    places: Vec<Option<usize>>,
    /// By place in that list, the node.
    nodes: Vec<Option<NodeIdx>>,
    /// By place in that list: the activation times the length of what a unit of it writes, all
    /// layers together.
    push_a: Vec<f64>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        baseline: &'a Baseline<'a>,
        graph: &'a AttributionGraph,
        options: &Options,
    ) -> Result<Self, RunError> {
        let nodes = graph.nodes();
        if nodes.tokens() != baseline.prompt().ids {
            return Err(GraphError::OtherPrompt.into());
        }
        if nodes.n_layers() as usize != baseline.n_layers() {
            let (found, expected) = (nodes.n_layers() as usize, baseline.n_layers());
            return Err(RunError::OtherLayers { found, expected });
        }
        if nodes.n_features() == 0 {
            return Err(RunError::NoFeatures);
        }
        if let Some(found) = options.doses.iter().copied().find(|dose| *dose == 1.0) {
            return Err(RunError::NullDose { found });
        }
        if options.doses.is_empty() {
            return Err(RunError::EmptySet { what: "the set of doses" });
        }
        let features = baseline.local().features();
        let mut by_place = vec![None; features.len()];
        let places: Vec<Option<usize>> = nodes
            .features()
            .map(|(idx, feature)| {
                let place = features.find(feature.id, feature.pos).ok()?;
                let here = features.list()[place].activation;
                let is_same = (here - feature.activation).abs()
                    <= SAME_ACTIVATION * here.abs().max(feature.activation.abs());
                is_same.then(|| {
                    by_place[place] = Some(idx);
                    place
                })
            })
            .collect();
        let found = places.iter().flatten().count();
        let expected = places.len();
        if (expected - found) * MAY_DIFFER.1 > expected * MAY_DIFFER.0 {
            return Err(RunError::OtherFeatures { found, expected });
        }
        let pruned = prune(graph, &options.thresholds)?;
        let push_a = pushes(baseline.local());
        Ok(Self { baseline, graph, pruned, places, nodes: by_place, push_a })
    }

    /// A feature node as something that can be changed; `None` of other nodes, and of features
    /// that do not fire here as the graph says.
    pub(super) fn member(&self, idx: NodeIdx) -> Option<Member> {
        let place = self.places.get(idx.as_usize()).copied().flatten()?;
        Some(self.member_at(place))
    }

    /// The feature at a place in the list of active ones.
    pub(super) fn member_at(&self, place: usize) -> Member {
        let feature = self.baseline.local().features().list()[place];
        let (node, push) = (self.nodes[place], self.push_a[place]);
        Member { feature, node, amount: feature.activation, push, place }
    }

    /// How far the feature at a place pushes the stream.
    pub(super) fn push_of(&self, place: usize) -> f64 {
        self.push_a[place]
    }

    /// Places of the features that pruning keeps.
    pub(super) fn kept_places(&self) -> impl Iterator<Item = usize> + '_ {
        self.pruned.nodes().filter_map(|idx| self.places.get(idx.as_usize()).copied().flatten())
    }

    /// Feature nodes that are watched: those that pruning keeps, and members of supernodes, in
    /// the graph's order.
    pub(super) fn watched_nodes(&self) -> Vec<NodeIdx> {
        let nodes = self.graph.nodes();
        let grouped = self.graph.annotations().supernodes.iter().flat_map(|group| &group.members);
        let all = self.pruned.nodes().chain(grouped.copied());
        let mut watched: Vec<NodeIdx> =
            all.filter(|idx| matches!(nodes.node(*idx), Node::Feature(_))).collect();
        watched.sort_unstable();
        watched.dedup();
        watched
    }

    /// How many features of the graph do not fire here as it says.
    pub(super) fn n_absent(&self) -> usize {
        self.places.iter().filter(|place| place.is_none()).count()
    }

    /// Whether the graph's rows are all rows, and hold all entries.
    pub(super) fn has_every_path(&self) -> bool {
        // A file of others holds a pruned graph, and says so by being partial.
        !self.graph.extent().partial
            && self.graph.nodes().n_features() == self.baseline.local().features().len()
            && self.graph.unexpanded().next().is_none()
            && self.graph.rows().all(|row| row.abs_remainder == 0.0)
    }
}

/// The pushes of all active features.
fn pushes(local: &LocalReplacement<'_>) -> Vec<f64> {
    let features = local.features();
    let (width, n_layers) = (local.embeddings().n_cols(), local.map().n_layers());
    let kind = local.replacement().transcoder().card().kind;
    let push = |place: usize| {
        let feature = &features.list()[place];
        let own = feature.id.layer as usize;
        let end = if kind == Kind::CrossLayer { n_layers } else { own + 1 };
        let mut decoder_d = vec![0.0; width];
        let squares = (own..end).map(|layer| {
            features.read_decoder(place, layer, &mut decoder_d);
            f64::from(dot(&decoder_d, &decoder_d))
        });
        squares.sum::<f64>().sqrt() * f64::from(feature.activation).abs()
    };
    (0..features.len()).into_par_iter().map(push).collect()
}
