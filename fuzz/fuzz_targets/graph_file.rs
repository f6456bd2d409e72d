//! Our graph file as it lies on a disk. Its checksum stops nearly every mutation: `graph_card`
//! goes on behind it.
#![no_main]

use connectome_graph::AttributionGraph;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(graph) = AttributionGraph::from_bytes(data) {
        connectome_fuzz::graphs::explore(&graph);
    }
});
