//! What a circuit is.
//!
//! An [`AttributionGraph`] explains a few [`Target`]s of one prompt (logits, as a rule) by the
//! transcoder features that fired, the dictionary's errors, and the prompt's tokens. This
//! crate holds graphs, says which of their parts matter and how much of the model they
//! explain, and reads and writes them. It has no tensors, runs no model, and prints nothing.
//!
//! ```text
//! feature ◄─ node ◄─ graph ◄─ influence ◄─ prune, score ◄─ paths, supernode
//!                      ▲
//!              file ───┴─── wire: circuit-tracer's JSON and .pt, dense safetensors
//! ```
//!
//! An *edge* is a signed direct effect, in units of its target. *Influence* is what arrives at
//! a node when every explained node splits its due among its inputs by the size of their
//! edges; it is a share of the targets, never negative.

mod annotations;
mod container;
mod error;
mod feature;
mod file;
mod graph;
mod influence;
mod node;
mod paths;
mod provenance;
mod prune;
mod score;
mod select;
mod supernode;
pub mod wire;

pub use annotations::{Annotations, Supernode};
pub use error::GraphError;
pub use feature::{ActiveFeature, FeatureId};
pub use file::write_whole;
pub use graph::{AttributionGraph, Edge, Row, RowRef};
pub use influence::{Influence, influence};
pub use node::{Node, NodeIdx, Nodes, Target, TargetKind, UNKNOWN_TOKEN};
pub use paths::{Path, strongest_paths, top_paths};
pub use provenance::{Expansion, Extent, Origin, Prompt, Provenance};
pub use prune::{Membership, Pruned, Thresholds, prune};
pub use score::{Bounded, Scores, circuit_scores, scores, scores_of};
pub use supernode::{SupernodeEdge, Weighing, supernode_edges};
