//! What goes wrong on a device or on the way to one.

use std::path::PathBuf;

/// A device cannot be had, or did not do what it was asked to.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum DeviceError {
    /// The name of a device says nothing to us.
    #[error("`{found}` is no device, expected auto, cpu, cuda or cuda:N")]
    Spec { found: String },
    /// A library of CUDA is not on this machine, or cannot be loaded.
    #[error("no {what}: `{file}` is not known to the loader{}", looked(folders, unusable))]
    Library { what: &'static str, file: String, folders: Vec<PathBuf>, unusable: Vec<PathBuf> },
    /// The machine has fewer GPUs.
    #[error("no GPU {found}, the driver knows {n_gpus}")]
    Ordinal { found: usize, n_gpus: usize },
    /// The driver or one of its libraries refused a call.
    #[error("{call} failed: {reason}")]
    Call { call: &'static str, reason: String },
    /// The kernels could not be compiled for a GPU.
    #[error("the kernels cannot be compiled for {architecture}: {log}")]
    Compile { architecture: String, log: String },
    /// An operation does not do what the reference does.
    #[error("`{operation}` is off by {worst:.1e} on {device}, at most 1e-4 is rounding")]
    Wrong { operation: &'static str, worst: f64, device: String },
    /// The data of a prompt do not fit.
    #[error("{needed} bytes of device memory are needed, {free} are free on {device}")]
    Memory { needed: u64, free: u64, device: String },
}

/// Folders that a message names; the others it counts.
const SHOWN: usize = 3;

/// Where a library was looked for, and what was found there in vain.
fn looked(folders: &[PathBuf], unusable: &[PathBuf]) -> String {
    let list = |paths: &[PathBuf]| {
        let first = paths.iter().take(SHOWN).map(|path| format!("`{}`", path.display()));
        let mut words: Vec<String> = first.collect();
        if paths.len() > SHOWN {
            words.push(format!("{} more", paths.len() - SHOWN));
        }
        words.join(", ")
    };
    match (folders, unusable) {
        ([], _) => String::new(),
        (folders, []) => format!(" and not in {}", list(folders)),
        (_, unusable) => format!(", and {} cannot be loaded", list(unusable)),
    }
}
