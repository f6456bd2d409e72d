//! Head loadings: one edge split over the attention heads of a layer and the path around them.
//!
//! The local replacement model is linear, so at any layer between source and target the edge is
//! a sum over what crosses that layer's attention: one part per head, and one that stays in the
//! residual stream (or is written only at or above the layer). One push of the source up and
//! one pull of the target down give the split at every layer.
//!
//! # Invariants
//!
//! - At every layer, heads and residual path sum to the edge, up to rounding.
//!
//! Source: Kamath et al. 2025, "Tracing Attention Computation Through Feature Interactions",
//! head loadings.

use connectome_graph::{Node, NodeIdx, Nodes};

use super::rows::Origin;
use super::targets::Start;
use super::{Options, targets};
use crate::error::RunError;
use crate::ops::Mat;
use crate::ops::dense::add_scaled;
use crate::ops::matmul::dot;
use crate::replacement::{LocalReplacement, Ragged};
use crate::transcoder::Kind;

/// An edge split at one layer's attention, in units of the target.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadSplit {
    /// The layer.
    pub layer: u32,
    /// `[H]` what passes each head.
    pub heads: Vec<f32>,
    /// What goes around this layer's attention.
    pub residual: f32,
}

impl HeadSplit {
    /// Heads and residual path together: the edge.
    #[must_use]
    pub fn sum(&self) -> f32 {
        self.heads.iter().sum::<f32>() + self.residual
    }
}

/// The split of the edge `source → target` at every layer whose attention it can cross, from
/// the lowest up: above the source's layer (from layer 0 for tokens), up to the target's.
///
/// `nodes` is the graph's; `options` are those it was traced with, so that targets mean the
/// same.
///
/// # Errors
///
/// [`RunError`] if a node is not of this prompt, or the target explains nothing.
pub fn head_split(
    local: &LocalReplacement<'_>,
    nodes: &Nodes,
    options: &Options,
    (source, target): (NodeIdx, NodeIdx),
) -> Result<Vec<HeadSplit>, RunError> {
    let target = TargetPull::new(local, nodes, options, target)?;
    let source = SourcePush::new(local, nodes, source)?;
    let (first, last) = (source.first_attention, target.last_attention(local));
    let n_layers = local.map().n_layers();
    let mut splits = Vec::new();
    let mut stream_td = source.at_embedding(local);
    let cotangents = target.cotangents(local);
    for layer in 0..n_layers.min(last) {
        if layer >= first {
            splits.push(split_at(local, layer, &stream_td, &cotangents, &source));
        }
        stream_td = local.map().push_forward(layer, &stream_td);
        source.write(local, layer, &mut stream_td);
    }
    Ok(splits)
}

/// Cotangents of a target around every attention.
struct Cotangents {
    /// After attention of each layer, what attention's output is multiplied with: `[T, D]`.
    after_attention: Vec<Mat>,
    /// What stays in the stream at that point, skip not counted twice: `[T, D]`.
    around: Vec<Mat>,
    /// At the site where each layer's dictionary writes, if the target sees it: `[T, D]`.
    out: Vec<Option<Mat>>,
}

fn split_at(
    local: &LocalReplacement<'_>,
    layer: usize,
    stream_td: &Mat,
    cotangents: &Cotangents,
    source: &SourcePush,
) -> HeadSplit {
    let n_heads = local.replacement().model().config().n_heads;
    let g_td = &cotangents.after_attention[layer];
    let heads = (0..n_heads)
        .map(|head| {
            let added_td = local.map().push_attention(layer, stream_td, Some(head));
            dot(g_td.data(), added_td.data())
        })
        .collect();
    let mut residual = dot(cotangents.around[layer].data(), stream_td.data());
    // What the source writes at this layer or above never meets this attention.
    let mut written_d = vec![0.0; stream_td.n_cols()];
    for above in layer..local.map().n_layers() {
        let Some(g_out) = &cotangents.out[above] else { continue };
        for &(pos, _) in &source.writes_at(above) {
            written_d.fill(0.0);
            source.written(local, above, &mut written_d);
            residual += dot(g_out.row(pos), &written_d);
        }
    }
    HeadSplit { layer: layer as u32, heads, residual }
}

/// What a source puts into the stream, and where.
struct SourcePush {
    node: Node,
    place: Option<usize>,
    kind: Kind,
    first_attention: usize,
    n_layers: usize,
}

impl SourcePush {
    fn new(local: &LocalReplacement<'_>, nodes: &Nodes, source: NodeIdx) -> Result<Self, RunError> {
        let node = nodes.node(source);
        let place = match node {
            Node::Feature(feature) => Some(local.features().find(feature.id, feature.pos)?),
            _ => None,
        };
        let first_attention = match node {
            Node::Token { .. } => 0,
            Node::Feature(feature) => feature.id.layer as usize + 1,
            Node::Error { layer, .. } => layer as usize + 1,
            Node::Target(_) => usize::MAX,
        };
        let kind = local.replacement().transcoder().card().kind;
        Ok(Self { node, place, kind, first_attention, n_layers: local.map().n_layers() })
    }

    fn at_embedding(&self, local: &LocalReplacement<'_>) -> Mat {
        let embed_td = local.embeddings();
        let mut stream_td = Mat::zeros(embed_td.n_rows(), embed_td.n_cols());
        if let Node::Token { pos, .. } = self.node {
            stream_td.row_mut(pos as usize).copy_from_slice(embed_td.row(pos as usize));
        }
        stream_td
    }

    /// The position and layer it writes at, if it writes at `layer`.
    fn writes_at(&self, layer: usize) -> Vec<(usize, usize)> {
        let own = match self.node {
            Node::Feature(feature) => (feature.pos, feature.id.layer as usize),
            Node::Error { layer, pos } => (pos, layer as usize),
            Node::Token { .. } | Node::Target(_) => return Vec::new(),
        };
        let spreads = self.place.is_some() && self.kind == Kind::CrossLayer;
        let writes = layer == own.1 || (spreads && layer > own.1 && layer < self.n_layers);
        if writes { vec![(own.0 as usize, layer)] } else { Vec::new() }
    }

    /// Adds what it writes at `layer`, at the site the dictionary writes, to `out_d`.
    fn written(&self, local: &LocalReplacement<'_>, layer: usize, out_d: &mut [f32]) {
        match (self.node, self.place) {
            (Node::Feature(feature), Some(place)) => {
                let mut decoder_d = vec![0.0; out_d.len()];
                local.features().read_decoder(place, layer, &mut decoder_d);
                add_scaled(out_d, feature.activation, &decoder_d);
            }
            (Node::Error { pos, .. }, _) => {
                add_scaled(out_d, 1.0, local.errors(layer).row(pos as usize));
            }
            _ => {}
        }
    }

    /// Adds what it writes at `layer` to the stream after that block.
    fn write(&self, local: &LocalReplacement<'_>, layer: usize, stream_td: &mut Mat) {
        for (pos, layer) in self.writes_at(layer) {
            let mut written_d = vec![0.0; stream_td.n_cols()];
            self.written(local, layer, &mut written_d);
            local.map().push_out(layer, pos, &mut written_d);
            add_scaled(stream_td.row_mut(pos), 1.0, &written_d);
        }
    }
}

/// A target with its start.
struct TargetPull {
    origin: Origin,
}

impl TargetPull {
    fn new(
        local: &LocalReplacement<'_>,
        nodes: &Nodes,
        options: &Options,
        target: NodeIdx,
    ) -> Result<Self, RunError> {
        let origin = match nodes.node(target) {
            Node::Target(k) => {
                let pos = options.pos.unwrap_or(local.n_tokens() - 1);
                let seeds = targets::seeds(local, &options.targets, pos, &|_| String::new())?;
                let n_targets = seeds.len();
                let missing = RunError::TargetIndex { found: k as usize, n_targets };
                seeds.get(k as usize).map(Origin::of_seed).ok_or(missing)?
            }
            Node::Feature(feature) => {
                Origin::of_feature(local, local.features().find(feature.id, feature.pos)?)
            }
            Node::Error { .. } | Node::Token { .. } => return Err(RunError::NoTargets),
        };
        Ok(Self { origin })
    }

    /// One past the highest layer whose attention the target can see.
    fn last_attention(&self, local: &LocalReplacement<'_>) -> usize {
        match self.origin.start {
            Start::Final(_) => local.map().n_layers(),
            Start::Feature(feature) => {
                let layer = local.features().list()[feature].id.layer as usize;
                // A parallel block's feature reads the stream before the block's attention.
                if local.map().is_parallel() { layer } else { layer + 1 }
            }
        }
    }

    fn cotangents(&self, local: &LocalReplacement<'_>) -> Cotangents {
        let map = local.map();
        let (n_layers, n_tokens) = (map.n_layers(), local.n_tokens());
        let mut found = Cotangents {
            after_attention: vec![Mat::zeros(0, 0); n_layers],
            around: vec![Mat::zeros(0, 0); n_layers],
            out: vec![None; n_layers],
        };
        let (mut g, top) = self.start(local);
        // The biases that a sweep collects on the way are nobody's edge.
        let mut constants = vec![0.0];
        for layer in (0..top).rev() {
            // A feature reads inside its block: nothing written there reaches it.
            let reads_here = layer + 1 == top && matches!(self.origin.start, Start::Feature(_));
            let mut around = g.clone();
            if !reads_here || map.is_parallel() {
                let g_out = map.pull_out(layer, &g);
                let g_out = g_out.as_ref().unwrap_or(&g);
                found.out[layer] = Some(whole(g_out, n_tokens));
                map.pull_skip(layer, g_out).iter().for_each(|skipped| around.add(skipped));
            }
            let after = if map.is_parallel() { &g } else { &around };
            found.after_attention[layer] = whole(after, n_tokens);
            found.around[layer] = whole(&around, n_tokens);
            let attended = map.pull_attention(layer, after, &mut constants);
            g = around;
            g.add(&attended);
        }
        found
    }

    /// The cotangent where it starts, and one past the highest layer whose attention it meets.
    fn start(&self, local: &LocalReplacement<'_>) -> (Ragged, usize) {
        let mut g = Ragged::new(local.embeddings().n_cols());
        let pos = self.origin.pos;
        match &self.origin.start {
            Start::Final(direction_d) => {
                g.push_point(pos, &local.map().pull_final(pos, direction_d))
            }
            Start::Feature(feature) => {
                let layer = local.features().list()[*feature].id.layer as usize;
                let mut read_d = local.features().encoder(*feature).to_vec();
                local.map().pull_read(layer, pos, &mut read_d);
                g.push_point(pos, &read_d);
            }
        }
        (g, self.last_attention(local))
    }
}

/// The rows of the only target, padded with zeros to all positions.
fn whole(g: &Ragged, n_tokens: usize) -> Mat {
    let mut out = Mat::zeros(n_tokens, g.rows().n_cols());
    for pos in 0..g.extent(0) {
        out.row_mut(pos).copy_from_slice(g.row(0, pos));
    }
    out
}
