//! The doubts that a graph must stand: tests that could show it to be wrong.
//!
//! A graph is read off the replacement model, and the answer comes from the original one. Each
//! file asks one question of that gap and answers it with numbers; what each number is a share
//! of is in its documentation, and all of them in `docs/doubts.md`.
//!
//! | question | file |
//! |---|---|
//! | Does the replacement agree with the model here? | `agree` |
//! | Does it behave like the model when pushed? | `push` |
//! | Would another dictionary tell the same story? | `story` |
//! | Mediated or direct? | `mediated` |
//! | Inhibited or outcompeted? | `inhibited` |
//! | Order, AND, and other interactions? | `interaction` |
//! | Where does the variable really live? | `interchange` over a `table` |
//!
//! # Invariants
//!
//! - A doubt is a plain function: a model, a prompt or a graph in, numbers out. What it draws
//!   by chance comes from a seed that the caller gives.
//! - Work that takes long tells how far it is, and when it is told to stop gives what it has,
//!   with the number of cases that this rests on.
//! - Logits are read as graphs define them: less the mean logit.
//!
//! Source: the criticisms and tests collected in Ameisen et al. 2025, "Circuit Tracing",
//! limitations, and the works that each file names.

mod absence;
mod agree;
mod aim;
mod draw;
mod inhibited;
mod interaction;
mod interchange;
mod mediated;
mod push;
mod story;
mod table;

use std::ops::ControlFlow;

pub use absence::Absence;
pub use agree::{Agree, AgreeAt, ErrorShare, LayerError, Missed, agree, error_share};
pub use aim::{Aim, Aims};
pub(crate) use draw::Draw;
pub use inhibited::{
    Contribution, Favours, Inhibited, InhibitedOptions, Inhibitor, LogitParts, Side, Standing,
    inhibited,
};
pub use interaction::{Corners, Interaction, Parts, exchanged, interaction};
pub use interchange::{Cell, Interchange, answers, interchange};
pub use mediated::{Measured, Mediated, Mediation, Routes, mediated};
pub use push::{Along, At, Likeness, Push, PushOptions, Pushed, push};
pub use story::{Chain, Overlap, SameStory, Story};
pub use table::{Exchange, Pairing, Question, Table};

/// How far long work is: units done, and of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Finished.
    pub n: usize,
    /// In all.
    pub of: usize,
}

/// Told after every step; may end the work, which then gives what it has.
pub type Tell<'a> = &'a mut dyn FnMut(Done) -> ControlFlow<()>;
