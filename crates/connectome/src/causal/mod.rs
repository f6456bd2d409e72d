//! Is a variable a step of the model, and do features of the dictionary carry it?
//!
//! A graph that shows features of "the state is Arvenia" between a city and its capital claims
//! that the state is a step. Features may fire for a state and reconstruct the stream well, and
//! the model may still not use them. So the same questions are asked of every position,
//! on a table of prompts whose variable is known:
//!
//! 1. **Where does the model keep it?** Interchange in the original model: the stream at a place
//!    is replaced by that of a prompt with another value *and another question*. If the answer
//!    becomes that of the other value to this prompt's question, the variable moved, and not
//!    the answer ([`crate::doubt::interchange`]).
//! 2. **Which features stand for it?** Those that fire for one value under every question, and
//!    hardly for others (`selective`).
//! 3. **Do they carry it?** Those features are swapped for another value's, by constrained
//!    patching in the original model, and equally many others as a control (`swaps`).
//! 4. **Does the dictionary as a whole?** All features move by the difference between what they
//!    are on average for the other value and for this one (`codes`); as a control by the
//!    difference between groups of prompts that were drawn without looking at the value.
//! 5. **Could any dictionary?** The MLPs' own outputs at the position are exchanged for those of
//!    a prompt with another value and another question. What that does not move, no transcoder
//!    can: the model carries it around its MLPs, by attention or in the embedding.
//!
//! A variable is a *step* at a position if the stream moves the answer there and the embedding
//! does not: what the word itself says, the model did not have to compute. It is *causal* there
//! if it is a step and its features move the answer as well; if only the whole code does, it is
//! *spread* over features of which none stands for it ([`Verdict`]). What graphs of single prompts
//! claim is then held against that (`claims`).
//!
//! # Invariants
//!
//! - Nothing here knows a model or a world: the table says what is asked, and the same recipe
//!   is used for all.
//! - Answers are judged by the most probable token; prompts that the model gets wrong take no
//!   part.
//!
//! Sources: Geiger et al. 2021, arXiv:2106.02997 (interchange interventions); Lindsey et al.
//! 2025, "On the Biology of a Large Language Model", swaps of features between prompts.

mod claims;
mod codes;
mod selective;
mod swaps;
mod values;
mod verdict;

pub use claims::Claims;
pub use selective::{Selection, Selective};
pub use swaps::{CODE_DOSES, DOSES, Dose, OUTPUT_DOSES, Swapped};
pub use verdict::{Findings, Options, Place, Stage, Verdict, Watcher, examine};
