//! The doubts, on the shipped model: its world says what is true.

mod answers;
mod dictionaries;
mod interchange;
mod routes;
pub(crate) mod world;
