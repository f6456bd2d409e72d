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
pub mod source;
pub mod start;
pub mod stream;
pub mod trainer;
mod workspace;

pub use gradient::{Cut, Gradient};
pub use layout::Layout;
pub use net::Net;
pub use rows::Rows;
pub use source::{Steps, TokenSource};
pub use stream::{Arrangement, Documents, Order, Packing};
pub use trainer::{Decayed, Options, Step, Trainer};
