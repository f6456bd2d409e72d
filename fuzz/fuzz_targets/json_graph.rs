//! JSON graphs of circuit-tracer, Anthropic's frontend and Neuronpedia.
#![no_main]

use connectome_graph::wire::circuit_tracer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(graph) = circuit_tracer::import(data) {
        connectome_fuzz::graphs::explore(&graph);
    }
});
