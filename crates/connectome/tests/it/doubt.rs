//! The doubts, on the shipped model: its world says what is true.

mod interchange;
pub(crate) mod world;
