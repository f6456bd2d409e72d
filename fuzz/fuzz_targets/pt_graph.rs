//! circuit-tracer's `.pt` as it lies on a disk. The zip's checksums stop most mutations:
//! `pickle` goes on behind them.
#![no_main]

use connectome_graph::wire::torch;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(graph) = torch::import(data) {
        connectome_fuzz::graphs::explore(&graph);
    }
});
