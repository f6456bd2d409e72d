//! What a graph that was read must bear.

use connectome_graph::wire::{circuit_tracer, tensors};
use connectome_graph::{
    AttributionGraph, Thresholds, Weighing, circuit_scores, influence, prune, scores,
    strongest_paths, supernode_edges,
};

/// Larger graphs are not explored: some of what is done below is quadratic in nodes.
const MOST_NODES: usize = 1_000;

/// Does with a graph what commands do with one.
///
/// # Panics
///
/// If the graph breaks an invariant: then its reader let something through.
pub fn explore(graph: &AttributionGraph) {
    let nodes = graph.nodes();
    if nodes.len() > MOST_NODES {
        return;
    }
    let again = AttributionGraph::from_bytes(&graph.to_bytes());
    assert!(again.is_ok_and(|again| again == *graph), "another graph than was written");
    for idx in nodes.indices() {
        assert_eq!(nodes.find(&nodes.name(idx)).ok(), Some(idx), "a name leads elsewhere");
    }
    let found = influence(graph);
    assert!(found.node.iter().all(|mass| mass.is_finite() && *mass >= 0.0), "influence");
    let of_graph = scores(graph);
    for score in [of_graph.replacement, of_graph.completeness] {
        assert!(score.lo <= score.value + 1e-9 && score.value <= score.hi + 1e-9, "{score:?}");
    }
    let pruned = prune(graph, &Thresholds::default()).expect("the default thresholds are shares");
    circuit_scores(graph, &pruned.node_mask).expect("the mask is the graph's own");
    let _ = strongest_paths(graph, Some(&pruned), 5);
    let groups = &graph.annotations().supernodes;
    for weighing in [Weighing::OutsideInput, Weighing::Influence(&found)] {
        supernode_edges(graph, groups, weighing).expect("members were checked with the graph");
    }
    let _ = tensors::to_dense_safetensors(graph);
    if let Ok(json) = circuit_tracer::export(graph, &pruned, "fuzzed") {
        let _ = circuit_tracer::import(&json.to_bytes());
    }
}
