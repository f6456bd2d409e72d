//! Interventions in the original model: change features or the residual stream, and see what
//! answers.
//!
//! ```text
//! Baseline    one prompt, run once: everything that a changed run starts from
//! Request ─┬─► Intervention       as asked, or once for every point of a Sweep
//!          ▼
//! Intervention ─► Baseline::measure ─► Outcome    logits, and the nodes that were watched
//!              └► Baseline::generate ─► Continuation
//! ```
//!
//! A changed run starts at the first layer and position that it changes: what lies before is
//! that of the unchanged run, since layers write upwards and attention looks back. Runs that
//! hold the same things still go through the model together.
//!
//! # Invariants
//!
//! - The model is the original one. A dictionary stands for its MLPs only in
//!   [`Mode::Iterative`] and [`Baseline::replaced`], which say so.
//! - A run whose edits change nothing gives the bytes of the unchanged run.
//! - Edits at positions whose features are not used ([`PromptTokens::n_zeroed`]) count from
//!   zero: the feature is taken to be off there.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", validating by intervention.
//!
//! [`PromptTokens::n_zeroed`]: crate::replacement::PromptTokens::n_zeroed

mod baseline;
mod edit;
mod effect;
mod generate;
mod measure;
mod patcher;
mod plan;
mod replaced;
mod request;
mod swap;
mod watch;

pub use baseline::Baseline;
pub use edit::{
    AttentionPatterns, Change, Edit, Intervention, Mode, NormScales, OutputPatch, Positions,
    ResidualPatch,
};
pub use effect::{Shift, TokenShift, kl_divergence};
pub use generate::{Choice, Continuation, End, GenerateOptions, NewToken};
pub use measure::Outcome;
pub use replaced::Replaced;
pub use request::{Borrowed, Request, Sweep, Variation};
pub use swap::{Alignment, Swap};
pub use watch::{Reading, Watch, share_of_original};
