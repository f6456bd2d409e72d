//! What a graph predicts: the sum over all signed paths.
//!
//! An edge `s → u` says by how much `u` falls if `s` is taken away. If `s` changes by a share
//! `r_s` of what it is, `u` changes by `r_s` times the edge, which is a share
//! `r_u = Δ_u / activation_u` of `u`, and passes that share on. Summed over all paths:
//!
//! ```text
//! Δ_u = Σ_s edge(s → u) · r_s        r_u = Δ_u / activation_u
//! ```
//!
//! with `r` given at the members of the changed set, which stay as they were set. All of it is
//! linear in the change, so one sum serves every dose.
//!
//! Two ways lead to the same numbers. [`push`] sends the change up through the frozen map, with
//! every feature that fires answering in proportion: it needs no rows, so it is exact on graphs
//! that left rows or entries out. [`stored`] sums over the rows that a graph holds.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", attribution graphs; edges are those of
//! [`crate::attribution`].

use std::collections::BTreeMap;

use connectome_graph::{AttributionGraph, Node, NodeIdx};

use super::cases::Member;
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::ops::matmul::dot;
use crate::replacement::LocalReplacement;
use crate::transcoder::Kind;

/// What features between the changed ones and a target do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// They answer in proportion: all paths.
    Answers,
    /// Nothing: the direct edges alone.
    Still,
}

/// What moves when every member of a set gains its amount of activation.
#[derive(Debug)]
pub(super) struct Moved {
    /// Pre-activations, by place in the list of active features. Those of members are what
    /// other members bring them.
    pub(super) pre_a: Vec<f32>,
    /// The stream after the last block, `[T, D]`.
    pub(super) final_td: Mat,
}

/// Adds to each member's activation its amount; members ascend.
pub(super) fn push(local: &LocalReplacement<'_>, members: &[Member], between: Between) -> Moved {
    let (map, features) = (local.map(), local.features());
    let (n_tokens, width) = (local.n_tokens(), local.embeddings().n_cols());
    let mut moved =
        Moved { pre_a: vec![0.0; features.len()], final_td: Mat::zeros(n_tokens, width) };
    let Some(first) = members.iter().map(|member| member.feature.id.layer).min() else {
        return moved;
    };
    // Ascending by place, hence by layer: what has changed so far, and by how much.
    let mut changed: Vec<Change> = Vec::new();
    for layer in first as usize..map.n_layers() {
        let (read_td, mut out_td) = pass_block(local, layer, &moved.final_td);
        let n_below = changed.len();
        for place in features.of_layer(layer) {
            let feature = &features.list()[place];
            let pre = dot(read_td.row(feature.pos as usize), features.encoder(place));
            moved.pre_a[place] = pre;
            let member = members.binary_search_by_key(&place, |member| member.place);
            let activation = if let Ok(at) = member {
                members[at].amount
            } else if between == Between::Answers {
                pre
            } else {
                0.0
            };
            if activation != 0.0 {
                changed.push(Change { place, activation });
            }
        }
        let writing = match local.replacement().transcoder().card().kind {
            Kind::CrossLayer => &changed[..],
            Kind::PerLayer => &changed[n_below..],
        };
        write(local, layer, writing, &mut out_td);
        moved.final_td = out_td;
    }
    moved
}

/// A feature's activation, changed.
struct Change {
    place: usize,
    activation: f32,
}

/// A change of the stream before a block, at the site that the layer's dictionary reads and
/// after the block, features not counted.
fn pass_block(local: &LocalReplacement<'_>, layer: usize, x_td: &Mat) -> (Mat, Mat) {
    let map = local.map();
    let mut mid_td = map.push_attention(layer, x_td, None);
    mid_td.add(x_td);
    let out_td = match local.replacement().transcoder().skip(layer) {
        Some(_) => map.push_forward(layer, x_td),
        None => mid_td.clone(),
    };
    let mut read_td = if map.is_parallel() { x_td.clone() } else { mid_td };
    for pos in 0..map.n_tokens() {
        map.push_read(layer, pos, read_td.row_mut(pos));
    }
    (read_td, out_td)
}

/// Adds what changed features write at a layer.
fn write(local: &LocalReplacement<'_>, layer: usize, writing: &[Change], out_td: &mut Mat) {
    let features = local.features();
    let width = out_td.n_cols();
    let mut written_td = Mat::zeros(out_td.n_rows(), width);
    let mut decoder_d = vec![0.0; width];
    let mut is_written = vec![false; out_td.n_rows()];
    for change in writing {
        let pos = features.list()[change.place].pos as usize;
        features.read_decoder(change.place, layer, &mut decoder_d);
        add_scaled(written_td.row_mut(pos), change.activation, &decoder_d);
        is_written[pos] = true;
    }
    for pos in (0..out_td.n_rows()).filter(|pos| is_written[*pos]) {
        local.map().push_out(layer, pos, written_td.row_mut(pos));
        add_to(out_td.row_mut(pos), written_td.row(pos));
    }
}

/// The same sum over the rows that a graph holds, by node; nodes without a row stay at zero.
/// `None` if a member is no node.
pub(super) fn stored(graph: &AttributionGraph, members: &[Member]) -> Option<Vec<f64>> {
    let nodes = graph.nodes();
    let members: Option<BTreeMap<NodeIdx, f64>> = members
        .iter()
        .map(|member| {
            Some((member.node?, f64::from(member.amount) / f64::from(member.feature.activation)))
        })
        .collect();
    let members = members?;
    let (mut moved, mut share) = (vec![0.0; nodes.len()], vec![0.0; nodes.len()]);
    members.iter().for_each(|(idx, of_own)| share[idx.as_usize()] = *of_own);
    // Features ascend by layer and come before targets, so a row's sources are settled.
    for row in graph.rows() {
        let sum: f64 =
            row.edges().map(|edge| f64::from(edge.weight) * share[edge.source.as_usize()]).sum();
        let place = row.target.as_usize();
        moved[place] = sum;
        if members.contains_key(&row.target) {
            continue;
        }
        if let Node::Feature(feature) = nodes.node(row.target)
            && feature.activation != 0.0
        {
            share[place] = sum / f64::from(feature.activation);
        }
    }
    Some(moved)
}
