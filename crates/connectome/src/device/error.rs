//! What goes wrong on a device or on the way to one.

/// A device cannot be had, or did not do what it was asked to.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum DeviceError {
    /// The data of a prompt do not fit.
    #[error("{needed} bytes of device memory are needed, {free} are free on {device}")]
    Memory { needed: u64, free: u64, device: String },
}
