//! Decoder-only language models: one parametric decoder, families as data.
//!
//! [`Model`] loads any checkpoint of a known family and runs it over one prompt. Everything the
//! tracer needs to see or hold still is a [`Site`] in that one forward pass; a [`Tap`] looks at
//! it or changes it.
//!
//! # Invariants
//!
//! - No code here asks for a model's name: a family is a function from `config.json` to
//!   ([`ModelConfig`], [`NameMap`](names::NameMap)).
//! - All arithmetic is `f32`, whatever the weights' type.
//! - Nothing here knows what a transcoder is.

pub mod attention;
pub mod config;
pub mod families;
pub mod greedy;
pub mod mlp;
pub mod model;
pub mod names;
pub mod norm;
pub mod rope;
pub mod segment;
mod stop;
pub mod tap;

pub use config::ModelConfig;
pub use model::{LogitsAt, Model};
pub use segment::Segment;
pub use stop::stop_tokens;
pub use tap::{Site, Tap};
