//! One binary for everything that the crate promises to others.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, aloud")]

/// Graphs to test on: the peer's goldens, small ones, random ones.
mod common;

/// Numbers that were worked out by hand.
mod by_hand;
/// The graph file: what is written is read; what cannot be written leaves no trace.
mod file;
/// Flows between any nodes, by hand and against influence.
mod flow;
/// Influence, pruning and scores against circuit-tracer's, on its own adjacency matrices.
mod golden;
/// Bytes that are no graph, for every reader.
mod hostile;
/// What holds for any graph, the certificate above all.
mod laws;
/// Neuronpedia's schema of graph files, constraint by constraint.
mod neuronpedia;
/// Files of circuit-tracer that no golden has: old forms, other dtypes, hostile ones.
mod pt;
/// Others' formats: equal to circuit-tracer's files, and back again.
mod wire;
