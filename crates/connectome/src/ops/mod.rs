//! The few tensor operations everything else is written in.
//!
//! Tensors are row-major `f32`; what a `Mat` means is in its name's suffix. Matrix products
//! go through one function, [`matmul::sgemm`], so that the library behind it can be replaced;
//! those of training may go through [`bf16`] instead.

pub mod bf16;
pub mod dense;
pub mod matmul;
pub mod matrix;
pub mod simd;

pub use dense::Mat;
pub use matrix::{Linear, Matrix};
