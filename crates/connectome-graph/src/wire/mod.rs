//! Other people's formats: the only place that knows them.
//!
//! | module | reads | writes |
//! |---|---|---|
//! | [`circuit_tracer`] | JSON graphs of circuit-tracer, Anthropic's frontend and Neuronpedia | the same |
//! | [`torch`] | circuit-tracer's `.pt` files, executing nothing | |
//! | [`tensors`] | | dense matrices in safetensors, for numpy and tests |
//!
//! Everything here takes and gives bytes, so that any reader can be fuzzed. Nothing else in the
//! crate imports from here.

pub mod circuit_tracer;
pub mod tensors;
pub mod torch;
