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
//!
//! ```
//! use connectome_graph::*;
//!
//! // One layer, one token, one feature that fired there, and one logit to explain.
//! let fired = ActiveFeature { id: "L0/7".parse()?, pos: 0, activation: 2.5 };
//! let logit = Target {
//!     kind: TargetKind::Logit { token: 42 },
//!     pos: 0,
//!     weight: 0.8,
//!     label: " Austin".to_owned(),
//! };
//! let nodes = Nodes::new(1, vec![fired], vec![0], vec![17], vec![logit])?;
//! let row = |target: NodeIdx, inputs: &[(NodeIdx, f32)]| Row {
//!     target,
//!     sources: inputs.iter().map(|(source, _)| source.get()).collect(),
//!     weights: inputs.iter().map(|(_, weight)| *weight).collect(),
//!     abs_remainder: 0.0,
//!     signed_remainder: 0.0,
//!     constant: 0.0,
//!     value: inputs.iter().map(|(_, weight)| weight).sum(),
//! };
//! let (feature, error, token) = (nodes.feature(0), nodes.error(0, 0), nodes.token(0));
//! let rows = vec![
//!     row(feature, &[(token, 1.5)]),
//!     row(nodes.target(0), &[(feature, 3.0), (error, -1.0)]),
//! ];
//! let prompt = Prompt {
//!     text: "Dallas".to_owned(),
//!     token_texts: vec!["Dallas".to_owned()],
//!     token_ids: vec![17],
//! };
//! let extent = Extent::complete(Expansion::Exhaustive);
//! let graph = AttributionGraph::new(nodes, rows, prompt, Provenance::default(), extent)?;
//!
//! // Three quarters of the logit's inputs come from the feature, and all of its from the token.
//! assert!((influence(&graph).node[token.as_usize()] - 0.8 * 0.75).abs() < 1e-6);
//! assert!((scores(&graph).replacement.value - 0.75).abs() < 1e-6);
//!
//! let circuit = prune(&graph, &Thresholds { nodes: 0.7, edges: 0.98 })?;
//! assert!(circuit.keeps(feature) && !circuit.keeps(error));
//! let paths = strongest_paths(&graph, Some(&circuit), 1);
//! assert_eq!(paths[0].nodes, [token, feature, graph.nodes().target(0)]);
//! # Ok::<(), GraphError>(())
//! ```

mod annotations;
mod container;
mod error;
mod feature;
mod file;
mod flow;
mod graph;
mod influence;
mod node;
mod paths;
mod provenance;
mod prune;
mod score;
mod select;
mod supernode;
mod verdict;
pub mod whole;
pub mod wire;

pub use annotations::{Annotations, Supernode};
pub use error::GraphError;
pub use feature::{ActiveFeature, FeatureId};
pub use file::write_whole;
pub use flow::{Flow, Route, effect_flow, share_flow};
pub use graph::{AttributionGraph, Edge, Row, RowRef};
pub use influence::{Influence, influence};
pub use node::{Node, NodeIdx, Nodes, Target, TargetKind, UNKNOWN_TOKEN};
pub use paths::{Path, strongest_paths, top_paths};
pub use provenance::{Expansion, Extent, Origin, Prompt, Provenance};
pub use prune::{Membership, Pruned, Thresholds, prune, prune_keeping};
pub use score::{Bounded, Scores, circuit_scores, scores, scores_of};
pub use supernode::{SupernodeEdge, Weighing, supernode_edges};
pub use verdict::{ControlBand, EdgeVerdict, Verdict, Verdicts};
