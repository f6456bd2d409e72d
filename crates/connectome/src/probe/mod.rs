//! Operand plots: what every feature does on all pairs of values of a template's two slots.
//!
//! ```text
//! "calc : {a} + {b} ="  ─► 100 × 100 prompts ─► grid ─► classes: sum, lookup, operand, …
//! ```
//!
//! A [`Grids`] keeps the activation of every feature at one position of every prompt, and what
//! the model answers there. [`classes`] says what a grid is a function of, by fitting simple
//! functions and taking the simplest that explains it nearly as well as the best.
//!
//! # Invariants
//!
//! - Cells are rows of the first slot's values and columns of the second's: `a · n_b + b`.
//! - Only what fires is kept: memory is bounded by firings, not by features times cells.
//!
//! Source: Lindsey et al. 2025, "On the Biology of a Large Language Model", addition.

pub mod classes;
mod fit;
pub mod grid;
mod judged;
pub mod template;

use std::path::PathBuf;

use crate::error::RunError;
use crate::features::FeaturesError;

pub use classes::{Class, Operand, Verdict};
pub use grid::{Answer, Grid, Grids};
pub use judged::{Judged, judged};
pub use template::Template;

/// A template cannot be probed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum ProbeError {
    /// The template has another number of slots than two.
    #[error("the template has {found} slots in braces, expected 2: `{template}`")]
    Slots { found: usize, template: String },
    /// A brace without its other half.
    #[error("a brace of the template is not closed: `{template}`")]
    Brace { template: String },
    /// A slot without values, or with more than can be plotted.
    #[error("slot `{slot}` has {found} values, expected 1 to 1000")]
    Values { slot: String, found: usize },
    /// Values that are neither a range nor a list.
    #[error("`{found}` is neither a range of whole numbers nor a list of values")]
    ValueList { found: String },
    /// A prompt without the position that was asked for.
    #[error("position {position} is outside `{prompt}` of {n_tokens} tokens")]
    Position { position: i64, prompt: String, n_tokens: usize },
    /// The position that was asked for is one of those that dictionaries are not used on.
    #[error("position {position} of `{prompt}` is among its first, where no feature is used")]
    Unused { position: i64, prompt: String },
    /// The file is not a grid of ours.
    #[error("not a file of grids ({reason}): `{}`", path.display())]
    NotGrids { reason: String, path: PathBuf },
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FeaturesError),
    /// The model cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}
