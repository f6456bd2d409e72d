//! The binary graph pack: node columns, then the strongest edges, so that a short pack is a
//! useful graph.
//!
//! `CTPK`, the header's length as u32, the header ([`PackHeader`]), zeros up to a multiple of
//! eight, the columns. All little-endian. A column starts at a multiple of eight bytes from the
//! first one.

use connectome_graph::{FeatureId, Node};

use crate::store::Kept;
use crate::wire::{PackColumn, PackHeader};

/// The first four bytes.
pub const MAGIC: &[u8; 4] = b"CTPK";

#[derive(Default)]
struct Columns {
    columns: Vec<PackColumn>,
    bytes: Vec<u8>,
}

impl Columns {
    fn add<T: Copy, const N: usize>(
        &mut self,
        (name, dtype): (&str, &str),
        values: &[T],
        to_bytes: impl Fn(T) -> [u8; N],
    ) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let offset = self.bytes.len();
        self.columns.push(PackColumn {
            name: name.to_owned(),
            dtype: dtype.to_owned(),
            offset,
            len: values.len(),
        });
        self.bytes.reserve(values.len() * N);
        values.iter().for_each(|value| self.bytes.extend_from_slice(&to_bytes(*value)));
    }

    fn f32(&mut self, name: &str, values: &[f32]) {
        self.add((name, "f32"), values, f32::to_le_bytes);
    }

    fn u32(&mut self, name: &str, values: &[u32]) {
        self.add((name, "u32"), values, u32::to_le_bytes);
    }
}

/// A graph with its `top` strongest edges, by share of their target's absolute input. `frequency`
/// is the share of tokens on which a feature fires, where it is known.
pub(crate) fn pack(
    kept: &Kept,
    top: usize,
    frequency: &dyn Fn(FeatureId) -> Option<f32>,
) -> Vec<u8> {
    let graph = &kept.graph;
    let mut columns = Columns::default();
    add_nodes(kept, frequency, &mut columns);
    let order = &kept.order()[..top.min(graph.n_edges())];
    add_edges(kept, order, &mut columns);
    let header = PackHeader {
        version: 1,
        n_nodes: graph.nodes().len(),
        n_edges: order.len(),
        n_edges_total: graph.n_edges(),
        columns: columns.columns,
    };
    let header = serde_json::to_vec(&header).expect("text and numbers are JSON");
    let mut bytes = Vec::with_capacity(header.len() + columns.bytes.len() + 16);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&header);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend_from_slice(&columns.bytes);
    bytes
}

fn add_nodes(kept: &Kept, frequency: &dyn Fn(FeatureId) -> Option<f32>, columns: &mut Columns) {
    let nodes = kept.graph.nodes();
    let all: Vec<_> = nodes.indices().collect();
    let kind = |node: Node| match node {
        Node::Feature(_) => 0_u8,
        Node::Error { .. } => 1,
        Node::Token { .. } => 2,
        Node::Target(_) => 3,
    };
    let kinds: Vec<u8> = all.iter().map(|idx| kind(nodes.node(*idx))).collect();
    let layer = |idx| nodes.layer_of(idx).map_or(-1, |layer| layer as i16);
    let layers: Vec<i16> = all.iter().map(|idx| layer(*idx)).collect();
    let pos: Vec<u16> = all.iter().map(|idx| nodes.pos_of(*idx).min(0xffff) as u16).collect();
    let feature = |node: Node| match node {
        Node::Feature(feature) => feature.id.index,
        Node::Token { token, .. } => token,
        Node::Target(k) => k,
        Node::Error { .. } => 0,
    };
    let features: Vec<u32> = all.iter().map(|idx| feature(nodes.node(*idx))).collect();
    let activation = |node: Node| match node {
        Node::Feature(feature) => feature.activation,
        Node::Target(k) => nodes.targets()[k as usize].weight,
        Node::Error { .. } | Node::Token { .. } => f32::NAN,
    };
    let activations: Vec<f32> = all.iter().map(|idx| activation(nodes.node(*idx))).collect();
    let frequency = |node: Node| match node {
        Node::Feature(feature) => frequency(feature.id).unwrap_or(f32::NAN),
        _ => f32::NAN,
    };
    let frequencies: Vec<f32> = all.iter().map(|idx| frequency(nodes.node(*idx))).collect();
    let influence: Vec<f32> = kept.influence_shares.iter().map(|share| *share as f32).collect();
    let abs_in: Vec<f32> = kept.abs_in.iter().map(|sum| *sum as f32).collect();
    let expanded: Vec<u8> = all.iter().map(|idx| u8::from(kept.graph.is_expanded(*idx))).collect();
    columns.add(("kind", "u8"), &kinds, |value| [value]);
    columns.add(("layer", "i16"), &layers, i16::to_le_bytes);
    columns.add(("pos", "u16"), &pos, u16::to_le_bytes);
    columns.u32("feature", &features);
    columns.f32("activation", &activations);
    columns.f32("influence", &influence);
    columns.f32("cumulative", &kept.pruned.cumulative);
    columns.f32("frequency", &frequencies);
    columns.f32("abs_in", &abs_in);
    columns.add(("expanded", "u8"), &expanded, |value| [value]);
}

fn add_edges(kept: &Kept, order: &[u32], columns: &mut Columns) {
    let edges: Vec<_> = kept.graph.edges().collect();
    let of = |at: &u32| edges[*at as usize];
    let sources: Vec<u32> = order.iter().map(|at| of(at).source.get()).collect();
    let targets: Vec<u32> = order.iter().map(|at| of(at).target.get()).collect();
    let weights: Vec<f32> = order.iter().map(|at| of(at).weight).collect();
    columns.u32("source", &sources);
    columns.u32("target", &targets);
    columns.f32("weight", &weights);
}
