//! Training: language models and the transcoders that stand in for their MLPs.
//!
//! ```text
//! schedule ─┐
//! rng ──────┤
//! adam ─────┼─► transcoder   activations → dictionary
//! clip ─────┤   lm           text → model
//! metrics ──┤
//! checkpoint┘
//! ```
//!
//! # Invariants
//!
//! - A run is a function of its config, its data and its seed. Stopped anywhere and resumed
//!   from a checkpoint, it gives the same weights bit for bit, whatever the number of threads.
//! - A checkpoint is whole or it is not there; another config is refused with the key that
//!   differs.
//! - A loss that is not finite ends the run and never reaches a checkpoint.
//! - Arithmetic is f32, sums over tokens, rows or a whole gradient are f64.

pub mod adam;
pub mod checkpoint;
pub mod clip;
pub mod corpus;
pub mod error;
pub mod files;
pub mod lm;
pub mod metrics;
pub mod rng;
pub mod schedule;
pub mod transcoder;
pub mod unknown;

pub use error::TrainError;
