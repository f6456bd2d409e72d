//! What each feature of a dictionary stands for: where it fires in text, how strongly, with
//! what, and what it says to the logits.
//!
//! ```text
//! text ─► source ─► collect ─► index file ─► FeatureIndex ─► labels, search, weights, pages
//!                     ▲ firing                    ▲
//!          model + dictionary        circuit-tracer's `features/` (layout)
//! ```
//!
//! # Invariants
//!
//! - A pass reads its text once. Memory is bounded by the number of features, not by the text
//!   ([`collect::Options`] has the numbers).
//! - A pass is a function of model, dictionary, text and options: stopped anywhere and resumed it
//!   gives the same bytes, whatever the number of threads.
//! - What is estimated says so: a co-activation carries the most that it may be too high, a
//!   quantile is exact to a sixteenth of an octave.
//! - An index is read where it lies; a feature costs the few pages that hold it.
//!
//! Source: dashboards of Ameisen et al. 2025, "Circuit Tracing", and TWERA there.

pub mod browse;
pub mod collect;
pub(crate) mod columns;
mod describe;
mod directions;
pub mod error;
pub mod examples;
pub mod firing;
pub mod histogram;
pub mod index;
pub mod labels;
pub mod layout;
pub mod packed;
pub mod partners;
pub mod search;
pub mod source;
mod state;
pub mod weights;

pub use error::FeaturesError;
pub use index::{Feature, FeatureIndex};
pub use source::Source;
