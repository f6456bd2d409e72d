//! Language models: any decoder of [`lm`](crate::lm), from scratch or from a checkpoint.
//!
//! # Invariants
//!
//! - Gradients are hand-written, block by block, and driven by
//!   [`ModelConfig`](crate::lm::ModelConfig): one backward pass for every family.
//! - Logits are those of [`Model`](crate::lm::Model); gradients are PyTorch's.

mod act;
mod attention;
mod block;
pub mod gradient;
pub mod layout;
mod linear;
mod loss;
pub mod net;
mod norm;
pub mod rows;
pub mod start;
mod workspace;

pub use gradient::{Cut, Gradient};
pub use layout::Layout;
pub use net::Net;
pub use rows::Rows;
