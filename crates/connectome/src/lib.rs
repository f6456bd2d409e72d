//! The numerics of a circuit tracer: load a decoder-only language model and its transcoder,
//! build the local replacement model of a prompt, and pull every node's reading direction back
//! through it.
//!
//! ```text
//! files ─► weights ─► lm ─► replacement ─► attribution ─► connectome_graph
//!                      ▲         │
//!             transcoder ────────┘ └► intervene ─► validate
//! ```
//!
//! Data goes one way; a module imports only what stands before it (`tests/it/tidy.rs` holds
//! the order). This crate neither prints, nor reads the environment, nor knows a command line.
//!
//! # Dimension key
//!
//! Names of numeric locals and private fields end in their dimensions, in memory order:
//! `resid_td`, `pattern_hts`, `w_enc_fd`. No other letters are used.
//!
//! | letter | is | letter | is |
//! |---|---|---|---|
//! | `t` / `s` | target / source position | `h` / `k` | query heads / key-value heads |
//! | `d` | model width | `e` | head width |
//! | `l` | layer | `m` | MLP width |
//! | `v` | vocabulary | `f` | features of one layer |
//! | `b` | rows of one attribution batch | `a` | active features of a prompt |
//! | `n` | graph nodes | | |
//!
//! Sources: Ameisen et al. 2025, "Circuit Tracing", and Lindsey et al. 2025, "On the Biology of
//! a Large Language Model", Transformer Circuits Thread.

pub mod attribution;
pub mod causal;
pub mod device;
pub mod doubt;
pub mod error;
pub mod features;
pub mod files;
pub mod hub;
pub mod intervene;
pub mod lm;
pub mod open;
pub mod ops;
pub mod organism;
pub mod probe;
pub mod replacement;
pub mod tokenizer;
pub mod train;
pub mod transcoder;
pub mod validate;
pub mod weights;

pub use error::{LoadError, RunError};
