//! The world that the model organism is trained on.
//!
//! A [`World`] is drawn from one seed: places, people, diseases, rhymes, and what of them is held
//! out. A [`Mixture`] is an endless stream of rows that speak of it, for one [`Recipe`];
//! [`evaluations`] are the prompts that a trained model is tested on, and what is required of
//! its answers. Every [`Example`] says what it was made from: its variables, and the tokens
//! where each of them stands.
//!
//! ```text
//! words ─► vocabulary ─► world ─► tasks ─► mixture ─► rows, files
//!                                   └────► evaluation
//! ```
//!
//! ```
//! use connectome_elegans::*;
//!
//! let world = World::new(0, Size::Nano);
//! let mixture = Mixture::new(&world, Recipe::Base)?;
//!
//! // Any row can be made without those before it.
//! let row = mixture.row(1_000_000);
//! assert_eq!(row.ids.len(), ROW_TOKENS);
//! assert_eq!(row, mixture.row(1_000_000));
//!
//! // Every example knows where its parts stand.
//! let example = &row.documents[0].example;
//! let answer = world.vocabulary().text(&example.ids[example.answer()]);
//! assert!(example.text(world.vocabulary()).ends_with(&answer));
//! # Ok::<(), DataError>(())
//! ```
//!
//! The crate runs no model, has no tensors, and reads and prints nothing.

mod course;
mod data;
mod error;
mod evaluation;
mod example;
mod mixture;
mod random;
mod recipe;
mod task;
mod tasks;
mod variables;
mod vocabulary;
mod wire;
mod words;
mod world;
mod written;

pub use course::{Course, architecture};
pub use data::{CARD, DataFile, Dataset, example_json, samples};
pub use error::DataError;
pub use evaluation::{Ending, EvalItem, EvalSet, Judge, Required};
pub use example::{Example, Latent, Role, Value};
pub use mixture::{BLOCK_ROWS, Document, Mixture, ROW_TOKENS, Row};
pub use recipe::Recipe;
pub use task::{Split, Task};
pub use tasks::evaluations;
pub use variables::{Case, Variable, variables};
pub use vocabulary::{BOS, EOS, PAD, Size, UNK, Vocabulary};
pub use world::World;
pub use written::Written;
