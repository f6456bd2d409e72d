//! The server of `connectome serve`.

pub mod wire;
