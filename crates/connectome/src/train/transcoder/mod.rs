//! Training of transcoders: cross-layer, windowed or per-layer dictionaries that stand in for a
//! model's MLPs.
//!
//! ```text
//! corpus ─► activations ─► buffer ─► Net ─► export
//!           model + tap     shuffle    │
//!                                      ├ encode    dense product, lists of what fires
//!                                      ├ decode    lists → reconstructions
//!                                      ├ backward  lists → gradients
//!                                      └ update    clip, Adam, rows that wait
//! ```
//!
//! # Invariants
//!
//! - Decoding, and every gradient but the encoder's dense product, costs what fires. Where much
//!   fires, the same sums are matrix products; a test runs both.
//! - A step gives the same bits for every number of threads.
//! - The loss and its units are in [`objective`], and nowhere else.
//!
//! Sources: Ameisen et al. 2025, "Circuit Tracing"; the others where they are used.

pub mod activations;
mod backward;
pub mod buffer;
pub mod cache;
pub mod calibrate;
mod card;
pub mod controller;
mod decode;
mod encode;
pub mod evaluate;
pub mod export;
mod gate;
pub mod init;
mod kernels;
pub mod metrics;
pub mod net;
mod norms;
mod not_finite;
pub mod objective;
pub mod options;
pub mod params;
pub mod run;
mod select;
pub mod sequences;
mod source;
mod state;
pub mod stream;
pub mod update;

pub use net::{Batch, Density, Measured, Net, Recipe};
pub use objective::Objective;
pub use options::Options;
pub use params::{Shape, Tables};
pub use run::{Ending, Job, Start, Watch, run};
pub use update::Optimiser;
