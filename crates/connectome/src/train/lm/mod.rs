//! Language models: any decoder of [`lm`](crate::lm), from scratch or from a checkpoint.
//!
//! ```text
//! corpus ─► stream ─► rows ─► gradient ( net: block by block, there and back ) ─► trainer
//!                                                                                   │
//!                        run: steps, evaluate, checkpoints, export, plot ◄──────────┘
//! ```
//!
//! # Invariants
//!
//! - Gradients are hand-written, block by block, and driven by
//!   [`ModelConfig`](crate::lm::ModelConfig): one backward pass for every family.
//! - Logits are those of [`Model`](crate::lm::Model); gradients and steps are PyTorch's.
//! - A run is a function of its config and its data, bit for bit: on any number of threads, and
//!   whether it was stopped or not.

mod act;
mod attention;
mod block;
pub mod evaluate;
pub mod export;
pub mod gradient;
pub mod layout;
mod linear;
mod loss;
mod mimetic;
pub mod net;
mod norm;
pub mod plot;
pub mod rows;
pub mod run;
pub mod source;
pub mod start;
pub mod stream;
pub mod trainer;
mod workspace;

pub use evaluate::{Answered, Questions};
pub use export::{Precision, Published};
pub use gradient::{Cut, Gradient};
pub use layout::Layout;
pub use mimetic::mimetic;
pub use net::Net;
pub use rows::Rows;
pub use run::{Begin, Ended, Evaluation, Every, Finished, Measures, Progress, Run};
pub use source::{Steps, TokenSource};
pub use stream::{Arrangement, Documents, Order, Packing};
pub use trainer::{Decayed, Options, Step, Trainer};
