//! Dense matrices for numpy: the tensors and names of circuit-tracer's graphs.
//!
//! | name | type, shape | holds |
//! |---|---|---|
//! | `active_features` | i64 `[A, 3]` | layer, position, index of all that fired |
//! | `selected_features` | i64 `[S]` | which of them are nodes |
//! | `logit_token_ids` | i64 `[K]` | ids of the targets, virtual ones included |
//! | `activation_values` | f32 `[A]` | |
//! | `adjacency` | f32 `[N, N]` | row = target, column = source |
//! | `node_influence` | f32 `[N]` | |
//! | `logit_probabilities` | f32 `[K]` | the targets' weights |
//! | `row_sums` | f32 `[N]` | of `adjacency` |
//!
//! Cut entries and unexpanded rows are zeros: a dense matrix has no other word for them.

use std::collections::BTreeMap;

use crate::container::{self, Tensor};
use crate::wire::circuit_tracer::target_token;
use crate::{AttributionGraph, GraphError, influence};

/// The most nodes that fit a dense matrix: its 1.6 GB are as much as numpy users enjoy.
pub const MAX_NODES: usize = 20_000;

/// The graph as dense tensors, the bytes of a safetensors file.
///
/// # Errors
///
/// [`GraphError::TooLarge`] if the graph has more than [`MAX_NODES`] nodes.
pub fn to_dense_safetensors(graph: &AttributionGraph) -> Result<Vec<u8>, GraphError> {
    let nodes = graph.nodes();
    let n = nodes.len();
    if n > MAX_NODES {
        let (found, limit) = (n as u64, MAX_NODES as u64);
        return Err(GraphError::TooLarge { what: "nodes in a dense matrix", found, limit });
    }
    let active = nodes.active();
    let ids_a3: Vec<i64> =
        active.iter().flat_map(|f| [f.id.layer, f.pos, f.id.index].map(i64::from)).collect();
    let activations: Vec<f32> = active.iter().map(|feature| feature.activation).collect();
    let selected: Vec<i64> = nodes.selected().iter().map(|&a| i64::from(a)).collect();
    let tokens: Vec<i64> =
        (0..nodes.n_targets() as u32).map(|k| target_token(graph, k) as i64).collect();
    let weights: Vec<f32> = nodes.targets().iter().map(|target| target.weight).collect();
    let influence_n: Vec<f32> = influence(graph).node.iter().map(|&mass| mass as f32).collect();
    let mut adjacency_nn = vec![0.0; n * n];
    let mut row_sums_n = vec![0.0; n];
    for edge in graph.edges() {
        let target = edge.target.as_usize();
        adjacency_nn[target * n + edge.source.as_usize()] = edge.weight;
        row_sums_n[target] += edge.weight;
    }
    let tensors = [
        Tensor::i64("active_features", &[active.len(), 3], &ids_a3),
        Tensor::i64("selected_features", &[selected.len()], &selected),
        Tensor::i64("logit_token_ids", &[tokens.len()], &tokens),
        Tensor::f32("activation_values", &[active.len()], &activations),
        Tensor::f32("adjacency", &[n, n], &adjacency_nn),
        Tensor::f32("node_influence", &[n], &influence_n),
        Tensor::f32("logit_probabilities", &[weights.len()], &weights),
        Tensor::f32("row_sums", &[n], &row_sums_n),
    ];
    let mut bytes = Vec::new();
    container::write(&mut bytes, &tensors, &BTreeMap::new())
        .expect("writing to memory does not fail");
    Ok(bytes)
}
