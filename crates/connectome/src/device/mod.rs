//! Where rows are computed: on this machine's CPU, or on a GPU that is found at run time.
//!
//! ```text
//! attribution::device_rows ─► RowDevice ─┬─► Host        plain loops: what each operation means
//!                                        └─► Kernels<M>  a dozen kernels and one product, on a
//!                                                        machine M: CUDA, or their emulation
//! ```
//!
//! # Invariants
//!
//! - A [`RowDevice`] knows matrices, rows and index lists; models and graphs it does not know.
//! - All arithmetic is f32 and in a fixed order: no atomics, so the same shapes give the same
//!   bits.
//! - Nothing here is linked: without a GPU the binary runs as if this module were not there.

pub mod cuda;
mod error;
mod format;
mod host;
pub mod kernels;
mod row_device;
pub mod selftest;
mod spec;

pub use error::DeviceError;
pub use format::{Format, Table};
pub use host::Host;
pub use row_device::{
    HeadColumns, NormPull, PatternPull, PatternView, RowDevice, Shape, Slab, SlabMut, Softmax,
    TILE, Vectors,
};
pub use spec::{Device, DeviceSpec};
