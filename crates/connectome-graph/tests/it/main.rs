//! One binary for everything that the crate promises to others.

/// Numbers that were worked out by hand.
mod by_hand;
/// Graphs to test on: the peer's goldens, and small ones.
mod common;
/// Influence, pruning and scores against circuit-tracer's, on its own adjacency matrices.
mod golden;
